"""Workers of all tests here share one compilation cache, which is not the user's."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package", autouse=True)
def compilation_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
