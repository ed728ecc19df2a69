import contextlib

import jax
import pytest

from tuner.agents import _claims
from tuner.agents._claims import claim


@contextlib.contextmanager
def cache_in(folder):
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", folder)
    try:
        yield
    finally:
        jax.config.update("jax_compilation_cache_dir", before)


@pytest.fixture
def cache(tmp_path):
    with cache_in(str(tmp_path)):
        yield tmp_path


def test_one_at_a_time(cache):
    with claim("work", wait=False) as first:
        with claim("work", wait=False) as second, claim("other work", wait=False) as other:
            assert (first, second, other) == (True, False, True)
        with claim("work", wait=False) as third:  # the second has not let go what it never had
            assert third is False
    with claim("work", wait=False) as again:
        assert again is True


def test_patience_ends(cache, monkeypatch):
    monkeypatch.setattr(_claims, "PATIENCE_SECONDS", 0.05)
    with claim("work", wait=True) as first, claim("work", wait=True) as second:
        assert (first, second) == (True, False)


@pytest.mark.parametrize("folder", [None, "/proc/no/such/folder"])
def test_without_a_place_for_locks_everybody_works_alone(folder):
    with cache_in(folder), claim("work", wait=False) as first, claim("work", wait=False) as second:
        assert (first, second) == (True, True)
