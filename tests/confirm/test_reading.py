"""What has been confirmed, read back from the storage."""

import math
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from tests.confirm.racing import Hears, Race, play, remade
from tests.study import toy
from tests.study.toy import Lab
from tuner.config import StudyConfig
from tuner.confirm import CANDIDATE, SEED, confirmation_data
from tuner.confirm._plan import Entrant, Plan
from tuner.confirm._reading import runs_by_candidate
from tuner.records import Outcome, OutcomeKind
from tuner.storage import attributes, confirm_name
from tuner.study._running_trial import write_outcome


def test_a_study_that_was_never_confirmed(lab: Lab) -> None:
    assert confirmation_data(Race(lab, "steady").study) is None


def test_a_study_in_which_no_trial_reached_the_target(lab: Lab) -> None:
    race = Race(lab, "never")
    listener = Hears()
    found = race.run(seeds=2, listener=listener)
    assert "No trial of the study reached the target." in listener.messages[0]
    assert (found.finished, found.winner) == (True, None)
    assert [run.kind for run in found.candidates[0].runs] == ["exhausted"] * 2
    assert (found.candidates[0].promised_seconds, found.candidates[0].gap_seconds) == (None, None)
    assert (found.candidates[0].success_rate, found.candidates[0].mean_seconds.value) == (0.0, 100.0)


@pytest.mark.parametrize(
    ("sections", "line"),
    [
        ({"task": {"num_envs": 8}}, "task.num_envs: 4 before, 8 now"),
        ({"objective": {"target": 11.0}}, "objective.target: 10.0 before, 11.0 now"),
        ({"budget": {"seconds": 90.0}}, "budget.seconds: 100.0 before, 90.0 now"),
        ({"warm_start": ("slow", "steady")}, "trial 0 of the study was another configuration when it was confirmed"),
    ],
)
def test_results_of_another_study_of_this_name_are_outdated(lab: Lab, sections: Any, line: str) -> None:
    race = Race(lab, "lucky", "steady")
    race.run(top=1, seeds=2)
    remade(race, **sections)
    found = confirmation_data(race.study)
    assert found is not None
    assert found.outdated == line


def test_another_search_space_does_not_outdate_them(lab: Lab) -> None:
    race = Race(lab, "lucky")
    race.run(top=1, seeds=1)
    remade(race, search_space="other")
    found = confirmation_data(race.study)
    assert found is not None
    assert found.outdated is None


def add_run(confirm: optuna.Study, candidate: int, seed: int, outcome: Outcome, *, final: bool = True) -> None:
    """Add a run that ended to a study of confirm runs."""
    trial = confirm.ask()
    facts = {CANDIDATE: candidate, SEED: seed, attributes.SPEC: {"seed": seed, "directory": f"run-{trial.number}"}}
    for name, value in facts.items():
        trial.set_user_attr(name, value)
    write_outcome(confirm, trial._trial_id, outcome, [])
    if final:
        trial.set_user_attr(attributes.FINAL, True)
    if outcome.kind is OutcomeKind.REACHED:
        confirm.tell(trial, outcome.reached_seconds)
    else:
        confirm.tell(trial, state=TrialState.FAIL)


def reached(seconds: float) -> Outcome:
    return Outcome(OutcomeKind.REACHED, reached_seconds=seconds, best_return=10.0, clock_seconds=seconds)


def test_the_latest_run_of_a_seed_counts() -> None:
    confirm = optuna.create_study()
    add_run(confirm, 0, 7, Outcome(OutcomeKind.CRASHED))
    add_run(confirm, 0, 7, reached(30.0))
    add_run(confirm, 0, 8, Outcome(OutcomeKind.CRASHED), final=False)  # to be retried
    add_run(confirm, 1, 7, Outcome(OutcomeKind.CRASHED))
    confirm.ask()  # killed before anything was written
    found = runs_by_candidate(confirm)
    assert {key: list(runs) for key, runs in found.items()} == {0: [7], 1: [7]}
    assert (found[0][7].reached_seconds, found[0][7].directory) == (30.0, "run-1")
    assert (found[1][7].kind, found[1][7].reached_seconds) == ("crashed", None)
    # Before another command's first run, the crash is one to try again.
    assert runs_by_candidate(confirm, retry_before=4) == {0: found[0]}


def test_who_is_ahead_and_who_has_no_run_yet(lab: Lab) -> None:
    study = lab.load(ran(lab))
    entrants = tuple(Entrant(number, f"trial {number}", 20.0, {}) for number in (0, 1, 2))
    plan = Plan(entrants, seeds=(7, 8), target=10.0, budget_seconds=100.0)
    confirm = optuna.create_study(study_name=confirm_name("toy"), storage=study._storage)
    assert confirmation_data(study) is None  # killed before it had a plan
    plan.write(confirm)
    add_run(confirm, 0, 7, reached(60.0))
    add_run(confirm, 1, 7, reached(30.0))
    found = confirmation_data(study)
    assert found is not None
    assert [candidate.label for candidate in found.candidates] == ["trial 1", "trial 0", "trial 2"]
    assert [candidate.success_rate for candidate in found.candidates[:2]] == [1.0, 1.0]
    assert math.isnan(found.candidates[2].mean_seconds.value)
    assert (found.finished, found.winner) == (False, None)


def ran(lab: Lab) -> StudyConfig:
    config = lab.config(budget={"trials": 1})
    lab.run(config)
    return config


def test_milestones_are_timed_seed_by_seed(lab: Lab) -> None:
    # On five seeds `steady` takes 24 s to the target on average, and half of that to half of it.
    race = Race(lab, "lucky", "steady", objective={"milestones": [5.0]})
    found = race.run(seeds=5)
    steady, lucky = found.candidates
    [half] = steady.milestones
    assert (half.label, half.seconds) == ("5", (13.0, 11.0, 12.5, 12.0, 11.5))
    assert half.mean_seconds.value == pytest.approx(12.0)
    [half] = lucky.milestones
    assert half.seconds == (25.0, 15.0, 100.0, 22.5, 30.0)
    assert found.to_json()["candidates"][0]["milestones"][0]["seconds"] == steady.milestones[0].seconds


def test_only_runs_that_were_watched_for_a_milestone_count_for_it(lab: Lab) -> None:
    race = Race(lab, "steady")
    assert race.run(seeds=2).candidates[0].milestones == ()
    race.config = lab.config(
        warm_start=("steady",), budget={"trials": 1}, objective={"milestones": [5.0, 9.9]}, workers={"retries": 0}
    )
    crash = toy.faulty(OutcomeKind.CRASHED, {3})
    healthy = play(race.seeds)
    found = race.run(seeds=4, recordings=lambda spec: crash(spec) if spec.number == 3 else healthy(spec))
    half, nearly = found.candidates[0].milestones
    assert half.seconds == (12.5, None)  # the run that crashed counts as the target's does
    assert half.mean_seconds.value == pytest.approx((12.5 + 100) / 2)
    assert nearly.seconds[1] is None
