"""Which runs a race gives out, in which order, and which it stops."""

from pathlib import Path
from typing import Any

import optuna
import pytest

from tests.confirm.racing import Hears, Race, play
from tests.study import toy
from tests.study.toy import Lab
from tuner.config import TrialSpec
from tuner.confirm._plan import Entrant, Plan
from tuner.confirm._race_source import RaceSource
from tuner.records import OutcomeKind, Tick
from tuner.storage import config_of, confirm_name, outcome_of
from tuner.study import RunningTrial


def test_runs_go_round_by_round_on_the_same_seeds(lab: Lab) -> None:
    race = Race(lab)
    listener = Hears()
    found = race.run(top=3, seeds=5, listener=listener)
    rounds = [(x, seed) for seed in range(3) for x in (0.3, 0.4, 0.5)]
    rounds += [(x, seed) for seed in (3, 4) for x in (0.3, 0.4)]
    assert race.trained() == rounds
    assert tuple(race.seeds) == found.seeds
    assert listener.started[:4] == [
        "trial 0, seed 1 of 5",
        "trial 1, seed 1 of 5",
        "trial 2, seed 1 of 5",
        "trial 0, seed 2 of 5",
    ]


def test_a_run_trains_what_the_trial_trained_as_the_study_did(lab: Lab, tmp_path: Path) -> None:
    race = Race(lab)
    race.run(top=1, seeds=1, runs_dir=tmp_path)
    (spec,) = race.specs
    (trial,) = race.confirm_study.trials
    trained = TrialSpec.model_validate(race.study.trials[0].user_attrs["spec"])
    assert spec.model_copy(
        update={name: getattr(trained, name) for name in ("study", "seed", "directory")}
    ) == trained.model_copy(update={"number": 0, "final_evaluation": True})
    assert spec.directory == str(tmp_path / "toy" / "confirm" / "trial-0000")
    assert spec.study == "toy/confirm"
    assert trial.user_attrs["candidate"] == 0
    assert trial.user_attrs["seed"] == spec.seed
    assert (trial.state.name, trial.value) == ("COMPLETE", 50.0)
    assert trial.user_attrs["ticks"]["best"] == [1.0] * 10
    assert trial.user_attrs["censored"] is False
    assert config_of(race.confirm_study) == race.config


def test_several_workers_share_a_round_and_begin_the_next_where_one_would_idle(lab: Lab) -> None:
    race = Race(lab)
    found = race.run(top=3, seeds=5, slots=4)
    assert sorted(race.trained()[:4]) == [(0.3, 0), (0.3, 1), (0.4, 0), (0.5, 0)]
    assert found.winner is not None
    assert found.winner.label == "trial 1"
    assert [candidate.mean_seconds.value for candidate in found.candidates[:2]] == pytest.approx([24.0, 57.0])
    assert found.finished


def test_a_run_that_its_candidates_drop_made_superfluous_is_stopped(lab: Lab) -> None:
    race = Race(lab)
    found = race.run(top=3, seeds=5, slots=6)
    stopped = [trial for trial in race.confirm_study.trials if trial.state.name == "PRUNED"]
    outcomes = [outcome for trial in stopped if (outcome := outcome_of(trial))]
    assert outcomes
    assert {(outcome.kind, outcome.rule) for outcome in outcomes} == {(OutcomeKind.PRUNED, "race")}
    assert {trial.user_attrs["candidate"] for trial in stopped} == {2}
    slowest = found.candidates[2]
    assert slowest.dropped is not None
    assert all(run.kind == "reached" for run in slowest.runs)  # half a run says nothing


def test_one_worker_or_four_find_the_same(lab: Lab) -> None:
    one, four = Race(lab), Race(Lab(None))
    # The numbers of the seeds are those in the order of the first race's.
    first = one.run(top=2, seeds=3)
    four.seeds = dict(one.seeds)
    second = four.run(top=2, seeds=3, slots=4)
    assert first.seeds == second.seeds
    assert [c.runs for c in first.candidates] == [c.runs for c in second.candidates]


def test_what_watchers_see(lab: Lab) -> None:
    race = Race(lab)
    race.run(top=3, seeds=5)
    summary = race.summary
    assert summary is not None
    # 15 runs less the two seeds that trial 2 did not get.
    assert (summary.study, summary.trials, summary.finished) == ("toy/confirm", 13, 13)
    assert summary.outcomes == {"reached": 12, "exhausted": 1}
    assert summary.standing == "Mean time to return so far: trial 1 24.0 s, trial 0 57.0 s; dropped: trial 2"


