from typing import Any

import optuna
import pytest

from tests.replay.recorded import study
from tuner.config import AgentConfig
from tuner.errors import UserError
from tuner.replay import RANDOM, draw_configurations
from tuner.spaces import SearchSpace

GOOD = {"x": 0.5, "y": 3}


def function(trial: Any) -> AgentConfig:
    x = trial.suggest_float("x", 0.0, 1.0)
    trial.suggest_int("y", 1, 5)
    if x > 0.9:
        raise optuna.TrialPruned
    return AgentConfig(algorithm="sac", arguments={"learning_rate": x + 0.001})


SPACE = SearchSpace("toy", function, {"best": lambda task: dict(GOOD)}, "1")


def drawn(count: int, *, near: float = 0.5, second: float = 0.0, seed: int = 0, space: SearchSpace = SPACE, **options):
    config = options.pop("config", study(warm_start=("best",)))
    return draw_configurations(
        config, space, count=count, near_share=near, second_seed_share=second, seed=seed, **options
    ).configurations


def test_kinds_alternate_and_the_first_near_one_is_the_start_itself():
    origins = [each.origin for each in drawn(6)]
    assert origins == ["best", RANDOM, "near best", RANDOM, "near best", RANDOM]
    first = drawn(1)[0]
    assert (first.name, first.parameters) == ("000", GOOD)


def test_more_of_them_begin_with_the_same_ones():
    assert drawn(12, second=0.25)[:5] == drawn(5, second=0.25)
    assert drawn(5, seed=1) != drawn(5)


def test_neighbours_differ_from_the_start_in_few_values_and_random_ones_cover_the_space():
    near = [each.parameters for each in drawn(40, near=1.0)[1:]]
    assert all(each != GOOD for each in near)
    assert sum(each["x"] == GOOD["x"] for each in near) > 0  # not all of its values moved
    assert all(abs(each["x"] - GOOD["x"]) < 0.45 for each in near)
    values = sorted(each.parameters["x"] for each in drawn(200, near=0.0))
    # Uniform on [0, 0.9]: the largest distance of 200 draws to that is below 0.14 with a probability of 99.9 %.
    assert max(abs((rank + 0.5) / 200 - x / 0.9) for rank, x in enumerate(values)) < 0.14


def test_a_share_of_each_kind_has_a_second_seed():
    configurations = drawn(16, second=0.25)
    near = [len(each.seeds) for each in configurations if each.origin != RANDOM]
    random = [len(each.seeds) for each in configurations if each.origin == RANDOM]
    assert near == random == [2, 1, 1, 1, 2, 1, 1, 1]
    seeds = [seed for each in configurations for seed in each.seeds]
    assert len(set(seeds)) == len(seeds) == 20


def test_pinned_values_hold_everywhere():
    pinned = study(warm_start=("best",), fixed={"y": 2})
    assert {each.parameters["y"] for each in drawn(6, config=pinned)} == {2}


def test_what_the_space_gives_up_is_not_drawn():
    assert all(each.parameters["x"] <= 0.9 for each in drawn(30, near=0.0))


def test_good_configurations_can_be_given_beside_the_warm_starts():
    origins = [each.origin for each in drawn(4, near=1.0, good={"other": {"x": 0.2, "y": 1}})]
    assert origins == ["best", "other", "near best", "near other"]


def test_the_ranges_are_told():
    draws = draw_configurations(study(), SPACE, count=1, near_share=0.0, second_seed_share=0.0, seed=0)
    assert set(draws.distributions) == {"x", "y"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"near": 1.5}, "is 1.5, but lies between 0 and 1"),
        ({"config": study()}, "No configuration to draw near of"),
        ({"good": {"bad": {"x": 0.95, "y": 1}}, "config": study()}, "gives up bad"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(UserError, match=message):
        drawn(3, **options)


def test_a_space_that_gives_everything_up_is_named():
    def never(trial: Any) -> AgentConfig:
        trial.suggest_float("x", 0.0, 1.0)
        raise optuna.TrialPruned

    with pytest.raises(UserError, match="gives up everything"):
        drawn(1, near=0.0, space=SearchSpace("never", never, {}, "1"), config=study())
