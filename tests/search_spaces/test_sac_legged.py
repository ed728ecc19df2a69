"""What the warm start is, and which parameters play a part when."""

import pytest

from tuner.agents._choose_learner import check_alternatives
from tuner.config import EntropySchedule, JointBox, TaskConfig
from tuner.simulators import open_task
from tuner.spaces import load_space, stated_steps

TASK = TaskConfig(id="Velocity-Flat-A1", num_envs=256)


def agent(**changes):
    space = load_space("sac_legged")
    return space.agent(space.warm_start("a1_walker", TASK) | changes, TASK)


def test_the_walker_begins_with_ten_degrees_of_noise_in_every_box():
    config = agent()
    check_alternatives(config)
    assert (config.std_unit, config.initial_std, config.target_entropy_std) == ("degrees", 10.0, 10.0)
    assert config.joint_box == JointBox(ranges={".*hip.*": 21.5, ".*thigh.*": 36.0, ".*calf.*": 43.0})
    assert config.target_entropy_schedule == EntropySchedule(final_std=3.5, start_return=5.0, fall_steps=300_000)
    assert config.max_ent_coef == pytest.approx(0.03)  # ten times the first value
    env = open_task(TASK.model_copy(update={"num_envs": 1}), seed=0, threads=1)
    try:
        wide = agent(hip_degrees=43.0)
        boxes = env.action_space.low.tolist(), env.action_space.high.tolist(), env.joint_targets
        narrow, wide = config.resolved(*boxes), wide.resolved(*boxes)
    finally:
        env.close()
    # Ten of 21.5, 36 and 43 degrees; in a box that is twice as wide half of it.
    assert narrow.initial_std == pytest.approx([0.4651163] * 4 + [0.2777778] * 4 + [0.2325581] * 4)
    assert wide.initial_std[0] == pytest.approx(narrow.initial_std[0] / 2)
    assert narrow.action_box.high[:5] == pytest.approx([1.500983] * 4 + [2.513274])  # a unit is 14.32 degrees


def test_the_walker_says_how_many_steps_it_needs():
    assert stated_steps(load_space("sac_legged").warm_starts["a1_walker"], TASK.id, 25.0) == (15.0, 2_500_000)


def test_noise_may_fall_while_the_coefficient_is_learned():
    assert agent(noise_falls=0).target_entropy_schedule is None
    falling = {
        "noise_falls": 1,
        "final_noise_share": 0.3,
        "noise_falls_from_return": 4.0,
        "noise_falls_for_steps": 50_000,
    }
    schedule = EntropySchedule(final_std=3.0, start_return=4.0, fall_steps=50_000)
    assert agent(**falling).target_entropy_schedule == schedule
    fixed = agent(**falling, fixed_ent_coef=1)
    assert (fixed.target_entropy_schedule, fixed.max_ent_coef, fixed.arguments["ent_coef"]) == (None, None, 0.003)
    check_alternatives(fixed)


@pytest.mark.parametrize(("index", "number", "for_actor"), [(0, 2, "min"), (1, 2, "mean"), (2, 1, "min")])
def test_the_actor_may_be_more_or_less_cautious(index, number, for_actor):
    config = agent(critics_index=index)
    assert (config.network.n_critics, config.critics_for_actor) == (number, for_actor)
