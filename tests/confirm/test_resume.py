"""Stopping, being killed, faults, more seeds, and results that have become outdated."""

from typing import Any

import pytest

from tests.confirm.racing import Race, remade
from tests.study import toy
from tests.study.toy import Lab
from tuner.clock import ManualClock
from tuner.config import TrialSpec
from tuner.errors import TunerError, UserError
from tuner.listener import SilentListener
from tuner.records import OutcomeKind
from tuner.storage import lock_file, manager_lock


class Killed(BaseException):
    """Stands for SIGKILL: nothing handles it."""


class AtTick(SilentListener):
    """Does something at the first tick of a run."""

    def __init__(self, number: int, act: Any) -> None:
        self.number, self.act = number, act

    def on_tick(self, slot: int, spec: TrialSpec, tick: Any, score: float) -> None:
        if (spec.number, tick.index) == (self.number, 1):
            self.act()


def die() -> None:
    raise Killed


def test_a_finished_confirmation_has_nothing_left_to_do(lab: Lab) -> None:
    race = Race(lab)
    before = race.run(top=3, seeds=5)
    runs = len(race.specs)
    assert race.run(top=3, seeds=5) == before
    assert len(race.specs) == runs


@pytest.mark.parametrize("slots", [1, 3])
def test_after_a_stop_nothing_is_repeated(lab: Lab, slots: int) -> None:
    race = Race(lab)
    listener = AtTick(5, None)
    confirmer = race.confirmer(top=3, seeds=5, listener=listener, slots=slots)
    listener.act = confirmer.request_stop
    summary, halfway = confirmer.run()
    assert summary.reason == "interrupted"
    assert (halfway.finished, halfway.winner) == (False, None)
    done = [(candidate.number, run.seed) for candidate in halfway.candidates for run in candidate.runs]
    assert done
    states = {trial.state.name for trial in race.confirm_study.trials}
    assert states == {"COMPLETE", "FAIL"}  # nothing is queued: what is missing is seen from what is there
    first = len(race.specs)

    found = race.run(top=3, seeds=5, slots=slots)
    assert found.seeds == halfway.seeds
    again = {(toy.x_of(spec), spec.seed) for spec in race.specs[first:]}
    numbers = {0: 0.3, 1: 0.4, 2: 0.5}
    assert not again & {(numbers[number], seed) for number, seed in done if number is not None}
    assert found.winner is not None
    assert found.winner.label == "trial 1"


def test_the_time_limit_stops_it_and_the_rest_comes_later(lab: Lab) -> None:
    race = Race(lab)
    clock = ManualClock()
    limited = race.config.model_copy(update={"budget": race.config.budget.model_copy(update={"total_seconds": 100.0})})
    summary, halfway = race.confirmer(top=3, seeds=5, config=limited, clock=clock).run()
    assert (summary.reason, clock.now()) == ("time limit", pytest.approx(100.0))
    assert (halfway.finished, halfway.winner) == (False, None)
    assert 0 < len(race.specs) < 13
    found = race.run(top=3, seeds=5)
    assert found.winner is not None
    assert len(race.specs) == 14  # 5 + 5 + 3 runs, and the one that ran when the time was up


def test_after_being_killed_nothing_is_repeated(disk: Lab) -> None:
    race = Race(disk)
    with pytest.raises(Killed):
        race.run(top=3, seeds=5, listener=AtTick(4, die))
    assert [trial.state.name for trial in race.confirm_study.trials] == ["COMPLETE"] * 4 + ["RUNNING"]
    found = race.run(top=3, seeds=5)
    trials = race.confirm_study.trials
    assert (trials[4].state.name, trials[4].user_attrs["outcome"]) == ("FAIL", "interrupted")
    # 5 + 5 + 3 runs, and the one that was lost
    assert (len(trials), len(race.specs)) == (14, 14)
    assert found == Race.run(Race(Lab(None)), top=3, seeds=5)


def test_more_seeds_and_more_candidates_are_added(lab: Lab) -> None:
    race = Race(lab)
    first = race.run(top=1, seeds=2)
    second = race.run(top=2, seeds=3)
    assert second.seeds[:2] == first.seeds
    assert race.trained() == [(0.3, 0), (0.3, 1), (0.4, 0), (0.4, 1), (0.3, 2), (0.4, 2)]
    assert [candidate.label for candidate in second.candidates] == ["trial 1", "trial 0"]
    # Fewer than there are: what was run is still shown.
    fewer = race.run(top=1, seeds=1)
    assert [len(candidate.runs) for candidate in fewer.candidates] == [3, 3]
    assert len(race.specs) == 6


def test_those_that_were_run_stay_when_the_study_goes_on(lab: Lab) -> None:
    race = Race(lab, "slow")
    race.run(top=1, seeds=2, reference="never")
    race.config = lab.config(warm_start=("slow", "steady"), budget={"trials": 2})
    lab.run(race.config, race.space)
    found = race.run(top=1, seeds=2)
    assert [candidate.label for candidate in found.candidates] == ["trial 1", "trial 0", "never"]
    assert [len(candidate.runs) for candidate in found.candidates] == [2, 2, 2]
    assert race.trained()[-2:] == [(0.4, 0), (0.4, 1)]


def test_nothing_but_failures_ends_it(lab: Lab) -> None:
    race = Race(lab, workers={"retries": 0})
    with pytest.raises(
        TunerError, match="5 trials in a row failed in all their attempts, the last one, run 4, crashed"
    ):
        race.run(top=2, seeds=5, recordings=lambda spec: toy.failing(OutcomeKind.CRASHED, spec))
    assert race.run(top=2, seeds=5).finished  # the cause is mended


def test_a_study_that_is_being_run(disk: Lab) -> None:
    race = Race(disk, "steady")
    path = lock_file(race.config)
    with manager_lock(path, "toy"), pytest.raises(UserError, match="The study 'toy' is being run by process"):
        race.run()


def test_a_study_cannot_be_run_while_it_is_confirmed(disk: Lab) -> None:
    race = Race(disk, "steady")
    refused: list[UserError] = []

    def run_it() -> None:
        with pytest.raises(UserError, match="is being run by process") as caught:
            disk.run(race.config, race.space)
        refused.append(caught.value)

    race.run(top=1, seeds=1, listener=AtTick(0, run_it))
    assert refused


def test_a_study_of_a_task_that_has_changed_since_is_not_confirmed(lab: Lab) -> None:
    race = Race(lab, "steady", task={"id": "Velocity-Flat-A1"})
    facts = race.study.user_attrs["fingerprint"]
    race.study.set_user_attr("fingerprint", {**facts, "task.revision": facts["task.revision"] - 1})
    with pytest.raises(UserError, match=r"'toy' cannot be confirmed .*: the task itself has changed: revision"):
        race.run(seeds=1)
    assert race.specs == []


def test_outdated_results_are_refused_and_can_be_thrown_away(lab: Lab) -> None:
    race = Race(lab, "lucky", "steady")
    race.run(top=1, seeds=2)
    remade(race, task={"num_envs": 8})
    with pytest.raises(UserError) as refused:
        race.run(top=1, seeds=2)
    assert "no longer belongs to it:\n  task.num_envs: 4 before, 8 now\n" in str(refused.value)
    assert "--restart" in str(refused.value)
    runs = len(race.specs)
    anew = race.run(top=1, seeds=2, restart=True)
    assert anew.outdated is None
    assert len(race.specs) == runs + 2
