"""Each warm start is the recipe in its box with one alternative and no more."""

import pytest

from tuner.agents._choose_learner import check_alternatives
from tuner.config import BoundsPenalty, BoxSchedule, TaskConfig
from tuner.spaces import load_space

TASK = TaskConfig(id="Velocity-Flat-A1", num_envs=256)


def agent(warm_start, space="sac_alternatives", **changes):
    loaded = load_space(space)
    return loaded.agent(loaded.warm_start(warm_start, TASK) | changes, TASK)


PLAIN = agent("held_noise", "sac_speed")


@pytest.mark.parametrize(
    ("warm_start", "changes"),
    [
        ("held_noise", {}),
        (
            "widening_box",  # from ± 2 of ± 100 on
            {"action_bound_fraction": 1.0, "action_box_schedule": BoxSchedule(start=0.02, seconds=60.0)},
        ),
        ("penalized_bounds", {"action_bound_fraction": 0.1, "bounds_penalty": BoundsPenalty(weight=0.02, margin=0.5)}),
        ("unbounded", {"squash": False, "mean_penalty": 0.01}),
    ],
)
def test_warm_starts_are_the_recipe_with_one_alternative(warm_start, changes):
    config = agent(warm_start)
    assert config == PLAIN.model_copy(update=changes)
    check_alternatives(config)


def test_parameters_are_those_of_the_alternative_that_is_chosen():
    config = agent("held_noise", alternative_index=1, schedule_start=0.3, schedule_seconds=20.0)
    assert config.action_box_schedule == BoxSchedule(start=0.3, seconds=20.0)
    assert (config.bounds_penalty, config.squash, config.mean_penalty) == (None, True, 0.0)
