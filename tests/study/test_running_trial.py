"""One trial from Optuna's proposal to its end in the storage."""

from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from tests.study import toy
from tests.study.toy import Lab, faulty, final_parameters, kill_at
from tuner.config import TrialSpec
from tuner.errors import UserError
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.storage import outcome_of, runs_of
from tuner.study import Verdict
from tuner.study._running_trial import columns, judge, queue_again, trial_seed, write_outcome


def test_a_reached_score_is_carried_forward(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.3})
    lab.run(config)
    (trial,) = lab.trials(config)
    # x = 0.3 reaches 10 after 20 s: ticks 1, 2, 3 at 5, 10, 15 s show 2.5, 5, 7.5; 20 s is the end
    # gaps 7.5, 5, 2.5 over themselves plus 10: 0.42857, 0.33333, 0.2
    assert [trial.intermediate_values[tick] for tick in (1, 2, 3)] == pytest.approx([142.857, 133.333, 120.0], abs=1e-3)
    assert [trial.intermediate_values[tick] for tick in range(4, 21)] == [20.0] * 17


@pytest.mark.parametrize(
    "pruner",
    [
        {"kind": "successive_halving", "options": {"min_resource": 2, "reduction_factor": 2}},
        {
            "kind": "patient",
            "options": {
                "patience": 2,
                "wrapped_pruner": {"kind": "successive_halving", "options": {"min_resource": 2, "reduction_factor": 2}},
            },
        },
    ],
)
def test_a_carried_score_is_left_at_the_rungs_too(lab: Lab, pruner: dict[str, Any]) -> None:
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.3}, pruner=pruner)
    lab.run(config)
    (trial,) = lab.trials(config)
    # Rungs at ticks 2, 4, 8 and 16; the trial itself came to tick 3.
    rungs = [trial.system_attrs[f"completed_rung_{rung}"] for rung in range(4)]
    assert rungs == pytest.approx([133.333, 20.0, 20.0, 20.0], abs=1e-3)
    assert "completed_rung_4" not in trial.system_attrs


def test_everything_shown_is_in_the_storage(disk: Lab) -> None:
    config = disk.config(budget={"trials": 1}, fixed={"x": 0.3})
    disk.run(config)
    (trial,) = disk.trials(config)
    outcome = outcome_of(trial)
    assert outcome is not None
    assert (outcome.kind, outcome.reached_seconds, outcome.ledger["launch"]) == (OutcomeKind.REACHED, 20.0, 3.0)
    assert outcome.agent is not None
    assert outcome.agent["arguments"] == {"learning_rate": 0.3}
    spec = TrialSpec.model_validate(trial.user_attrs["spec"])
    assert (spec.study, spec.number, spec.attempt, spec.budget_seconds, spec.ticks) == ("toy", 0, 0, 100.0, 20)
    assert trial.user_attrs["ticks"]["estimate"] == [2.5, 5.0, 7.5]
    study = disk.load(config)
    assert study.metric_names == ["score in seconds"]
    assert study.user_attrs["config"] == config.model_dump(mode="json")
    (run,) = runs_of(study)
    assert (run["slots"], run["wall_seconds"], run["end"]) == (1, 23.0, "finished")


def test_trials_have_their_own_seeds_and_folders(lab: Lab, tmp_path: Path) -> None:
    seen: list[TrialSpec] = []

    def watch(spec: TrialSpec) -> Any:
        seen.append(spec)
        return toy.play(spec)

    config = lab.config(budget={"trials": 3})
    lab.run(config, recordings=watch, runs_dir=tmp_path / "runs")
    lab.run(lab.config(study="again", budget={"trials": 3}), recordings=watch)
    assert len({spec.seed for spec in seen[:3]}) == 3
    assert [spec.seed for spec in seen[:3]] == [spec.seed for spec in seen[3:]]
    assert [spec.directory for spec in seen[:2]] == [f"{tmp_path}/runs/toy/trial-{number:04d}" for number in (0, 1)]
    assert seen[3].directory is None


