"""Configurations in SBX's names as warm starts, and trials that somebody has queued with Optuna."""

from typing import Any

import pytest

from tests.study import toy
from tests.study.toy import Lab, kill_at
from tuner.config import UnpinnedStart
from tuner.config.recipes import Recipe
from tuner.errors import UserError
from tuner.study import has_parameters
from tuner.study._queue import Enqueued, Start, check_names, enqueue_start, make_start, with_own_names


def recipe(name: str = "values 1", **values: Any) -> Recipe:
    return Recipe(name=name, values=values)


def queue(lab: Lab, config: Any, **parameters: Any) -> None:
    lab.load(config).enqueue_trial(parameters)


def messages(lab: Lab, config: Any, **options: Any) -> list[str]:
    """Run a study and return what it told."""
    listener = toy.Stopper(-1, -1)
    lab.run(config, listener=listener, **options)
    return listener.messages


def test_values_in_sbx_names_are_tried_first(lab: Lab) -> None:
    config = lab.config(budget={"trials": 3}, warm_start=(recipe(learning_rate=0.25), recipe("other", learning_rate=7)))
    told = messages(lab, config)
    trials = lab.trials(config)
    assert [trial.user_attrs.get("warm_start") for trial in trials] == ["values 1", "other", None]
    assert [trial.params["x"] for trial in trials[:2]] == [0.25, 1.0]
    assert told == [
        "The warm start 'other' is tried as nearly as the search space has it:\n"
        "  learning_rate 7 lies beyond the range and is clipped to 1 (x 1)"
    ]


def test_they_are_tried_once_and_again_when_they_have_changed(lab: Lab) -> None:
    config = lab.config(budget={"trials": 4}, warm_start=(recipe(learning_rate=0.25),))
    kill_at(lab, config, 0, 2)
    lab.run(lab.config(budget={"trials": 2}, warm_start=(recipe(learning_rate=0.25),)))
    lab.run(lab.config(budget={"trials": 3}, warm_start=(recipe(learning_rate=0.5),)))
    starts = [trial.params["x"] for trial in lab.trials(config) if "warm_start" in trial.user_attrs]
    assert starts == [0.25, 0.25, 0.5]  # the first was killed and queued again


def test_pinned_values_may_have_names_of_sbx(lab: Lab) -> None:
    config = lab.config(budget={"trials": 2}, fixed={"learning_rate": 0.25}, warm_start=("slow",))
    lab.run(config, toy.space(slow={"x": 0.7, "y": "a"}))
    assert [trial.params["x"] for trial in lab.trials(config)] == [0.25, 0.25]
    assert lab.load(config).user_attrs["config"]["fixed"] == {"learning_rate": 0.25}  # as the file has it
    assert with_own_names(config, toy.space()).fixed == {"x": 0.25}


def test_a_warm_start_without_pins_is_tried_as_it_is(lab: Lab) -> None:
    config = lab.config(budget={"trials": 3}, fixed={"x": 0.25}, warm_start=(UnpinnedStart(unpinned="slow"),))
    space = toy.space(slow={"x": 0.7, "y": "a"})
    assert messages(lab, config, search_space=space) == []
    trials = lab.trials(config)
    assert [trial.params["x"] for trial in trials] == [0.7, 0.25, 0.25]
    assert trials[0].user_attrs["warm_start"] == "slow"


def test_it_is_tried_as_it_is_again_after_a_kill(lab: Lab) -> None:
    config = lab.config(budget={"trials": 2}, fixed={"x": 0.25}, warm_start=(UnpinnedStart(unpinned="slow"),))
    space = toy.space(slow={"x": 0.7, "y": "a"})
    kill_at(lab, config, 0, 2, search_space=space)
    assert messages(lab, config, search_space=space) == []
    assert [trial.params["x"] for trial in lab.trials(config)] == [0.7, 0.7, 0.25]


def test_a_warm_start_without_pins_must_be_one_of_the_search_space(lab: Lab) -> None:
    config = lab.config(warm_start=(UnpinnedStart(unpinned="quick"),))
    with pytest.raises(UserError, match="Unknown warm start 'quick' of search space"):
        lab.run(config, toy.space(slow={"x": 0.7, "y": "a"}))


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"warm_start": (recipe(learning_rat=0.1),)}, "Unknown parameter 'learning_rat' in the configuration"),
        ({"warm_start": (recipe(gamma=2),)}, "'gamma' is 2 but must be"),
        ({"fixed": {"learning_rate": 5.0}}, "fixed.learning_rate is 5.0, but .* has 1.0 as the nearest value"),
        ({"fixed": {"gamma": 0.9}}, "fixed.gamma is 0.9, but the search space 'toy' always uses 0.99"),
    ],
)
def test_mistakes_show_before_there_is_a_study(lab: Lab, sections: dict[str, Any], message: str) -> None:
    config = lab.config(**sections)
    with pytest.raises(UserError, match=message):
        lab.run(config)
    with pytest.raises(KeyError):
        lab.load(config)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"z": 0.5}, "Unknown parameter 'z' in the queued trial 2. Known: x, y"),
        ({"x": 1.5}, "The parameter 'x' in the queued trial 2 is 1.5, but the search space allows 0.0 to 1.0"),
        ({"x": 0.5, "y": "c"}, "The parameter 'y' in the queued trial 2 is 'c', but .* one of 'a', 'b'"),
        ({"x": "fast"}, "The parameter 'x' in the queued trial 2 is 'fast'"),
    ],
)
def test_a_queued_trial_is_refused_by_name_before_anything_trains(
    lab: Lab, parameters: dict[str, Any], message: str
) -> None:
    lab.run(lab.config(budget={"trials": 2}))
    more = lab.config(budget={"trials": 4})
    queue(lab, more, **parameters)
    with pytest.raises(UserError, match=message):
        lab.run(more)
    (refused,) = lab.trials(more)[2:]
    assert (refused.state.name, refused.user_attrs["outcome"]) == ("FAIL", "crashed")
    assert "It is not trained" in refused.user_attrs["record"]["message"]
    assert lab.run(more).finished == 4  # it does not count, and the same command goes on


