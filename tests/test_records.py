import json
from typing import Any

import pytest

from tuner.records import Evaluation, Milestone, Outcome, OutcomeKind, Tick, milestones_of

TICK = Tick(
    index=3,
    clock_seconds=18.0,
    estimate=4.5,
    low=4.0,
    high=5.0,
    best=4.75,
    exploring=2.0,
    finished=None,
    env_steps=4096,
    updates=128,
)
EVALUATION = Evaluation(
    clock_seconds=17.5,
    mean=15.25,
    standard_error=0.5,
    episodes=256,
    mean_length=998.5,
    failed=0.125,
    metrics={"speed_share": 0.75},
)
MILESTONE = Milestone(goal=10.0, reached_seconds=8.25)
OUTCOME = Outcome(
    kind=OutcomeKind.REACHED,
    message="reached 15.25",
    reached_seconds=17.5,
    final_return=15.25,
    best_return=15.25,
    clock_seconds=17.5,
    env_steps=44800,
    updates=1400,
    ledger={"launch": 2.0, "act": 3.5},
    agent={"algorithm": "sac", "action_box": {"low": [-1.0], "high": [1.0]}},
    evaluations=[EVALUATION.to_json()],
    milestones=[MILESTONE.to_json(), Milestone(goal=12.5, reached_seconds=None).to_json()],
    contended=True,
    details={"jax": "0.6"},
)


@pytest.mark.parametrize("record", [TICK, Tick(index=1, clock_seconds=6.0), EVALUATION, OUTCOME])
def test_records_survive_json(record: Any) -> None:
    assert type(record).from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize("kind", OutcomeKind)
def test_every_kind_survives_json(kind: OutcomeKind) -> None:
    found = Outcome.from_json(json.loads(json.dumps(Outcome(kind=kind).to_json())))
    assert found.kind is kind  # the member, not merely an equal text


def test_the_kinds_are_those_of_the_design() -> None:
    kinds = {"reached", "exhausted", "pruned", "diverged", "too_large", "crashed", "hung", "interrupted"}
    assert {str(kind) for kind in OutcomeKind} == kinds


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="solved"):
        Outcome.from_json({"kind": "solved"})


@pytest.mark.parametrize("record", [TICK, EVALUATION, OUTCOME])
def test_fields_of_another_version_are_left_out(record: Any) -> None:
    assert type(record).from_json({**record.to_json(), "of_another_version": 3.0}) == record


def test_fields_that_an_earlier_version_did_not_have_take_their_defaults() -> None:
    assert Tick.from_json({"index": 1, "clock_seconds": 6.0}) == Tick(index=1, clock_seconds=6.0)
    assert Outcome.from_json({"kind": "hung"}) == Outcome(kind=OutcomeKind.HUNG)
    before = {"clock_seconds": 17.5, "mean": 15.25, "standard_error": 0.5, "episodes": 256, "mean_length": 998.5}
    assert (Evaluation.from_json(before).failed, Evaluation.from_json(before).metrics) == (None, {})


def test_missing_fields_are_refused() -> None:
    with pytest.raises(TypeError, match="clock_seconds"):
        Tick.from_json({"index": 1})


def test_what_is_handed_out_is_a_copy() -> None:
    data = OUTCOME.to_json()
    data["ledger"]["act"] = 0.0
    data["details"].clear()
    assert OUTCOME.ledger["act"] == 3.5
    assert OUTCOME.details == {"jax": "0.6"}


def test_defaults_are_not_shared() -> None:
    first, second = Outcome(kind=OutcomeKind.HUNG), Outcome(kind=OutcomeKind.HUNG)
    first.ledger["act"] = 1.0
    assert second.ledger == {}


def test_milestones_are_read_from_an_outcome_and_matched_by_their_goals() -> None:
    assert milestones_of(OUTCOME) == (MILESTONE, Milestone(goal=12.5, reached_seconds=None))
    assert [milestone.label for milestone in milestones_of(OUTCOME)] == ["10", "12.5"]
    assert milestones_of(None) == milestones_of(Outcome(kind=OutcomeKind.CRASHED)) == ()
