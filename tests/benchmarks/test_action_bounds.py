import argparse

import pytest
from _runs_file import Run
from action_bounds import VARIANTS, box_text, warm_start

from tuner.agents._choose_learner import check_alternatives
from tuner.config import ActionBoundsFile, ActionBox, AgentConfig, BoundsTask, dump_bounds
from tuner.records import Outcome, OutcomeKind

BASE = warm_start("held_noise")  # 2 % of ±100
CHOSEN = {"widening_seconds": 60.0, "penalty_weight": 0.02, "penalty_margin": 0.8, "mean_penalty": 1e-3}


def agent(name, **arguments):
    return BASE.model_copy(update=VARIANTS[name](BASE, argparse.Namespace(**CHOSEN | arguments)))


def differences(config):
    before, after = BASE.to_json(), config.to_json()
    return {name for name in after if before[name] != after[name]}


@pytest.mark.parametrize(("name", "fraction"), [("full_box", 1.0), ("10_percent", 0.1), ("1_percent", 0.01)])
def test_only_the_box_changes(name, fraction):
    assert differences(agent(name)) == {"action_bound_fraction"}
    assert agent(name).action_bound_fraction == fraction


def test_boxes_with_ends_of_their_own(tmp_path):
    file = tmp_path / "bounds.yaml"
    box = ActionBox(low=(-2.0,) * 12, high=(1.5,) * 12)
    task = BoundsTask(id="Velocity-Flat-A1", simulator="mujoco")
    bounds = ActionBoundsFile(task=task, source="percentiles", percentiles=(2.5, 97.5), low=box.low, high=box.high)
    file.write_text(dump_bounds(bounds))
    assert agent("percentiles", bounds=file).action_box == box
    limits = agent("joint_limits").action_box
    assert max(limits.high) < 20  # of 100
    assert limits.low == tuple(-high for high in limits.high)


def test_a_schedule_begins_with_the_warm_starts_box():
    # 2 % of the whole is a fifth of 10 %.
    assert agent("schedule").action_box_schedule.start == pytest.approx(0.02)
    assert agent("schedule_10_percent").action_box_schedule.start == pytest.approx(0.2)
    with pytest.raises(SystemExit, match=r"cannot widen to 0\.1"):
        VARIANTS["schedule_10_percent"](warm_start("sbx_default"), argparse.Namespace(**CHOSEN))


@pytest.mark.parametrize(
    ("name", "unit"), [("unbounded", 100), ("unbounded_10_percent", 10), ("unbounded_1_percent", 1)]
)
def test_what_is_not_squashed_explores_as_widely_as_the_warm_start(name, unit):
    # σ is 0.4 of ±2, which is 0.8, and learned towards 0.25 of ±2, which is 0.5.
    config = agent(name)
    assert unit * config.initial_std == pytest.approx(0.8)
    assert unit * config.target_entropy_std == pytest.approx(0.5)
    assert (config.squash, config.network.layer_norm) == (False, True)


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "percentiles"])
def test_every_variant_is_an_agent_that_can_be_had(name):
    config = agent(name)
    assert AgentConfig.model_validate_json(config.model_dump_json()) == config
    check_alternatives(config)


def test_the_box_in_the_table():
    asked = {"task": "Velocity-Flat-A1", "variant": "full_box", "target": 15.0, "budget_seconds": 400.0, "threads": 2}
    config = BASE.resolved([-100.0, -50.0], [100.0, 50.0]).to_json()
    run = Run.of(Outcome(OutcomeKind.EXHAUSTED, agent=config), [], seed=0, **asked)
    assert box_text(run) == "±1 … ±2"  # 2 % of ±50 and ±100
