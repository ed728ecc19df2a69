"""Servers that tests start."""

import pytest

from tests.simulators.server.servers import Servers


@pytest.fixture
def servers(tmp_path):
    """Return what starts servers; all of them are ended after the test."""
    started = Servers(tmp_path)
    yield started
    started.end()
