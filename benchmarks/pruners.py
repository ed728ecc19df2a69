"""Which pruner finds the best configuration soonest? Studies replayed on recorded full curves, in simulated time.

Each arm runs the same studies: trials in random orders on simulated workers, with the recorded seconds of launch,
compilation, training and evaluation. The configurations of a file are divided into two halves by chance. On the first
one variants of our pruner are compared, and the best of them that stops few winners is chosen. On the other one it is
reported beside our default and its rivals: Optuna's median at equal environment steps, as RL Zoo uses it; median,
percentile, Hyperband and successive halving at ticks; the rule of Ray Tune's ASHA on time; and none.

The table gives the wall-clock seconds until a configuration within 10 % of the best true time (the mean over seeds) was
among the three best trials of a study, which would be confirmed, that in comparison, how often a study got there, what
it ends with, its length, the share of false prunes, and what it spent on losers, with 95 % bootstrap intervals over the
studies.

    python benchmarks/pruners.py benchmarks/data/curves_cartpole.jsonl
    python benchmarks/pruners.py runs/curves_a1.jsonl --trials 30 --figure runs/pruners_a1.html
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from _asha import AshaOnTime
from _numbers import at_least
from _replays import draw, halves, print_data, print_table, replay_all, replay_parser, run, text
from optuna.pruners import BasePruner

from tuner.analysis import Estimated
from tuner.config import BudgetConfig, ObjectiveConfig, PrunerConfig
from tuner.replay import (
    Arm,
    ArmResult,
    ArmSummary,
    ReplayData,
    Settings,
    found_seconds,
    ratio,
    summarize_arms,
    whole_seconds,
)

GOAL_STEPS, GOAL_TIME, GOAL_FALSE = 0.5, 0.8, 0.05
"""At most this share of the wall clock of the step-based median, and of the best time-based rival; false prunes."""
DEFAULT = "default"


def ours(name: str, **options: Any) -> Arm:
    """Return an arm with options of the time-to-return pruner."""
    return Arm(name, PrunerConfig(options=options))


def variants(data: ReplayData) -> list[Arm]:
    """Return variants of our pruner; what is expected of rises is taken from the recorded curves."""
    off = {"percentile": 0.0}
    without = {"hopeless_warmup": 1.0}
    rise, rise_std = rises(data)
    curved = {"hopeless": "s_curve", "rise": rise, "rise_std": rise_std}
    return [
        ours(DEFAULT),
        ours("capping alone", **off, **without),
        ours("capping 1.0", **off, **without, kappa=1.0),
        ours("capping 1.5", **off, **without, kappa=1.5),
        ours("behind 50", **without),
        *(ours(f"shadows {share:.0%}", shadow_share=share) for share in (0.0, 0.1, 0.2)),
        *(
            ours(f"behind {q} from {w}", percentile=float(q), warmup=w, **without)
            for q in (20, 35)
            for w in (0.25, 0.6)
        ),
        *(
            ours(f"behind {q} from {w}", percentile=float(q), warmup=w, **without)
            for q in (65, 80)
            for w in (0.1, 0.25)
        ),
        ours("line alone", **off),
        ours("line from 0.75", **off, hopeless_warmup=0.75),
        ours("line, optimism 4", **off, optimism=4.0),
        ours("s-curve alone", **off, **curved),
        ours("s-curve from 0.25", **off, **curved, hopeless_warmup=0.25),
        ours("s-curve, 0.15", **off, **curved, hopeless_warmup=0.25, least_chance=0.15),
        ours("s-curve and behind 20", percentile=20.0, warmup=0.25, **curved, hopeless_warmup=0.25),
    ]


def rivals(ticks: int) -> list[Arm]:
    """Return what others do, on a grid of so many ticks. RL Zoo's median waits for a third of the steps by default."""
    zoo = PrunerConfig(kind="median", options={"n_warmup_steps": ticks // 3, "n_startup_trials": 10})
    return [
        Arm("median on steps", zoo, by_steps=True),
        Arm("median", PrunerConfig(kind="median")),
        Arm("percentile 25", PrunerConfig(kind="percentile", options={"percentile": 25.0})),
        Arm("hyperband", PrunerConfig(kind="hyperband")),
        Arm("successive halving", PrunerConfig(kind="successive_halving")),
        Arm("ASHA, grace 1 s", partial(asha, grace_share=None)),
        Arm("ASHA, grace 1/9", partial(asha, grace_share=1 / 9)),
        Arm("none", PrunerConfig(kind="none")),
    ]


def asha(objective: ObjectiveConfig, budget: BudgetConfig, seed: int, *, grace_share: float | None) -> BasePruner:
    """Return the rule of Ray Tune's ASHA; Ray's own default grace period is one second."""
    grace = 1.0 if grace_share is None else grace_share * budget.seconds
    return AshaOnTime(budget_seconds=budget.seconds, ticks=budget.ticks, grace_seconds=grace)


def rises(data: ReplayData) -> tuple[float, float]:
    """Return mean and standard deviation of what recorded runs gain in all, in units of max(1, |target|)."""
    budget = data.config.budget.seconds
    gained = []
    for curves in data.curves:
        for curve in curves:
            known = [gap for best in curve.bests if (gap := gap_of(best, budget)) is not None]
            if known:
                last = 0.0 if curve.reached_seconds is not None else known[-1]
                gained.append(known[0] - last)
    if not gained:
        sys.exit("No recorded run has an estimate, so nothing is known of how returns rise.")
    return round(float(np.mean(gained)), 3), max(0.1, round(float(np.std(gained)), 3))


def gap_of(score: float, budget: float) -> float | None:
    """Return the gap to the target of a score, in units of max(1, |target|); None without an estimate."""
    share = max(0.0, score / budget - 1.0)
    return None if share >= 1.0 else share / (1.0 - share)


def chosen(arms: Sequence[Arm], summaries: Sequence[ArmSummary]) -> Arm:
    """Return the variant that finds the best soonest among those with few false prunes; if none has few, of all."""
    careful = [
        place for place, arm in enumerate(summaries) if arm.false_prunes is None or arm.false_prunes.value <= GOAL_FALSE
    ]
    places = careful or range(len(arms))
    return arms[min(places, key=lambda place: summaries[place].found_seconds.value)]


def print_goals(mine: ArmResult, results: Sequence[ArmResult], whole: Any, false_prunes: Estimated | None) -> None:
    """Print whether the chosen variant keeps the goals."""
    seconds = {result.arm: found_seconds(result, whole) for result in results}
    rest = {name: values for name, values in seconds.items() if name not in (mine.arm, DEFAULT, "median on steps")}
    rival = min(rest, key=lambda name: rest[name].mean())
    for name, goal in (("median on steps", GOAL_STEPS), (rival, GOAL_TIME)):
        compared = ratio(seconds[mine.arm], seconds[name])
        kept = "kept" if compared.value <= goal else "missed"
        print(f"{mine.arm} / {name}: {text(compared, '.2f')}, goal {goal}: {kept}")
    if false_prunes is None:
        print("false prunes: unknown, as nothing was stopped whose recording says how it would have gone on")
        return
    kept = "kept" if false_prunes.value < GOAL_FALSE else "missed"
    print(f"false prunes: {false_prunes.value:.1%}, goal below {GOAL_FALSE:.0%}: {kept}")


def compare(arguments: argparse.Namespace, data: ReplayData) -> None:
    """Tune on the first half, and report on the second one."""
    tuned, reported = halves(data, arguments.seed)
    trials = arguments.trials or min(100, len(tuned.curves), len(reported.curves))
    settings = Settings(trials, arguments.workers, arguments.repeats, arguments.seed)
    budget = data.config.budget.seconds
    arms = variants(tuned)
    print_data(data, settings)
    results = replay_all(tuned, arms, settings, arguments.jobs)
    summaries = summarize_arms(results, whole_seconds(tuned, settings), budget)
    print_table(f"Variants of ours, first half: {len(tuned.curves)} configurations", summaries)
    best = replace(chosen(arms, summaries), name="chosen")
    print(f"chosen: {chosen(arms, summaries).name}")

    last = [best, ours(DEFAULT), *rivals(data.config.budget.ticks)]
    results = replay_all(reported, last, settings, arguments.jobs)
    whole = whole_seconds(reported, settings)
    summaries = summarize_arms(results, whole, budget)
    print_table(f"Second half: {len(reported.curves)} configurations", summaries)
    print_goals(results[0], results, whole, summaries[0].false_prunes)
    draw(results, data, settings, arguments.figure)


def main() -> None:
    parser = replay_parser(__doc__, repeats=200)
    parser.add_argument(
        "--trials", type=at_least(1), help="trials of a study; all configurations of a half, at most 100"
    )
    run(compare, parser.parse_args())


if __name__ == "__main__":
    main()
