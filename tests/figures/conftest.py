"""Recordings and bounds small enough to work out by hand."""

import numpy as np
import pytest

from tests.figures.recordings import recording
from tests.study.toy import Lab


@pytest.fixture
def recorded():
    """Return a recording of 101 steps of one robot with two actions: 0, 0.1, …, 10 and −10, −9.8, …, 10."""
    return recording(np.stack([np.linspace(0, 10, 101), np.linspace(-10, 10, 101)], axis=-1)[:, None, :])


@pytest.fixture
def lab():
    """Return studies in memory."""
    return Lab(None)
