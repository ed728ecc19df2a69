"""Studies to confirm."""

from pathlib import Path

import pytest

from tests.study.toy import Lab


@pytest.fixture
def lab() -> Lab:
    """Studies in memory."""
    return Lab(None)


@pytest.fixture
def disk(tmp_path: Path) -> Lab:
    """Studies in an SQLite database, for what depends on one."""
    return Lab(tmp_path)
