"""Whole studies on replayed trials: what is asked, told, pruned and stored."""

from typing import Any

import optuna
import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.clock import ManualClock
from tuner.config import TrialSpec
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.storage import outcome_of


def test_a_study_from_beginning_to_end(lab: Lab) -> None:
    config = lab.config()
    clock = ManualClock()
    summary = lab.run(config, clock=clock)
    trials = lab.trials(config)
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 12
    # every score is the formula's: the time to return, or B (1 + gap / (gap + 10)) from the return at the budget's end
    for trial in trials:
        needed = toy.seconds_to_target(trial.params["x"])
        gap = toy.TARGET - toy.TARGET * toy.BUDGET / needed
        expected = needed if needed <= toy.BUDGET else toy.BUDGET * (1 + gap / (gap + toy.TARGET))
        assert trial.value == pytest.approx(expected)
        assert trial.user_attrs["censored"] is (needed > toy.BUDGET)
    best = min(trials, key=lambda trial: toy.seconds_to_target(trial.params["x"]))
    assert summary.best is not None
    assert (summary.best.number, summary.best.reached_seconds) == (best.number, pytest.approx(best.value))
    assert summary.outcomes == {
        kind: count
        for kind in ("reached", "exhausted")
        if (count := sum(trial.user_attrs["outcome"] == kind for trial in trials))
    }
    assert (summary.finished, summary.trials, summary.reason) == (12, 12, "finished")
    training = sum(min(toy.seconds_to_target(trial.params["x"]), toy.BUDGET) for trial in trials)
    assert summary.training_seconds == pytest.approx(training)
    assert summary.wall_seconds == pytest.approx(training + 12 * toy.LAUNCH_SECONDS)


@pytest.mark.parametrize("slots", [1, 3])
@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_pruning_by_time_saves_time_and_keeps_the_winner(lab: Lab, slots: int, sampler: str) -> None:
    spent, best = {}, {}
    for kind in ("none", "time_to_return"):
        config = lab.config(
            study=kind,
            budget={"trials": 30},
            sampler={"kind": sampler},
            pruner={"kind": kind, "options": {} if kind == "none" else {"shadow_share": 0.0}},
        )
        summary = lab.run(config, slots=slots)
        assert summary.best is not None
        assert summary.finished == 30
        spent[kind], best[kind] = summary.wall_seconds, summary.best.score
    # Without pruning a random trial takes 60 s or so; with it, at most 1.25 times the best time of about 20 s.
    assert spent["time_to_return"] < 0.75 * spent["none"]
    assert best["time_to_return"] <= 1.25 * best["none"]
    if sampler == "random":  # the same proposals, so the very same winner
        assert best["time_to_return"] == best["none"]


@pytest.mark.parametrize(
    ("kind", "options"),
    [("median", {}), ("percentile", {"percentile": 25.0}), ("hyperband", {}), ("successive_halving", {})],
)
def test_optuna_pruners_work_on_the_common_grid(lab: Lab, kind: str, options: dict[str, Any]) -> None:
    config = lab.config(budget={"trials": 25}, pruner={"kind": kind, "options": options})
    summary = lab.run(config)
    trials = lab.trials(config)
    pruned = [trial for trial in trials if trial.state.name == "PRUNED"]
    assert pruned
    for trial in pruned:
        outcome = outcome_of(trial)
        assert outcome is not None
        assert (outcome.kind, outcome.rule) == (OutcomeKind.PRUNED, kind)
    best = min(trials, key=lambda trial: toy.seconds_to_target(trial.params["x"]))
    assert summary.best is not None
    assert summary.best.number == best.number  # straight curves never cross: the fastest always leads


def test_pruned_trials_name_their_rule(lab: Lab) -> None:
    # `behind` waits until the cap of 1.25 times the best time, where `dominated` fires
    pruner = {"kind": "time_to_return", "options": {"shadow_share": 0.0, "warmup": 1.0, "hopeless_warmup": 1.0}}
    config = lab.config(budget={"trials": 30}, pruner=pruner)
    lab.run(config)
    pruned = [trial for trial in lab.trials(config) if trial.state.name == "PRUNED"]
    rules = {outcome.rule for trial in pruned if (outcome := outcome_of(trial))}
    assert rules <= {"dominated", "behind", "hopeless"}
    assert "dominated" in rules
    for trial in pruned:
        outcome = outcome_of(trial)
        assert outcome is not None
        assert trial.user_attrs["pruner_verdict"]["rule"] == outcome.rule


def test_shadows_are_marked_and_complete_in_their_own_time(lab: Lab) -> None:
    # `behind` never stops a trial here, only `dominated` does
    pruner = {"kind": "time_to_return", "options": {"shadow_share": 1.0}}
    config = lab.config(budget={"trials": 30}, pruner=pruner)
    lab.run(config)
    shadows = [trial for trial in lab.trials(config) if "shadow" in trial.user_attrs]
    rules = {outcome.rule for trial in shadows if (outcome := outcome_of(trial))}
    assert shadows
    assert rules <= {"dominated", None}


def test_return_at_budget(lab: Lab) -> None:
    config = lab.config(objective={"kind": "return_at_budget", "target": None})
    summary = lab.run(config)
    assert summary.best is not None
    assert summary.best.score == pytest.approx(-summary.best.best_return if summary.best.best_return else None)
    assert lab.load(config).metric_names == ["minus the return"]


def test_a_trial_without_any_estimate(lab: Lab) -> None:
    def blind(spec: TrialSpec) -> Any:
        ticks = tuple(Tick(index=index, clock_seconds=5.0 * index) for index in range(1, 21))
        return toy.Recording(ticks=ticks, outcome=Outcome(kind=OutcomeKind.EXHAUSTED, clock_seconds=100.0))

    config = lab.config(budget={"trials": 7}, pruner={"kind": "time_to_return"})
    summary = lab.run(config, recordings=blind)
    assert [trial.value for trial in lab.trials(config)] == [200.0] * 7
    assert summary.outcomes == {"exhausted": 7}


def test_a_space_that_gives_everything_up_comes_to_an_end(lab: Lab) -> None:
    def never(trial: Any) -> Any:
        trial.suggest_float("x", 0.0, 1.0)
        raise optuna.TrialPruned

    function_once = iter([True])

    def after_the_first_look(trial: Any) -> Any:
        return toy.toy(trial) if next(function_once, False) else never(trial)

    summary = lab.run(lab.config(), toy.space(after_the_first_look))
    assert (summary.finished, summary.outcomes, summary.best) == (12, {"pruned": 12}, None)
