import pytest

from tuner.agents._alternatives import check_alternatives
from tuner.config import AgentConfig, BoundsPenalty, BoxSchedule
from tuner.errors import UserError

SCHEDULE = {"action_box_schedule": BoxSchedule(start=0.1, seconds=60)}
PENALTY = {"bounds_penalty": BoundsPenalty(weight=0.1)}
OPTIONS = {
    "action_box_schedule": SCHEDULE,
    "bounds_penalty": PENALTY,
    "squash: false": {"squash": False},
}


def config(algorithm="sac", **options):
    return AgentConfig(algorithm=algorithm, **options)


@pytest.mark.parametrize("algorithm", ["sac", "tqc"])
def test_the_fused_learner_has_them_all(algorithm):
    for options in OPTIONS.values():
        check_alternatives(config(algorithm, **options))
    check_alternatives(config(algorithm, **SCHEDULE, **PENALTY))
    check_alternatives(config(algorithm, **PENALTY, squash=False, mean_penalty=0.1))


@pytest.mark.parametrize("option", ["action_box_schedule", "bounds_penalty", "squash: false"])
def test_other_learners_have_none(option):
    with pytest.raises(UserError, match=f"Only the fused learner of sac and tqc has {option}, and this is ppo"):
        check_alternatives(config("ppo", **OPTIONS[option]))
    with pytest.raises(UserError, match=f"has {option}, and this is tqc's stock one"):
        check_alternatives(config("tqc", learner="stock", **OPTIONS[option]))


def test_a_penalty_on_the_means_is_for_sac_and_tqc_with_either_learner():
    for learner in ("fused", "stock"):
        check_alternatives(config("tqc", mean_penalty=0.1, learner=learner))
    with pytest.raises(UserError, match=r"mean_penalty is 0.1, which only sac and tqc have, and this is td3"):
        check_alternatives(config("td3", mean_penalty=0.1))


def test_without_any_every_learner_will_do():
    for algorithm in ("sac", "tqc", "ppo", "td3", "crossq"):
        check_alternatives(config(algorithm, learner="stock"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (SCHEDULE | {"squash": False}, "no box that could widen"),
        ({"squash": False, "arguments": {"action_noise": 0.1}}, "explores by its own deviation"),
    ],
)
def test_those_that_exclude_each_other(options, said):
    with pytest.raises(UserError, match=said):
        check_alternatives(config(**options))
