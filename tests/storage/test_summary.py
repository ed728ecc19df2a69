"""Where a study stands, read from its storage."""

import json
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from tests.study.toy import Lab
from tuner.config import ObjectiveConfig
from tuner.records import Outcome, OutcomeKind
from tuner.storage import BestTrial, ranking, summarize
from tuner.workers import Recording


@pytest.fixture
def lab() -> Lab:
    return Lab(None)


@pytest.fixture
def study() -> optuna.Study:
    return optuna.create_study(study_name="walk")


def add(
    study: optuna.Study, kind: str | None, value: float | None = None, *, final: bool = False, **facts: Any
) -> None:
    """Add a trial that ended; without a kind, one of another program."""
    states = {"pruned": TrialState.PRUNED, "crashed": TrialState.FAIL, "interrupted": TrialState.FAIL}
    attrs: dict[str, Any] = {"final": True} if final else {}
    if kind is not None:
        attrs["record"] = Outcome(kind=OutcomeKind(kind), **facts).to_json()
    state = TrialState.COMPLETE if kind is None else states.get(kind, TrialState.COMPLETE)
    study.add_trial(create_trial(state=state, value=value, user_attrs=attrs))


def test_a_study_that_has_not_begun(study: optuna.Study) -> None:
    summary = summarize(study, trials=5)
    assert (summary.study, summary.trials, summary.finished, summary.retried) == ("walk", 5, 0, 0)
    assert (summary.best, summary.outcomes, summary.reason) == (None, {}, None)


def test_trials_that_count_by_their_outcome(study: optuna.Study) -> None:
    add(study, "reached", 20.0)
    add(study, "exhausted", 150.0)
    add(study, "pruned")
    add(study, "crashed", final=True)
    add(study, "crashed")
    add(study, "interrupted")
    add(study, None, 170.0)
    study.ask()
    study.enqueue_trial({})
    summary = summarize(study, trials=9, reason="time limit", wall_seconds=7.0, training_seconds=5.0)
    assert summary.outcomes == {"reached": 1, "exhausted": 2, "pruned": 1, "crashed": 1}
    assert (summary.finished, summary.retried) == (5, 2)
    assert (summary.reason, summary.wall_seconds, summary.training_seconds) == ("time limit", 7.0, 5.0)
    assert json.loads(json.dumps(summary.to_json()))["best"]["number"] == 0


def test_the_best_trial_has_the_lowest_score_and_of_equals_the_first(study: optuna.Study) -> None:
    add(study, "exhausted", 150.0, best_return=3.0)
    add(study, "reached", 20.0, reached_seconds=20.0, best_return=15.5)
    add(study, "reached", 20.0, reached_seconds=20.0, best_return=16.0)
    best = summarize(study, trials=3).best
    assert best == BestTrial(number=1, score=20.0, reached_seconds=20.0, best_return=15.5)


@pytest.mark.parametrize("kind", ["diverged", "too_large"])
def test_what_was_given_the_worst_score_is_never_the_best(study: optuna.Study, kind: str) -> None:
    add(study, kind, 200.0)
    assert summarize(study, trials=3).best is None
    add(study, "exhausted", 200.0, best_return=-900.0)
    best = summarize(study, trials=3).best
    assert best is not None
    assert best.number == 1


@pytest.mark.parametrize("kind", ["exhausted", "pruned"])
def test_a_trial_in_which_no_return_was_measured_is_never_the_best(lab: Lab, kind: str) -> None:
    config = lab.config(budget={"trials": 1})
    unmeasured = Outcome(OutcomeKind(kind), clock_seconds=100.0, ledger={"simulate": 100.0})
    summary = lab.run(config, recordings=lambda spec: Recording((), unmeasured))
    assert (summary.finished, summary.best) == (1, None)


def returned(best_return: float, kind: OutcomeKind = OutcomeKind.PRUNED, **facts: Any) -> Outcome:
    return Outcome(kind, best_return=best_return, clock_seconds=50.0, ledger={"simulate": 50.0}, **facts)


@pytest.mark.parametrize("objective", [{"kind": "time_to_return", "target": 10.0}, {"kind": "return_at_budget"}])
def test_a_pruned_trial_that_had_come_further_is_the_best(lab: Lab, objective: dict[str, Any]) -> None:
    """Trial 2 earned 6 before it was stopped, trial 0 earned 5 in its whole budget; of equals the earlier is first."""
    outcomes = [returned(5.0, OutcomeKind.EXHAUSTED), returned(4.0), returned(6.0), returned(6.0)]
    config = lab.config(budget={"trials": 4}, objective=objective)
    if objective["kind"] == "return_at_budget":
        config = config.model_copy(update={"objective": ObjectiveConfig(kind="return_at_budget")})
    summary = lab.run(config, recordings=lambda spec: Recording((), outcomes[spec.number]))
    assert summary.best is not None
    assert (summary.best.number, summary.best.best_return, summary.best.pruned) == (2, 6.0, True)
    ranked = ranking(lab.load(config))
    assert [each.trial.number for each in ranked] == [2, 3, 0, 1]
    # Seconds: 100 · (1 + gap / (gap + 10)), of a gap of 10 − 6; or minus the return.
    assert ranked[0].score == pytest.approx(100 * (1 + 4 / 14) if "target" in objective else -6.0)
    assert lab.load(config).best_trial.number == 0  # Optuna's own knows complete trials only


def test_trials_that_reached_the_target_come_first_whatever_others_earned(lab: Lab) -> None:
    outcomes = [
        returned(99.0),
        returned(10.0, OutcomeKind.REACHED, reached_seconds=80.0),
        returned(10.0, OutcomeKind.REACHED, reached_seconds=30.0),
        Outcome(OutcomeKind.CRASHED, best_return=99.0),
    ]
    config = lab.config(budget={"trials": 4}, workers={"retries": 0})
    lab.run(config, recordings=lambda spec: Recording((), outcomes[spec.number]))
    assert [each.trial.number for each in ranking(lab.load(config))] == [2, 1, 0]


def test_the_best_trial_of_another_program_has_only_its_score(study: optuna.Study) -> None:
    add(study, None, 3.0)
    assert summarize(study, trials=1).best == BestTrial(number=0, score=3.0, reached_seconds=None, best_return=None)
