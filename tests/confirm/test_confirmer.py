"""Whole confirmations on replayed runs; who takes how long is in `racing.py`."""

from typing import Any

import pytest

from tests.confirm.racing import Hears, Race
from tests.study import toy
from tests.study.toy import Lab
from tuner.confirm import confirmation_data
from tuner.errors import UserError
from tuner.records import OutcomeKind
from tuner.storage import study_names


def test_the_lucky_one_does_not_win(lab: Lab) -> None:
    race = Race(lab)
    listener = Hears()
    found = race.run(top=3, seeds=5, listener=listener)
    # Restricted means: 24 s for x = 0.4; (50 + 30 + 100 + 45 + 60) / 5 = 57 s for the study's best, x = 0.3; of x = 0.5
    # only three seeds, (66 + 60 + 63) / 3 = 63 s.
    assert [candidate.label for candidate in found.candidates] == ["trial 1", "trial 0", "trial 2"]
    assert [candidate.mean_seconds.value for candidate in found.candidates] == pytest.approx([24.0, 57.0, 63.0])
    assert [candidate.success_rate for candidate in found.candidates] == [1.0, 0.8, 1.0]
    assert [len(candidate.runs) for candidate in found.candidates] == [5, 5, 3]
    assert found.winner == found.candidates[0]
    assert found.winner.mean_seconds.low is not None
    assert 22.0 < found.winner.mean_seconds.low < 24.0
    # x = 0.4 was promised by the formula: 20 + 400 · 0.01 = 24 s, as it gave; x = 0.3 with 20 s, and gave 37 s more.
    assert [candidate.promised_seconds for candidate in found.candidates] == pytest.approx([24.0, 20.0, 36.0])
    assert [candidate.gap_seconds for candidate in found.candidates] == pytest.approx([0.0, 37.0, 27.0])
    assert (found.finished, found.outdated, found.target, found.budget_seconds) == (True, None, 10.0, 100.0)
    # Differences of trial 2 and trial 1 are 40, 38 and 38 s: mean 38.67, deviation 1.155, t = 58, p = 0.00015.
    reason = "clearly slower than trial 1 after 3 seeds: 63.0 s against 24.3 s, p = 0.00015"
    assert found.candidates[2].dropped == reason
    assert listener.messages == [f"No further seeds for trial 2: {reason}."]


def test_seeds_are_none_of_the_study(lab: Lab) -> None:
    race = Race(lab)
    used = {trial.user_attrs["spec"]["seed"] for trial in race.study.trials}
    found = race.run(top=1, seeds=5)
    assert len(used) == 4
    assert len(set(found.seeds)) == 5
    assert not used & set(found.seeds)


def test_the_reference_runs_on_the_same_seeds_and_never_wins(lab: Lab) -> None:
    race = Race(lab, "lucky", "slow")
    found = race.run(top=2, seeds=4, reference="steady")
    # Not a trial of the study: the search space gives it. It is faster than all, is not in the way of the others'
    # race, comes last and does not win.
    assert [candidate.label for candidate in found.candidates] == ["trial 0", "trial 1", "steady"]
    assert found.reference == found.candidates[-1]
    assert found.reference.number is None
    assert found.reference.promised_seconds is None
    assert [run.reached_seconds for run in found.reference.runs] == [26.0, 22.0, 25.0, 24.0]
    assert found.winner == found.candidates[0]


def test_a_hopeless_reference_keeps_its_seeds_unless_asked(lab: Lab) -> None:
    race = Race(lab, "lucky", "steady")
    kept = race.run(top=2, seeds=5, reference="never")
    assert kept.reference is not None
    assert (len(kept.reference.runs), kept.reference.dropped) == (5, None)
    again = Race(Lab(None), "lucky", "steady")
    raced = again.run(top=2, seeds=5, reference="never", race_reference=True)
    assert raced.reference is not None
    assert len(raced.reference.runs) == 3
    assert raced.reference.dropped is not None
    assert raced.reference.dropped.startswith("clearly slower than trial 1 after 3 seeds: 100.0 s against 24.3 s")


def test_a_reference_that_is_among_the_best_is_not_trained_twice(lab: Lab) -> None:
    race = Race(lab, "lucky", "slow", "steady")
    found = race.run(top=3, seeds=5, reference="slow")
    assert [candidate.label for candidate in found.candidates] == ["trial 2", "trial 0", "trial 1", "slow"]
    assert found.reference is not None
    assert found.reference.runs == found.candidates[2].runs
    assert len(found.reference.runs) == 5  # it is the reference, so it is not dropped
    assert len(race.specs) == 15


def test_configurations_are_distinct_and_those_that_reached_come_first(lab: Lab) -> None:
    # y does nothing to the agent, so trial 1 is trial 0 again
    race = Race(lab, "never")
    starts = {"first": {"x": 0.3, "y": "a"}, "again": {"x": 0.3, "y": "b"}, **toy.space(never={}).warm_starts}
    race.space = toy.space(first=starts["first"], again=starts["again"], never={"x": 1.0, "y": "a"})
    race.config = lab.config(study="other", warm_start=("never", "again", "first"), budget={"trials": 3})
    lab.run(race.config, race.space)
    found = race.run(top=3, seeds=1)
    assert [candidate.label for candidate in found.candidates] == ["trial 1", "trial 0"]


def test_a_study_is_not_listed_twice(disk: Lab) -> None:
    race = Race(disk, "steady")
    race.run(seeds=1)
    assert study_names(race.config.storage) == ["toy"]


def test_without_a_finished_trial_there_is_nothing_to_confirm(lab: Lab) -> None:
    race = Race(lab, "steady")
    race.config = lab.config(study="empty", budget={"trials": 1})
    manager = lab.manager(race.config)
    manager.request_stop()
    manager.run()
    with pytest.raises(UserError, match="'empty' has nothing to confirm: no trial has finished yet"):
        race.run()
    assert confirmation_data(race.study) is None


def test_a_study_of_failures_has_nothing_to_confirm_either(lab: Lab) -> None:
    race = Race(lab, "steady")
    race.config = lab.config(study="failed", budget={"trials": 2}, workers={"retries": 0})
    lab.run(race.config, recordings=lambda spec: toy.failing(OutcomeKind.CRASHED, spec))
    with pytest.raises(UserError, match="none of its 2 finished trials has a return"):
        race.run()


def test_an_unknown_reference(lab: Lab) -> None:
    race = Race(lab, "steady")
    with pytest.raises(UserError, match=r"Unknown warm start 'luckyy' of search space 'toy'. Did you mean 'lucky'\?"):
        race.run(reference="luckyy")
    assert confirmation_data(race.study) is None


def test_a_reference_that_leaves_a_parameter_open(lab: Lab) -> None:
    race = Race(lab, "steady")
    race.space = toy.space(half={"x": 0.5})
    with pytest.raises(UserError, match=r"The reference 'half' cannot be built\. .*'y' is not found"):
        race.run(reference="half")


def test_a_reference_that_the_search_space_gives_up(lab: Lab) -> None:
    race = Race(lab, "steady")
    race.space = toy.space(given_up, half={"x": 0.5, "y": "a"})
    with pytest.raises(UserError, match=r"The reference 'half' cannot be built\. .*'toy'.* gives this combination up"):
        race.run(reference="half")


def given_up(trial: Any) -> Any:
    raise toy.optuna.TrialPruned


def test_returns_at_a_budget_are_not_times(lab: Lab) -> None:
    race = Race(lab, "steady", objective={"kind": "return_at_budget"})
    with pytest.raises(UserError, match="optimises return_at_budget, but a confirmation compares times"):
        race.run()
