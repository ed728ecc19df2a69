"""Studies to analyse."""

import pytest

from tests.study.toy import Lab


@pytest.fixture
def lab() -> Lab:
    """Studies in memory."""
    return Lab(None)
