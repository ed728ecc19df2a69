"""Finished studies whose numbers are known, in SQLite databases: one that was run, one that was confirmed too."""

import pytest

from tests.confirm.racing import Race
from tests.study.toy import Lab, space


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """Return study file, summary and opened study of two trials of the toy.

    Trial 0, the warm start `good`, has x = 0.3 and reaches the target after 20 s. Trial 1, `poor`, has x = 1 and would
    need 20 + 400 · 0.49 = 216 s; after its 100 s its return is 10 · 100 / 216 = 4.63.
    """
    lab = Lab(tmp_path_factory.mktemp("stored"))
    config = lab.config(budget={"trials": 2}, warm_start=["good", "poor"])
    summary = lab.run(config, space(good={"x": 0.3, "y": "a"}, poor={"x": 1.0, "y": "b"}))
    return config, summary, lab.load(config)


@pytest.fixture(scope="session")
def race(tmp_path_factory):
    """A study that was run and confirmed, in a database."""
    race = Race(Lab(tmp_path_factory.mktemp("race")), search_space="sac_speed")
    race.run(top=3, seeds=5, reference="never")
    return race


@pytest.fixture
def confirmation(race):
    return race.confirmer(top=3, seeds=5).run()[1]
