"""What is wrong in the section `confirm` is told before the study is run."""

from typing import Any

import optuna
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


def test_a_reference_that_the_space_gives_up(lab: Lab) -> None:
    def picky(trial: Any) -> Any:
        if trial.suggest_float("x", 0.0, 1.0) < 0.5:
            raise optuna.TrialPruned
        return toy.toy(trial)

    starts = {"given_up": {"x": 0.1, "y": "a"}, "kept": {"x": 0.7, "y": "a"}}
    config = lab.config(confirm={"reference": "given_up"})
    with pytest.raises(UserError, match=r"reference 'given_up' cannot be built: the search space 'toy' gives it up"):
        lab.run(config, toy.space(picky, **starts))
    assert lab.run(lab.config(confirm={"reference": "kept"}), toy.space(picky, **starts)).finished == 12


def test_an_objective_without_times(lab: Lab) -> None:
    config = lab.config(confirm={"top": 1}, objective={"kind": "return_at_budget"})
    with pytest.raises(UserError, match=r"confirms times to return, but optimises return_at_budget\. Leave"):
        lab.run(config)


def test_a_section_that_is_right(lab: Lab) -> None:
    config = lab.config(confirm={"reference": "slow"}, budget={"trials": 1})
    assert lab.run(config, toy.space(slow={"x": 0.7, "y": "a"})).finished == 1