@pytest.mark.parametrize("kind", [OutcomeKind.CRASHED, OutcomeKind.HUNG, OutcomeKind.DIVERGED])
def test_a_fault_is_retried_on_the_same_seed(lab: Lab, kind: OutcomeKind) -> None:
    race = Race(lab)
    training = play(race.seeds)
    found = race.run(
        top=1,
        seeds=2,
        recordings=lambda spec: toy.failing(kind, spec) if spec.number == 1 else training(spec),
    )
    first, failed, retried = race.specs
    assert failed.seed == retried.seed != first.seed
    assert (failed.attempt, retried.attempt) == (0, 1)
    assert [run.kind for run in found.candidates[0].runs] == ["reached", "reached"]


def test_after_its_retries_a_run_counts_as_not_reached_until_the_next_command(lab: Lab) -> None:
    race = Race(lab, workers={"retries": 0})
    training = play(race.seeds)
    found = race.run(
        top=1,
        seeds=2,
        recordings=lambda spec: toy.failing(OutcomeKind.CRASHED, spec) if spec.number == 1 else training(spec),
    )
    assert [run.kind for run in found.candidates[0].runs] == ["reached", "crashed"]
    assert found.candidates[0].mean_seconds.value == 75.0  # 50 s, and the budget of 100 s
    assert found.finished
    # A crash says nothing of a configuration, so the next command tries that seed again, and no other.
    again = race.run(top=1, seeds=2)
    assert [run.reached_seconds for run in again.candidates[0].runs] == [50.0, 30.0]
    assert [spec.seed for spec in race.specs[2:]] == [found.seeds[1]]


def test_what_diverges_for_good_is_not_tried_again(lab: Lab) -> None:
    race = Race(lab, workers={"retries": 0})
    options: Any = {"top": 1, "seeds": 1, "recordings": lambda spec: toy.failing(OutcomeKind.DIVERGED, spec)}
    assert [run.kind for run in race.run(**options).candidates[0].runs] == ["diverged"]
    race.run(**options)
    assert len(race.specs) == 1


def source_of(race: Race, *keys: Any, seeds: int = 2) -> RaceSource:
    """Return a source of runs for trials of a study that has been confirmed on no seed yet."""
    confirm = optuna.create_study(study_name=confirm_name("toy"), storage=race.study._storage)
    entrants = tuple(
        Entrant(key, f"trial {key}", 20.0, race.study.trials[key].user_attrs["spec"]["agent"]) for key in keys
    )
    plan = Plan(entrants, seeds=tuple(range(101, 101 + seeds)), target=10.0, budget_seconds=100.0)
    return RaceSource(confirm, plan, race.config, None, lambda _: None)


def test_runs_that_are_going_on_are_not_given_out_again(lab: Lab) -> None:
    source = source_of(Race(lab), 0, 1)
    running: dict[int, RunningTrial] = {}
    for slot in range(4):
        trial = source.next_trial(running)
        assert trial is not None
        running[slot] = trial
    # The second round begins before the first has ended; both candidates are as good as each other so far.
    assert [(trial.label, trial.spec.seed) for trial in running.values()] == [
        ("trial 0, seed 1 of 2", 101),
        ("trial 1, seed 1 of 2", 101),
        ("trial 0, seed 2 of 2", 102),
        ("trial 1, seed 2 of 2", 102),
    ]
    assert source.next_trial(running) is None
    assert not source.finished


def test_no_run_is_stopped_at_a_tick(lab: Lab) -> None:
    source = source_of(Race(lab), 0)
    trial = source.next_trial({})
    assert trial is not None
    assert source.stop_at_tick(trial, Tick(5, 25.0, best=-1.0)) is None
    assert source.stop_unneeded({0: trial}) == {}


def test_where_a_race_stands_before_its_first_run(lab: Lab) -> None:
    summary = source_of(Race(lab), 0, 1).summary(reason=None, wall_seconds=1.0, training_seconds=0.0)
    assert (summary.trials, summary.finished, summary.outcomes, summary.retried) == (4, 0, {}, 0)
    assert summary.standing == "Mean time to return so far: no run has finished yet"
