from pathlib import Path

import pytest

from tests.simulators.gymnasium.support import OWN_ENV


@pytest.fixture
def own_env(tmp_path: Path) -> Path:
    """A file whose import registers environments."""
    path = tmp_path / "own_envs.py"
    path.write_text(OWN_ENV, encoding="utf-8")
    return path
