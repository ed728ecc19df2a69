"""What is wrong in the section `confirm` is told before the study is run."""

import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.errors import UserError


def test_an_unknown_reference(lab: Lab) -> None:
    config = lab.config(confirm={"reference": "slwo"})
    with pytest.raises(UserError, match=r"Unknown warm start 'slwo' of search space 'toy'. Did you mean 'slow'\?"):
        lab.run(config, toy.space(slow={"x": 0.7, "y": "a"}))
    with pytest.raises(KeyError):
        lab.load(config)


def test_an_objective_without_times(lab: Lab) -> None:
    config = lab.config(confirm={"top": 1}, objective={"kind": "return_at_budget"})
    with pytest.raises(UserError, match=r"confirms times to return, but optimises return_at_budget\. Leave"):
        lab.run(config)


def test_a_section_that_is_right(lab: Lab) -> None:
    config = lab.config(confirm={"reference": "slow"}, budget={"trials": 1})
    assert lab.run(config, toy.space(slow={"x": 0.7, "y": "a"})).finished == 1
