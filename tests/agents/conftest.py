"""One cache of compiled programs for these tests: they build the same small agents again and again."""

import jax
import pytest

from tuner.agents import enable_compilation_cache

SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)


@pytest.fixture(scope="package", autouse=True)
def compiled_once(tmp_path_factory):
    before = {name: getattr(jax.config, name) for name in SETTINGS}
    enable_compilation_cache(tmp_path_factory.mktemp("compiled"))
    yield
    for name, value in before.items():
        jax.config.update(name, value)
