"""Whole studies on replayed trials: what is asked, told, pruned, carried forward and written down."""

from pathlib import Path
from typing import Any

import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.clock import ManualClock
from tuner.config import TrialSpec
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.storage import StudySummary, outcome_of, runs_of
from tuner.study import SilentListener
from tuner.workers import Event, NoticeEvent, ReplayPool


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


def test_a_reached_score_is_carried_forward(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.3})
    lab.run(config)
    (trial,) = lab.trials(config)
    # x = 0.3 reaches 10 after 20 s: ticks 1, 2, 3 at 5, 10, 15 s show 2.5, 5, 7.5; 20 s is the end
    # gaps 7.5, 5, 2.5 over themselves plus 10: 0.42857, 0.33333, 0.2
    assert [trial.intermediate_values[tick] for tick in (1, 2, 3)] == pytest.approx([142.857, 133.333, 120.0], abs=1e-3)
    assert [trial.intermediate_values[tick] for tick in range(4, 21)] == [20.0] * 17


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


def test_a_trial_that_reaches_the_target_while_it_is_told_to_stop_has_reached_it(lab: Lab) -> None:
    class Deaf(toy.ReplayPool):
        def stop(self, slot: int, request: Any) -> None:
            """Trials are over before the request arrives."""

    pruner = {"kind": "time_to_return", "options": {"shadow_share": 0.0}}
    config = lab.config(budget={"trials": 15}, pruner=pruner)
    summary = lab.run(config, pool=Deaf)
    assert "pruned" not in summary.outcomes
    stopped = [trial for trial in lab.trials(config) if "pruner_verdict" in trial.user_attrs]
    assert stopped
    assert all(trial.state.name == "COMPLETE" for trial in stopped)


class NoticingPool(ReplayPool):
    """Its second worker cannot use the GPU."""

    def submit(self, slot: int, spec: TrialSpec) -> None:
        super().submit(slot, spec)
        self.notices = [NoticeEvent(slot, spec, "WARNING: no GPU")] if spec.number == 1 else []

    def poll(self, timeout_seconds: float) -> list[Event]:
        notices, self.notices = self.notices, []
        return notices or super().poll(timeout_seconds)


def test_what_a_worker_must_tell_reaches_the_user(lab: Lab) -> None:
    listener = toy.Stopper(-1, -1)
    lab.run(lab.config(budget={"trials": 3}), pool=NoticingPool, listener=listener)
    assert listener.messages == ["WARNING: no GPU"]


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


def test_the_listener_hears_everything_in_order(lab: Lab) -> None:
    heard: list[str] = []

    class Listener(SilentListener):
        def on_study_started(self, summary: StudySummary) -> None:
            heard.append(f"study {summary.finished}/{summary.trials}")

        def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
            heard.append(f"start {spec.number} {label}".rstrip())

        def on_phase(self, slot: int, spec: TrialSpec, phase: str) -> None:
            heard.append(phase)

        def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
            heard.append(f"{tick.index}: {score:.1f}")

        def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
            heard.append(f"{outcome.kind.value} {summary.finished}/{summary.trials}")

    config = lab.config(budget={"trials": 1}, warm_start=("known",))
    lab.run(config, toy.space(known={"x": 0.3, "y": "a"}), listener=Listener())
    # scores as in test_a_reached_score_is_carried_forward
    ticks = ["1: 142.9", "2: 133.3", "3: 120.0"]
    assert heard == ["study 0/1", "start 0 known", "launch", "train", *ticks, "reached 1/1"]
