"""Replays against the real manager, on a pool that plays the same recordings on a clock that jumps."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tests.replay.recorded import TICKS, family, recordings, rising, run, study
from tuner.clock import ManualClock
from tuner.config import AgentConfig, PrunerConfig, TrialSpec
from tuner.listener import SilentListener
from tuner.records import Outcome, OutcomeKind
from tuner.replay import RecordedRun, replay_data
from tuner.replay._judges import NoJudge, OptunaJudge, judge_of
from tuner.replay._simulation import End, simulate
from tuner.spaces import SearchSpace
from tuner.storage import StudySummary, open_storage
from tuner.study import Manager, create_pruner
from tuner.workers import Recording, ReplayPool

Ending = tuple[int, str | None, float]
"""The place of a recorded run in the order, what stopped it, and the wall clock then."""


@dataclass
class Ends(SilentListener):
    clock: ManualClock
    found: list[Ending] = field(default_factory=list)

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        self.found.append((spec.number, outcome.rule, round(self.clock.now(), 6)))


def toy(trial: Any) -> AgentConfig:
    return AgentConfig(algorithm="sac", arguments={"learning_rate": trial.suggest_float("x", 0.1, 1.0)})


def by_the_manager(runs: list[RecordedRun], pruner: PrunerConfig, workers: int) -> list[Ending]:
    def play(spec: TrialSpec) -> Recording:
        recorded = runs[spec.number]
        ledger = recorded.outcome.ledger
        before = ledger["launch"] + ledger["compile"]
        return Recording(recorded.ticks, recorded.outcome, overhead_seconds=before, closing_seconds=ledger["evaluate"])

    config = study(pruner=pruner)
    config = config.model_copy(update={"budget": config.budget.model_copy(update={"trials": len(runs)})})
    clock = ManualClock()
    ends = Ends(clock)
    pool = ReplayPool(play, workers, clock)
    space = SearchSpace("toy", toy, {}, "1")
    Manager(config, space, pool, listener=ends, clock=clock, storage=open_storage(None)).run()
    return ends.found


def by_replay(runs: list[RecordedRun], pruner: PrunerConfig, workers: int, *, quick: bool) -> list[Ending]:
    data = replay_data([recordings(runs)])
    config = data.config
    made = create_pruner(pruner, objective=config.objective, budget=config.budget, seed=config.sampler.seed)
    options = {"steps": TICKS, "kind": pruner.kind, "name": config.study}
    judge = judge_of(made, **options) if quick else OptunaJudge(made, **options)
    left = iter(curve for curves in data.curves for curve in curves)
    played = simulate(lambda: next(left, None), judge, workers=workers)
    return [(trial.curve.configuration, trial.rule, round(trial.ended, 6)) for trial in played]


PRUNERS = {
    "defaults": PrunerConfig(),
    "capping": PrunerConfig(options={"percentile": 0.0, "hopeless_warmup": 1.0}),
    "shadows": PrunerConfig(options={"shadow_share": 0.5, "min_peers": 2}),
    "median": PrunerConfig(kind="median"),
    "halving": PrunerConfig(kind="successive_halving"),
    "hyperband": PrunerConfig(kind="hyperband"),
    "patient": PrunerConfig(kind="patient", options={"patience": 2, "wrapped_pruner": {"kind": "median"}}),
    "none": PrunerConfig(kind="none"),
}


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("name", PRUNERS)
def test_a_replay_stops_the_same_trials_at_the_same_times_as_the_manager(name: str, workers: int):
    runs = family(16)
    ledger = {"launch": 3.0, "compile": 1.0, "evaluate": 0.0}
    runs[3] = run("diverged", [1.0, 2.0], x=0.999, kind=OutcomeKind.EXHAUSTED, ledger=ledger)
    real = by_the_manager(runs, PRUNERS[name], workers)
    assert by_replay(runs, PRUNERS[name], workers, quick=True) == real
    assert len(real) == 16


@pytest.mark.parametrize("seed", range(5))
def test_the_quick_judge_says_what_the_pruner_says_in_a_study_of_optuna(seed: int):
    runs = family(40, seed=seed)
    slow = by_replay(runs, PRUNERS["defaults"], 2, quick=False)
    assert by_replay(runs, PRUNERS["defaults"], 2, quick=True) == slow
    assert any(rule for _, rule, _ in slow)


def played(runs: list[RecordedRun], *, workers: int = 1, pruner: PrunerConfig | None = None):
    data = replay_data([recordings(runs)])
    left = iter(curve for curves in data.curves for curve in curves)
    judge = NoJudge()
    if pruner is not None:
        made = create_pruner(pruner, objective=data.config.objective, budget=data.config.budget)
        judge = judge_of(made, steps=TICKS, kind=pruner.kind, name="toy")
    return simulate(lambda: next(left, None), judge, workers=workers)


def test_trials_begin_as_workers_become_free():
    # Without a plateau above 10 a run lasts 100 s, and 3 s of launch and 2 s of evaluation: 105 s. One that reaches
    # the target at 50 s takes 55 s.
    runs = [rising("a", 5.0, 30.0, x=0.1), rising("b", 20.0, 50.0, x=0.2), rising("c", 5.0, 30.0, x=0.3)]
    trials = played(runs, workers=2)
    assert [(trial.curve.configuration, trial.began, trial.ended) for trial in trials] == [
        (1, 0.0, pytest.approx(55.0)),
        (0, 0.0, pytest.approx(105.0)),
        (2, pytest.approx(55.0), pytest.approx(160.0)),
    ]
    assert [trial.end for trial in trials] == [End.REACHED, End.SPENT, End.SPENT]
    assert [trial.improved for trial in trials] == [True, False, False]


def test_a_stopped_trial_that_would_have_become_the_best_is_lost():
    cap = PrunerConfig(kind="threshold", options={"upper": 149.8, "n_warmup_steps": 3})
    # At tick 3, 30 s, the first has 20/(1 + e^7.5) = 0.01 of 10: a score of 100 · (1 + 9.99/19.99) = 149.97. The second
    # has 20/(1 + e^6.25) = 0.04: 149.9. Both stand above the threshold, but would have reached the target.
    runs = [rising("a", 20.0, 90.0, x=0.1), rising("b", 20.0, 80.0, x=0.2)]
    first, second = played(runs, pruner=cap)
    assert (first.end, first.lost) == (End.STOPPED, True)
    assert (second.end, second.lost) == (End.STOPPED, True)
    faster = [rising("a", 20.0, 20.0, x=0.1), rising("b", 20.0, 80.0, x=0.2)]
    first, second = played(faster, pruner=cap)
    assert (first.end, first.improved) == (End.REACHED, True)
    assert (second.end, second.lost) == (End.STOPPED, False)  # slower than the best


def test_a_recording_that_was_cut_ends_there_and_is_never_the_best():
    cut = run("a", [1.0, 2.0], kind=OutcomeKind.PRUNED, clock_seconds=20.0, rule="behind", ledger={"act": 20.0})
    (trial,) = played([cut])
    assert (trial.end, trial.rule, trial.ended, trial.improved) == (End.CUT, None, 20.0, False)


def test_nobody_knows_whether_a_stopped_trial_was_lost_whose_recording_was_cut():
    cap = PrunerConfig(kind="threshold", options={"upper": 140.0, "n_warmup_steps": 1})
    cut = run("a", [1.0, 2.0, 3.0], kind=OutcomeKind.PRUNED, clock_seconds=30.0, rule="behind", ledger={"act": 30.0})
    (trial,) = played([cut], pruner=cap)
    assert (trial.end, trial.lost) == (End.STOPPED, None)


def test_a_samplers_seconds_come_before_each_trial():
    data = replay_data([recordings([rising("a", 5.0, 30.0, x=0.1), rising("b", 20.0, 50.0, x=0.2)])])
    left = iter(curve for curves in data.curves for curve in curves)
    trials = simulate(lambda: next(left, None), NoJudge(), workers=1, proposal_seconds=7.0)
    assert [(trial.began, round(trial.ended, 6)) for trial in trials] == [(0.0, 112.0), (112.0, 174.0)]


def test_the_same_curves_give_the_same_study():
    rng = np.random.default_rng(0)
    runs = family(20, seed=int(rng.integers(100)))
    assert played(runs, workers=2, pruner=PrunerConfig()) == played(runs, workers=2, pruner=PrunerConfig())
