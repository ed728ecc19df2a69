"""Shared by the tests of training."""

import jax
import pytest

from tuner.agents import enable_compilation_cache


@pytest.fixture(scope="package", autouse=True)
def compiled_once(tmp_path_factory):
    """SBX compiles anew for every agent it builds, and most agents here have the same shapes."""
    names = [name for name in jax.config.values if "compilation_cache" in name or "persistent_cache" in name]
    before = {name: getattr(jax.config, name) for name in names}
    enable_compilation_cache(tmp_path_factory.mktemp("jax"))
    yield
    for name, value in before.items():
        jax.config.update(name, value)
