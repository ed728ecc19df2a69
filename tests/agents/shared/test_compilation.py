import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from tuner.agents.shared import compilation
from tuner.agents.shared.compilation import claim

ROOT = Path(__file__).parents[3]


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
        with claim("work", wait=False) as third:  # the second one did not release the first one's lock
            assert third is False
    with claim("work", wait=False) as again:
        assert again is True


def test_patience_ends(cache, monkeypatch):
    monkeypatch.setattr(compilation, "PATIENCE_SECONDS", 0.05)
    with claim("work", wait=True) as first, claim("work", wait=True) as second:
        assert (first, second) == (True, False)


HOLDER = """
import jax
from tuner.agents.shared.compilation import claim
with claim("work", wait=False) as ours:
    print(ours, flush=True)
    input()
"""


def test_claim_ends_with_its_process_however_it_ends(cache):
    environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(cache)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLDER], cwd=ROOT, text=True, env=environment, **pipes) as holder:
        assert holder.stdout.readline() == "True\n"
        with claim("work", wait=False) as ours:
            assert ours is False
        holder.kill()
        with claim("work", wait=True) as ours:
            assert ours is True


@pytest.mark.parametrize("place", ["nowhere", "a folder that cannot be made", "a file"])
def test_without_a_place_for_locks_every_claim_succeeds(place, tmp_path):
    (tmp_path / "file").touch()
    folder = {"a folder that cannot be made": "/proc/no/such/folder", "a file": str(tmp_path / "file")}.get(place)
    with cache_in(folder), claim("work", wait=False) as first, claim("work", wait=True) as second:
        assert (first, second) == (True, True)


def test_a_lock_that_cannot_be_opened_does_not_stop_a_claim(cache):
    with claim("work", wait=False):
        pass
    (lock,) = (cache / "locks").iterdir()
    lock.unlink()
    lock.mkdir()  # the superuser, too, cannot open a folder as a file
    with claim("work", wait=False) as first, claim("work", wait=True) as second:
        assert (first, second) == (True, True)


SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)
SCRIPT = """
import collections, json, sys
from pathlib import Path
import jax
from tuner.agents import enable_compilation_cache, warm_up
counts = collections.Counter()
jax.monitoring.register_event_listener(lambda event, **_: counts.update([event]))
folder = enable_compilation_cache(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
from tests.agents.small import small_agent, small_config
warm_up(small_agent(small_config("ppo")))
misses, hits = (counts[f"/jax/compilation_cache/cache_{kind}"] for kind in ("misses", "hits"))
print(json.dumps([str(folder), misses, hits]))
"""


def build_in_new_process(*arguments):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name.lower() not in SETTINGS},  # the tests' own cache
    )
    return json.loads(run.stdout.splitlines()[-1])


def test_second_process_takes_its_programs_from_the_cache(tmp_path):
    _, misses, hits = build_in_new_process(str(tmp_path / "cache"))
    assert misses > 10
    assert hits < misses  # a few programs are needed twice within one process
    _, misses_again, hits_again = build_in_new_process(str(tmp_path / "cache"))
    assert misses_again == 0
    assert hits_again == hits + misses


@pytest.mark.parametrize("configured", ["absolute", ""])
def test_default_folder_is_in_the_users_cache(tmp_path, monkeypatch, configured):
    import jax

    from tuner.agents import enable_compilation_cache

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg") if configured else "")
    before = {name: getattr(jax.config, name) for name in SETTINGS}
    try:
        folder = enable_compilation_cache()
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
    base = tmp_path / "xdg" if configured else tmp_path / ".cache"
    assert folder == base / "sac-tuner" / "jax"
    assert folder.is_dir()
