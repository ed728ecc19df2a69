"""Servers of the real Isaac Lab, warm for all tests of a run."""

import pytest

from tests.simulators.server.fleet import Fleet


@pytest.fixture(scope="session")
def fleet(tmp_path_factory):
    """Return servers that are ended after the last test."""
    fleet = Fleet(tmp_path_factory.mktemp("isaaclab"))
    yield fleet
    fleet.end()
