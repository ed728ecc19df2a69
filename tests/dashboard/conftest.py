"""A finished study of two trials, in memory."""

import pytest

from tests.study import toy
from tests.study.toy import Lab


@pytest.fixture(scope="module")
def lab():
    return Lab(None)


@pytest.fixture(scope="module")
def study(lab):
    """Trial 0 (x = 0.3) reaches the target of 10 after 20 s, trial 1 (x = 1) would need 216 of its 100 s."""
    config = lab.config(budget={"trials": 2}, warm_start=["good", "poor"])
    lab.run(config, toy.space(good={"x": 0.3, "y": "a"}, poor={"x": 1.0, "y": "b"}))
    return lab.load(config)
