"""Studies as the page reads them; their numbers are those of `tests/study/toy.py` and `tests/confirm/racing.py`."""

import pytest

from tests.confirm.racing import Race
from tests.figures.studies import crashing, empty, fast_and_slow, stopped
from tests.study.toy import Lab
from tuner.report._study_data import read_source


@pytest.fixture(scope="session")
def pruned():
    """Trial 0 reaches the target after 20 s; trial 1 is a shadow, stopped at 30 s by the second rule."""
    return read_source(stopped(shadow_share=1.0), top=3)


@pytest.fixture(scope="session")
def unpruned():
    """Trial 0 reaches the target after 20 s; trial 1 spends its 100 s."""
    return read_source(fast_and_slow(), top=3)


@pytest.fixture(scope="session")
def crashed():
    """Trial 0 crashes, and so does trial 1, which repeats it."""
    return read_source(crashing(), top=3)


@pytest.fixture(scope="session")
def unstarted():
    """No trial has run."""
    return read_source(empty(), top=3)


@pytest.fixture(scope="session")
def confirmed():
    """Four trials, confirmed on five seeds: trial 1 wins."""
    race = Race(Lab(None))
    race.run(reference="never")
    return read_source(race.study, top=3)
