"""The report of a study, against the formulas of `tests/study/toy.py`."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import optuna
import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.analysis import DeviceReport, ShadowReport, agent_rows, device_lines, summary_data
from tuner.analysis._study_report import _shadows
from tuner.config import ActionBox, AgentConfig, Network, TrialSpec
from tuner.records import Outcome, OutcomeKind
from tuner.workers import Recording


def test_utilisation_by_hand(lab: Lab) -> None:
    # Two slots. Slot 0: launch 3 s, then x = 0.3 for 20 s. Slot 1: launch 3 s, then x = 0.8 for the budget of 100 s.
    config = lab.config(budget={"trials": 2}, warm_start=("fast", "slow"))
    lab.run(config, toy.space(fast={"x": 0.3, "y": "a"}, slow={"x": 0.8, "y": "b"}), slots=2)
    report = summary_data(lab.load(config))
    assert report.training_seconds == 120.0
    assert report.wall_seconds == 103.0
    assert report.slot_seconds == 206.0
    assert report.utilisation == pytest.approx(120 / 206)
    assert report.ledger["launch"] == 6.0
    assert report.ledger["simulate"] == 120.0
    assert report.runs == 1
    assert report.overhead_seconds == 3.0  # the launch of each


def test_overhead_is_the_median_of_what_is_neither_training_nor_evaluation(lab: Lab) -> None:
    ledgers = (
        {"launch": 9.0, "simulate": 20.0},
        {"launch": 0.5, "act": 5.0, "simulate": 10.0, "learn": 5.0, "evaluate": 4.0, "report": 1.0},
        {"launch": 0.5, "simulate": 20.0},
    )

    def play(spec: TrialSpec) -> Recording:
        recording = toy.play(spec)
        return replace(recording, outcome=replace(recording.outcome, ledger=ledgers[spec.number]))

    config = lab.config(budget={"trials": 3}, fixed={"x": 0.3})
    lab.run(config, recordings=play)
    assert summary_data(lab.load(config)).overhead_seconds == 1.5


def test_a_second_run_adds_its_time(lab: Lab) -> None:
    first = lab.config(budget={"trials": 1}, fixed={"x": 0.3})
    lab.run(first)
    second = lab.config(budget={"trials": 2}, fixed={"x": 0.8})
    lab.run(second, slots=3)
    report = summary_data(lab.load(first))
    # 23 s with one slot, 103 s with three
    assert (report.wall_seconds, report.slot_seconds, report.runs) == (126.0, 23.0 + 309.0, 2)
    assert report.training_seconds == 120.0


def test_the_best_configuration(lab: Lab) -> None:
    config = lab.config(budget={"trials": 2}, warm_start=("slow", "fast"))
    lab.run(config, toy.space(fast={"x": 0.3, "y": "a"}, slow={"x": 0.8, "y": "b"}))
    best = summary_data(lab.load(config)).best
    assert best is not None
    assert (best.number, best.time_to_return, best.warm_start) == (1, 20.0, "fast")
    assert best.params == {"x": 0.3, "y": "a"}
    assert best.agent is not None
    assert best.agent["arguments"] == {"learning_rate": 0.3}


def test_outcomes_rules_and_retries_are_counted(lab: Lab) -> None:
    def play(spec: TrialSpec) -> Any:
        return toy.failing(OutcomeKind.CRASHED, spec) if spec.number in (0, 1, 4) else toy.play(spec)

    config = lab.config(budget={"trials": 30}, pruner={"kind": "time_to_return", "options": {"shadow_share": 0.0}})
    lab.run(config, recordings=play)
    report = summary_data(lab.load(config))
    # 0 and its retry 1 crashed: one failed for good, one retried; 4 was retried with success
    assert report.outcomes["crashed"] == 1
    assert report.retried == 2
    assert report.finished == sum(report.outcomes.values()) == 30
    assert sum(report.rules.values()) == report.outcomes["pruned"]
    assert (report.running, report.waiting) == (0, 0)


def test_false_prune_rate(lab: Lab) -> None:
    # every trial would be stopped by `behind` if it were better than none of three peers: shadows tell who was wronged
    config = lab.config(
        budget={"trials": 30},
        pruner={"kind": "time_to_return", "options": {"shadow_share": 1.0, "kappa": 100.0, "optimism": 0.001}},
    )
    lab.run(config)
    study = lab.load(config)
    shadows = [trial for trial in study.trials if "shadow" in trial.user_attrs]
    reached = [trial for trial in shadows if toy.seconds_to_target(trial.params["x"]) <= toy.BUDGET]
    report = summary_data(study).shadows
    assert (report.trials, report.reached) == (len(shadows), len(reached))
    assert report.false_prune_rate == pytest.approx(report.became_best / len(shadows))


def test_a_stop_would_have_been_wrong_if_the_trial_became_the_best() -> None:
    # In the order of their ends, which is not that of their numbers: seconds, and whether it ran on as a shadow.
    ended = []
    for place, (seconds, shadow) in enumerate([(90.0, True), (80.0, True), (85.0, True), (None, True), (70.0, False)]):
        trial = optuna.trial.create_trial(value=1.0, user_attrs={"shadow": {"rule": "behind"}} if shadow else {})
        trial.datetime_complete = datetime(2026, 1, 1, 0, place)
        kind = OutcomeKind.EXHAUSTED if seconds is None else OutcomeKind.REACHED
        ended.append((trial, Outcome(kind, reached_seconds=seconds)))
    assert _shadows(ended[::-1]) == ShadowReport(trials=4, reached=3, became_best=2)
    ended[4][0].datetime_complete = datetime(2025, 1, 1)
    assert _shadows(ended) == ShadowReport(trials=4, reached=3, became_best=0)


def test_without_a_target_nothing_is_known_of_wrong_stops(lab: Lab) -> None:
    config = lab.config(
        objective={"kind": "return_at_budget", "target": None},
        budget={"trials": 12},
        pruner={"kind": "time_to_return", "options": {"shadow_share": 1.0}},
    )
    lab.run(config)
    study = lab.load(config)
    assert any("shadow" in trial.user_attrs for trial in study.trials)
    assert summary_data(study).shadows.interval is None


def test_the_false_prune_rate_has_an_interval() -> None:
    # Wilson's for 1 of 10, with z = 1.96: (0.1 + z²/20 ± z·√(0.1·0.9/10 + z²/400)) / (1 + z²/10)
    assert ShadowReport(trials=10, reached=4, became_best=1).interval == pytest.approx((0.0179, 0.4042), abs=1e-4)
    assert ShadowReport(trials=0, reached=0, became_best=0).interval is None


def test_json(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.3})
    lab.run(config)
    data = json.loads(json.dumps(summary_data(lab.load(config)).to_json()))
    assert data["utilisation"] == pytest.approx(20 / 23)
    assert data["shadows"] == {"trials": 0, "reached": 0, "became_best": 0, "false_prune_rate": None, "interval": None}
    assert data["best"]["time_to_return"] == 20.0


def test_before_any_trial(lab: Lab) -> None:
    config = lab.config()
    manager = lab.manager(config)
    manager.request_stop()
    manager.run()
    report = summary_data(lab.load(config))
    assert (report.best, report.utilisation, report.overhead_seconds, report.finished) == (None, None, None, 0)


def test_an_agent_becomes_rows_of_names_and_values():
    agent = AgentConfig(
        algorithm="sac",
        arguments={"learning_rate": 0.000447123, "ent_coef": "auto_0.01", "policy_kwargs": {"a": 1.0}},
        network=Network(pi=(128, 64)),
        initial_std=0.2,
        action_box=ActionBox(low=(-3.0, -3.0), high=(3.0, 3.0)),
    )
    rows = dict(agent_rows(agent.to_json()))
    assert rows["algorithm"] == "sac"
    assert rows["learning_rate"] == "0.0004471"
    assert rows["ent_coef"] == "auto_0.01"
    assert rows["policy_kwargs.a"] == "1"
    assert rows["network.pi"] == "128, 64"
    assert rows["initial_std"] == "0.2"
    assert rows["action_box"] == "-3 … 3 in each of 2 dimensions"
    assert "target_entropy_std" not in rows, "None is left out"


def test_bounds_that_differ_are_listed_one_by_one():
    box = {"low": [-1.0, -2.5], "high": [1.0, 0.5]}
    assert agent_rows({"action_box": box}) == [("action_box", "-1 … 1, -2.5 … 0.5")]
    assert agent_rows({"action_box": {"low": [-3.0], "high": [3.0]}}) == [("action_box", "-3 … 3")]


def test_device_classes_are_told_if_there_are_several(lab: Lab) -> None:
    report = summary_data(toy.two_classes())
    names = ("Old CPU, 2 threads, no BF16", "New CPU, 2 threads, no BF16")
    assert report.device_classes == (
        DeviceReport(names[0], trials=2, compared=True, best_number=1, best_seconds=pytest.approx(24.0)),
        DeviceReport(names[1], trials=1, compared=False, best_number=2, best_seconds=pytest.approx(20.0)),
    )
    assert report.best is not None
    assert report.best.number == 1
    assert device_lines(report)[1:] == [
        f"{names[0]}: 2 trials, trial 1 was the fastest, 24.0 s. The best trial is looked for here.",
        f"{names[1]}: 1 trial, trial 2 was the fastest, 20.0 s.",
    ]
    config = lab.config(budget={"trials": 1})
    lab.run(config, recordings=toy.on_devices(lambda x: "Old CPU"))
    single = summary_data(lab.load(config))
    assert len(single.device_classes) == 1
    assert device_lines(single) == []