def test_a_trial_queued_while_the_study_runs_is_refused_without_stopping_it(disk: Lab) -> None:
    config = disk.config(budget={"trials": 3})

    def queue_two() -> None:
        queue(disk, config, x=1.5)
        queue(disk, config, x=0.4)

    listener = toy.Stopper(1, 2, queue_two)
    assert disk.run(config, listener=listener).finished == 3
    assert [trial.params.get("x") for trial in disk.trials(config)][2:] == [None, 0.4]
    assert listener.messages == [
        "The parameter 'x' in the queued trial 2 is 1.5, but the search space allows 0.0 to 1.0."
    ]


def test_a_run_in_progress_takes_what_is_queued_next(disk: Lab) -> None:
    config = disk.config(budget={"trials": 3})
    start = Start("mine", {"x": 0.4, "y": "a"})
    told = []

    def queue_twice() -> None:
        storage = disk.load(config)._storage
        told.extend(enqueue_start(storage, config.study, start) for _ in range(2))

    assert disk.run(config, listener=toy.Stopper(0, 2, queue_twice)).finished == 3
    assert [trial.user_attrs.get("warm_start") for trial in disk.trials(config)] == [None, "mine", None]
    # While trial 0 runs; the second time it is there already.
    assert told == [Enqueued(1, False, 0, 2), Enqueued(1, True, 0, 2)]


def test_pinned_values_win_over_queued_ones_and_it_is_said(lab: Lab) -> None:
    lab.run(lab.config(budget={"trials": 1}))
    config = lab.config(budget={"trials": 2}, fixed={"x": 0.25})
    queue(lab, config, x=0.5, y="a")
    told = messages(lab, config)
    assert lab.trials(config)[1].params == {"x": 0.25, "y": "a"}
    assert told == ["The queued trial 1 has values that the study file pins in 'fixed': x is 0.25 and not 0.5."]


def test_a_warm_start_of_the_space_may_lie_outside_when_it_is_queued_again(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1}, warm_start=("odd",))
    space = toy.space(odd={"x": 1.5, "y": "b"})
    kill_at(lab, config, 0, 2, search_space=space)
    assert lab.run(config, space).finished == 1
    assert [trial.params["x"] for trial in lab.trials(config)] == [1.5, 1.5]


def test_what_the_study_itself_has_queued_again_is_not_refused(lab: Lab) -> None:
    # Its range may have been another one: bfloat16 is 0 to 1 on some machines and 0 to 0 on others.
    lab.run(lab.config(budget={"trials": 1}))
    config = lab.config(budget={"trials": 2})
    lab.load(config).enqueue_trial({"x": 1.5, "y": "a"}, user_attrs={"retry_of": 0})
    assert lab.run(config).finished == 2


def test_same_parameters() -> None:
    trial = toy.optuna.trial.create_trial(
        state=toy.optuna.trial.TrialState.WAITING, system_attrs={"fixed_params": {"x": 0.5, "y": "a"}}
    )
    assert has_parameters(trial, {"x": 0.5})
    assert not has_parameters(trial, {"x": 0.6})
    assert not has_parameters(trial, {"x": 0.5, "z": 1})


def test_a_start_has_its_name_and_what_was_said(lab: Lab) -> None:
    start = make_start(lab.config(), toy.space(), recipe(learning_rate=0.5, gamma=0.9))
    assert (start.name, start.parameters) == ("values 1", {"x": 0.5, "y": "a"})
    assert [remark.kind for remark in start.remarks] == ["kept", "ignored"]
    assert make_start(lab.config(), toy.space(slow={"x": 0.7}), "slow") == Start("slow", {"x": 0.7})
    named = lab.config(warm_start=(recipe("mine", learning_rate=0.5),))
    assert make_start(named, toy.space(), "mine").parameters == {"x": 0.5, "y": "a"}  # as a reference of `confirm`
    assert set(check_names(lab.config(), toy.space(), [start])) == {"x", "y"}
