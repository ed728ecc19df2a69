"""Where a study stands, read from its storage."""

import json
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from tuner.records import Outcome, OutcomeKind
from tuner.storage import BestTrial, summarize


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
    add(study, "exhausted", 200.0)
    best = summarize(study, trials=3).best
    assert best is not None
    assert best.number == 1


def test_the_best_trial_of_another_program_has_only_its_score(study: optuna.Study) -> None:
    add(study, None, 3.0)
    assert summarize(study, trials=1).best == BestTrial(number=0, score=3.0, reached_seconds=None, best_return=None)
