"""Trials that fail: retried within limits, told apart from pruned ones, and never in the way of the study."""

from typing import Any

import optuna
import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.config import TrialSpec
from tuner.errors import TunerError, UserError
from tuner.records import OutcomeKind
from tuner.storage import outcome_of


def faulty(kind: OutcomeKind, numbers: set[int]) -> Any:
    """Return recordings in which some trials fail."""
    return lambda spec: toy.failing(kind, spec) if spec.number in numbers else toy.play(spec)


@pytest.mark.parametrize("kind", [OutcomeKind.CRASHED, OutcomeKind.HUNG, OutcomeKind.DIVERGED])
def test_a_failed_trial_is_tried_again_from_zero(lab: Lab, kind: OutcomeKind) -> None:
    config = lab.config(budget={"trials": 3})
    listener = toy.Stopper(-1, 0)
    summary = lab.run(config, recordings=faulty(kind, {1}), listener=listener)
    trials = lab.trials(config)
    assert [trial.state.name for trial in trials] == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    retry = trials[2]
    assert retry.params == trials[1].params
    assert (retry.user_attrs["retry_of"], retry.user_attrs["attempt"]) == (1, 1)
    assert retry.user_attrs["spec"]["seed"] != trials[1].user_attrs["spec"]["seed"]
    assert retry.datetime_start is not None
    assert (summary.finished, summary.retried) == (3, 1)  # the failed attempt does not count
    assert listener.messages == [f"Trial 1 {kind.value} and is tried again: {kind.value} on purpose"]


@pytest.mark.parametrize("kind", [OutcomeKind.CRASHED, OutcomeKind.HUNG])
def test_after_its_retries_a_trial_has_failed_and_counts(lab: Lab, kind: OutcomeKind) -> None:
    config = lab.config(budget={"trials": 3}, workers={"retries": 2})
    summary = lab.run(config, recordings=faulty(kind, {0, 1, 2}))
    assert lab.states(config) == ["FAIL", "FAIL", "FAIL", "COMPLETE", "COMPLETE"]
    attempts = [trial.user_attrs.get("attempt", 0) for trial in lab.trials(config)]
    assert attempts == [0, 1, 2, 0, 0]
    assert [trial.user_attrs.get("final", False) for trial in lab.trials(config)] == [False, False, True, False, False]
    assert summary.outcomes[kind.value] == 1
    assert (summary.finished, summary.retried) == (3, 2)


def test_a_configuration_that_diverges_every_time_is_complete_with_the_worst_score(lab: Lab) -> None:
    config = lab.config(budget={"trials": 3})
    summary = lab.run(config, recordings=faulty(OutcomeKind.DIVERGED, {0, 1}))
    first, second, *_ = lab.trials(config)
    assert (first.state.name, second.state.name, second.value) == ("FAIL", "COMPLETE", 200.0)
    assert second.user_attrs["outcome"] == "diverged"
    assert set(second.intermediate_values) == {1, 2, 3, 4}  # nothing is made up after its end
    assert summary.outcomes["diverged"] == 1


def test_a_diverged_trial_is_never_the_best(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1}, workers={"retries": 0})
    summary = lab.run(config, recordings=faulty(OutcomeKind.DIVERGED, {0}))
    assert summary.best is None


def test_the_clock_of_a_dead_worker_is_its_last_tick(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1}, workers={"retries": 0})
    lab.run(config, recordings=faulty(OutcomeKind.CRASHED, {0}))
    outcome = outcome_of(lab.trials(config)[0])
    assert outcome is not None
    assert outcome.clock_seconds == 20.0  # four ticks of 5 s


def test_nothing_but_failures_ends_the_study(lab: Lab) -> None:
    config = lab.config(workers={"retries": 0})
    with pytest.raises(
        TunerError, match="5 trials in a row failed for good, the last one, trial 4, crashed: crashed on"
    ):
        lab.run(config, recordings=faulty(OutcomeKind.CRASHED, set(range(20))))
    assert lab.states(config) == ["FAIL"] * 5
    assert lab.load(config).user_attrs["runs"][-1]["end"] == "failed"


def test_failures_between_successes_do_not(lab: Lab) -> None:
    config = lab.config(workers={"retries": 0})
    summary = lab.run(config, recordings=faulty(OutcomeKind.CRASHED, {0, 1, 2, 3, 5, 6, 7, 8, 10}))
    assert summary.finished == 12


def test_the_users_mistake_ends_the_study_and_others_are_queued_again(lab: Lab) -> None:
    def mistaken(spec: TrialSpec) -> Any:
        if spec.number != 1:
            return toy.play(spec)
        return toy.failing(OutcomeKind.CRASHED, spec, after_ticks=1, details={"user_error": True})

    config = lab.config()
    with pytest.raises(UserError, match=r"^crashed on purpose$"):
        lab.run(config, recordings=mistaken, slots=2)
    # trial 0 was running beside it: interrupted, and queued again as trial 2
    assert lab.states(config) == ["FAIL", "FAIL", "WAITING"]
    assert [trial.user_attrs.get("outcome") for trial in lab.trials(config)] == ["interrupted", "crashed", None]
    assert lab.run(config).finished == 12


def test_a_space_that_raises_ends_the_study(lab: Lab) -> None:
    def broken(trial: Any) -> Any:
        agent = toy.toy(trial)
        if trial.suggest_int("n", 0, 100) >= 0 and broken_now:
            raise ZeroDivisionError("division by zero")
        return agent

    broken_now = False
    search_space = toy.space(broken)
    config = lab.config()
    listener = toy.Stopper(0, 3)

    def from_now_on() -> None:
        nonlocal broken_now
        broken_now = True

    listener.stop = from_now_on
    with pytest.raises(UserError, match=r"The search space 'toy' failed .*division by zero"):
        lab.run(config, search_space, listener=listener)
    assert lab.states(config) == ["COMPLETE", "FAIL"]


def test_what_the_space_gives_up_is_pruned_and_not_trained(lab: Lab) -> None:
    def picky(trial: Any) -> Any:
        agent = toy.toy(trial)
        if agent.arguments["learning_rate"] > 0.5:
            raise optuna.TrialPruned
        return agent

    config = lab.config()
    summary = lab.run(config, toy.space(picky))
    for trial in lab.trials(config):
        outcome = outcome_of(trial)
        assert outcome is not None
        assert (outcome.rule == "search_space") is (trial.params["x"] > 0.5)
    assert summary.finished == 12
    assert summary.outcomes["pruned"] == sum(trial.params["x"] > 0.5 for trial in lab.trials(config))


def test_a_space_that_gives_everything_up_comes_to_an_end(lab: Lab) -> None:
    def never(trial: Any) -> Any:
        trial.suggest_float("x", 0.0, 1.0)
        raise optuna.TrialPruned

    function_once = iter([True])

    def after_the_first_look(trial: Any) -> Any:
        return toy.toy(trial) if next(function_once, False) else never(trial)

    summary = lab.run(lab.config(), toy.space(after_the_first_look))
    assert (summary.finished, summary.outcomes, summary.best) == (12, {"pruned": 12}, None)
