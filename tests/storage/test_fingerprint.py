"""What may not change while a study goes on; what a manager makes of it is tested in tests/study/test_resume.py."""

from typing import Any

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from tests.study.toy import Lab
from tuner.errors import UserError
from tuner.records import Outcome, OutcomeKind
from tuner.storage import SECONDS_DEPEND_ON, check_fingerprint, differences, fingerprint


def facts(source: str = "1", **sections: Any) -> dict[str, Any]:
    return fingerprint(Lab(None).config(**sections), space_source=source)


@pytest.fixture
def study() -> optuna.Study:
    return optuna.create_study(study_name="toy")


def add(study: optuna.Study, kind: OutcomeKind, state: TrialState, **outcome: Any) -> None:
    record = Outcome(kind=kind, **outcome).to_json()
    value = 1.0 if state is TrialState.COMPLETE else None
    study.add_trial(create_trial(state=state, value=value, user_attrs={"record": record, "final": True}))


def test_it_holds_what_scores_depend_on() -> None:
    assert facts() == {
        "task.id": "Toy",
        "task.simulator": "mujoco",
        "task.num_envs": 4,
        "task.options": {},
        "task.revision": None,
        "action_bounds": None,
        "search_space": "toy",
        "search_space source": "1",
        "objective.kind": "time_to_return",
        "objective.target": 10.0,
        "budget.seconds": 100.0,
        "budget.ticks": 20,
    }
    assert facts(task={"id": "Velocity-Flat-A1"})["task.revision"] is not None


@pytest.mark.parametrize(
    "sections",
    [
        {"sampler": {"kind": "tpe", "seed": 5}},
        {"pruner": {"kind": "median"}},
        {"objective": {"milestones": [2.5, 5.0]}},
        {"fixed": {"x": 0.5}},
        {"warm_start": ["good"]},
        {"budget": {"trials": 99, "total_seconds": 5}},
        {"workers": {"count": 7, "threads": 1}},
        {"storage": "sqlite:///elsewhere.db"},
    ],
)
def test_what_may_change(sections: dict[str, Any]) -> None:
    assert facts(**sections) == facts()


def test_it_is_the_same_after_it_was_stored(study: optuna.Study) -> None:
    now = facts(task={"options": {"a": [1, 2]}})
    assert check_fingerprint(study, now) is None
    assert study.user_attrs["fingerprint"] == now
    assert check_fingerprint(study, now) is None


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"a": 2, "b": 2}, ["a: 1 before, 2 now"]),
        ({}, {"a": "x"}, ['a: null before, "x" now']),
        ({"a": "x" * 99}, {"a": 1}, ['a: "' + "x" * 56 + "... before, 1 now"]),
        ({"search_space source": "1"}, {"search_space source": "2"}, ["the search space's source has changed"]),
        (
            {"search_space": "a", "search_space source": "1"},
            {"search_space": "b", "search_space source": "2"},
            ['search_space: "a" before, "b" now'],
        ),
        ({"task.revision": 1}, {"task.revision": 2}, ["the task itself has changed: revision 1 before, 2 now"]),
        ({}, {"task.revision": 2}, []),  # it was not recorded once
        ({"task.id": "a", "task.revision": 1}, {"task.id": "b", "task.revision": 2}, ['task.id: "a" before, "b" now']),
        ({"action_bounds": {"a": 1}}, {"action_bounds": {"a": 2}}, ["the bounds file has changed"]),
        ({"action_bounds": None}, {"action_bounds": [1]}, ["action_bounds: null before, [1] now"]),
    ],
)
def test_differences_are_said_in_words(before: dict[str, Any], now: dict[str, Any], lines: list[str]) -> None:
    assert differences(before, now) == lines


def test_only_some_sections_matter_to_seconds() -> None:
    before, now = facts(), facts("2", search_space="other", budget={"ticks": 10}, task={"num_envs": 8})
    assert differences(before, now, sections=SECONDS_DEPEND_ON) == [
        "budget.ticks: 20 before, 10 now",
        "task.num_envs: 4 before, 8 now",
    ]


def test_a_study_that_another_program_began_is_refused(study: optuna.Study) -> None:
    study.add_trial(create_trial(value=1.0))
    with pytest.raises(UserError, match=r"a study 'toy' that another program made\. Give yours another name"):
        check_fingerprint(study, facts())


@pytest.mark.parametrize(
    ("kind", "state", "outcome", "learned"),
    [
        (OutcomeKind.EXHAUSTED, TrialState.COMPLETE, {"clock_seconds": 100.0}, True),
        (OutcomeKind.PRUNED, TrialState.PRUNED, {"clock_seconds": 5.0}, True),
        (OutcomeKind.TOO_LARGE, TrialState.COMPLETE, {}, True),
        (OutcomeKind.CRASHED, TrialState.FAIL, {"clock_seconds": 5.0}, True),
        (OutcomeKind.CRASHED, TrialState.FAIL, {}, False),
        (OutcomeKind.PRUNED, TrialState.PRUNED, {"rule": "search_space"}, False),
    ],
)
def test_only_a_study_that_has_learned_something_costs_its_name(
    study: optuna.Study, kind: OutcomeKind, state: TrialState, outcome: dict[str, Any], learned: bool
) -> None:
    check_fingerprint(study, facts())
    add(study, kind, state, **outcome)
    other = facts(task={"num_envs": 8})
    if learned:
        with pytest.raises(UserError, match=r"compared with this one's:\n  task.num_envs: 4 before, 8 now\nGive"):
            check_fingerprint(study, other)
    else:
        assert check_fingerprint(study, other) == "  task.num_envs: 4 before, 8 now"
    assert study.user_attrs["fingerprint"] == facts(), "an old fingerprint is left alone"
