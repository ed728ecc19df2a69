"""A study with a bounds file: its trials get the file's box, and are comparable with trials in the same box only."""

import pytest

from tests.study.toy import Lab, space
from tuner.config import ActionBox, AgentConfig
from tuner.errors import UserError
from tuner.storage.attributes import SPEC

BOUNDS = {"task": {"id": "Toy"}, "source": "fraction", "fraction": 0.5, "low": [-1.0], "high": [2.0]}


def bounded(trial):
    x = trial.suggest_float("x", 0.0, 1.0)
    return AgentConfig(algorithm="sac", arguments={"learning_rate": x}, **trial.suggest_action_bounds())


def test_every_trial_gets_the_files_box():
    lab = Lab(None)
    config = lab.config(action_bounds=BOUNDS, budget={"trials": 2}, warm_start=["good"])
    lab.run(config, space(bounded, good={"x": 0.3, "action_bound_fraction": 0.03}))
    agents = [AgentConfig.model_validate(trial.user_attrs[SPEC]["agent"]) for trial in lab.trials(config)]
    assert [agent.action_box for agent in agents] == [ActionBox(low=(-1.0,), high=(2.0,))] * 2
    assert lab.trials(config)[0].params == {"x": 0.3}  # nothing is left of the warm start's own share


def test_other_bounds_make_another_study():
    lab = Lab(None)
    config = lab.config(action_bounds=BOUNDS, budget={"trials": 1})
    lab.run(config, space(bounded))
    elsewhere = lab.config(action_bounds={**BOUNDS, "origin": {"policy": "elsewhere"}}, budget={"trials": 2})
    assert lab.run(elsewhere, space(bounded)).finished == 2  # the origin of the recording does not matter
    wider = lab.config(action_bounds={**BOUNDS, "high": [3.0]}, budget={"trials": 3})
    with pytest.raises(UserError, match="the bounds file has changed"):
        lab.run(wider, space(bounded))
    with pytest.raises(UserError, match=r"action_bounds: .* before, null now"):
        lab.run(lab.config(budget={"trials": 3}), space(bounded))


def test_a_space_that_ignores_the_file_is_refused_before_the_first_trial():
    lab = Lab(None)
    with pytest.raises(UserError, match="does not take them"):
        lab.run(lab.config(action_bounds=BOUNDS), space())