def test_every_number_of_every_study_has_a_seed_of_its_own() -> None:
    seeds = [trial_seed(study, number) for study in range(10) for number in range(100)]
    assert len(set(seeds)) == 1000
    assert trial_seed(3, 7) == trial_seed(3, 7)


def test_ticks_are_stored_by_column() -> None:
    ticks = [Tick(1, 5.0, best=1.0), Tick(2, 10.0, estimate=2.0)]
    stored = columns(ticks)
    assert (stored["index"], stored["clock_seconds"]) == ([1, 2], [5.0, 10.0])
    assert (stored["best"], stored["estimate"]) == ([1.0, None], [None, 2.0])


COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL


@pytest.mark.parametrize(
    ("outcome", "attempt", "verdict"),
    [
        # A budget of 100 s, a target of 10 and one retry. The gap of 6 over itself plus 10 is 0.375.
        (Outcome(OutcomeKind.REACHED, reached_seconds=31.0, best_return=10.5), 0, Verdict(COMPLETE, score=31.0)),
        (Outcome(OutcomeKind.EXHAUSTED, best_return=4.0), 0, Verdict(COMPLETE, score=137.5)),
        (Outcome(OutcomeKind.PRUNED, rule="behind"), 0, Verdict(PRUNED)),
        (Outcome(OutcomeKind.INTERRUPTED), 1, Verdict(FAIL, final=False, next_attempt=1)),
        (Outcome(OutcomeKind.TOO_LARGE), 0, Verdict(COMPLETE, score=200.0)),
        (Outcome(OutcomeKind.CRASHED), 0, Verdict(FAIL, final=False, next_attempt=1)),
        (Outcome(OutcomeKind.CRASHED), 1, Verdict(FAIL)),
        (Outcome(OutcomeKind.HUNG), 1, Verdict(FAIL)),
        (Outcome(OutcomeKind.DIVERGED), 0, Verdict(FAIL, final=False, next_attempt=1)),
        (Outcome(OutcomeKind.DIVERGED), 1, Verdict(COMPLETE, score=200.0)),
        (Outcome(OutcomeKind.DIVERGED, details={"task_broke": True}), 0, Verdict(FAIL, final=False, next_attempt=1)),
        (Outcome(OutcomeKind.DIVERGED, details={"task_broke": True}), 1, Verdict(FAIL)),
        (Outcome(OutcomeKind.CRASHED, details={"user_error": True}), 0, Verdict(FAIL, final=False)),
    ],
)
def test_what_becomes_of_a_trial(lab: Lab, outcome: Outcome, attempt: int, verdict: Verdict) -> None:
    assert judge(outcome, lab.config(workers={"retries": 1}), attempt=attempt) == verdict


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
    assert listener.messages == ["Trial 1 is tried again."]


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


def test_killed_between_writing_an_outcome_and_telling_it(disk: Lab) -> None:
    config = disk.config(budget={"trials": 2})
    kill_at(disk, config, 0, 4)
    study = disk.load(config)
    outcome = Outcome(OutcomeKind.REACHED, reached_seconds=31.0, best_return=10.5, clock_seconds=31.0)
    write_outcome(study, study.trials[0]._trial_id, outcome, [Tick(1, 5.0, best=1.0)])
    disk.run(config)
    first = disk.trials(config)[0]
    assert (first.state.name, first.value, first.intermediate_values[20]) == ("COMPLETE", 31.0, 31.0)
    assert len(disk.trials(config)) == 2


def test_killed_between_queueing_a_trial_again_and_telling_so(lab: Lab) -> None:
    config = lab.config(budget={"trials": 2})
    kill_at(lab, config, 0, 2)
    study = lab.load(config)
    queue_again(study, study.trials[0], attempt=0)
    lab.run(config)
    assert [trial.user_attrs.get("retry_of") for trial in lab.trials(config)] == [None, 0, None]
    assert len(set(final_parameters(lab, config))) == 2
