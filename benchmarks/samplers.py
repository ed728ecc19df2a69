"""Which sampler finds the best configuration soonest? Studies replayed on recorded full curves, in simulated time.

Each arm runs studies under the default pruner, with the recorded seconds of launch, compilation, training and
evaluation. What a sampler proposes was not recorded, so a model of the recorded configurations stands for its training;
how far off the model is stands above each table. Studies begin with the warm starts among the recordings, as `tuner
run` would, or with none (--cold).

The configurations of a file are divided into two halves by chance; both have the warm starts. On the first one options
of TPE, of `local` and of CMA-ES are compared, and the quickest of each family is chosen; then mixtures, in which that
`local` leaves a share of its trials to TPE or to chance. On the other one these are reported beside the default,
Optuna's TPE with its own defaults, `local`, random and quasi-random proposals, and Gaussian processes. The latter take
up to seconds for a proposal, so they run fewer studies (--slow-repeats) and are compared on these. What samplers take
for a proposal is measured first, in studies of as many trials, and charged to every trial.

The columns are those of benchmarks/pruners.py. The last lines say which sampler wins, and by how much.

    python benchmarks/samplers.py benchmarks/data/curves_cartpole.jsonl
    python benchmarks/samplers.py benchmarks/data/curves_cartpole.jsonl --cold
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import optuna
from _log_scores import LogScores
from _numbers import at_least
from _replays import draw, halves, print_data, print_table, replay_all, replay_parser, run, text
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, TPESampler
from optuna.trial import create_trial

from tuner.config import PrunerConfig, SamplerConfig
from tuner.replay import (
    Arm,
    ArmResult,
    ReplayData,
    Settings,
    Surrogate,
    found_seconds,
    ratio,
    summarize_arms,
    whole_seconds,
)

DEFAULT = "tpe"


def named(name: str, kind: str, **options: Any) -> Arm:
    """Return an arm whose sampler a study file can name."""
    return Arm(name, PrunerConfig(), sampler=SamplerConfig(kind=kind, options=options))


def variants(surrogate: Surrogate) -> dict[str, list[Arm]]:
    """Return the arms of each family that the first half chooses from, the default ones first."""
    return {
        "tpe": [
            named(DEFAULT, "tpe"),
            *(named(f"tpe, {count} at random", "tpe", n_startup_trials=count) for count in (4, 20)),
            named("tpe, one by one", "tpe", multivariate=False, group=False),
        ],
        "local": [
            named("local", "local"),
            *(named(f"local, parents {parents}", "local", parents=parents) for parents in (1, 6)),
            *(named(f"local, step {step}", "local", step=step) for step in (0.05, 0.2)),
            *(named(f"local, changes {changes}", "local", changes=changes) for changes in (1.5, 6.0)),
        ],
        "cmaes": [
            named("cmaes", "cmaes"),
            named("cmaes, margin", "cmaes", with_margin=True),
            *(
                Arm("cmaes from start", PrunerConfig(), sampler=partial(cmaes_from, start, surrogate.free))
                for start in surrogate.starts[:1]
            ),
        ],
    }


def mixtures(local: Arm) -> list[Arm]:
    """Return a local search that leaves a share of its trials to another sampler."""
    options = local.sampler.options if isinstance(local.sampler, SamplerConfig) else {}
    return [
        named(f"mixed, {explore:.0%} {explorer}", "local", **options, explore=explore, explorer=explorer)
        for explorer in ("tpe", "random")
        for explore in (0.15, 0.3, 0.5)
    ]


def others() -> list[Arm]:
    """Return what has no options to choose from."""
    return [
        Arm("tpe, Optuna's", PrunerConfig(), sampler=optuna_tpe),
        named("qmc", "qmc"),
        named("random", "random"),
    ]


def gaussian_processes() -> list[Arm]:
    """Return Optuna's Gaussian process as it is, and one that sees stopped trials and the logarithms of scores."""
    return [named("gp", "gp"), Arm("gp on log scores", PrunerConfig(), sampler=gp_on_log_scores)]


def optuna_tpe(seed: int) -> BaseSampler:
    """Return TPE with Optuna's defaults."""
    return TPESampler(seed=seed)


def gp_on_log_scores(seed: int) -> BaseSampler:
    """Return a Gaussian process that learns from stopped trials too."""
    return LogScores(GPSampler(seed=seed, warn_independent_sampling=False))


def cmaes_from(start: Mapping[str, Any], distributions: Mapping[str, BaseDistribution], seed: int) -> BaseSampler:
    """Return CMA-ES whose first distribution is around a warm start: it takes the best tenth of the source trials."""
    source = create_trial(params=dict(start), distributions=dict(distributions), value=0.0)
    return CmaEsSampler(
        seed=seed, source_trials=10 * [source], consider_pruned_trials=True, warn_independent_sampling=False
    )


def timed(arms: Sequence[Arm], surrogate: Surrogate, trials: int) -> list[Arm]:
    """Return the arms with the seconds that their samplers take for a proposal, the mean over one study; print them.

    With no trials they are not timed.
    """
    if not trials:
        return list(arms)
    found = []
    for arm in arms:
        study = optuna.create_study(direction="minimize", sampler=arm.make_sampler(0))
        for start in surrogate.starts:
            study.enqueue_trial(start)
        seconds = 0.0
        for _ in range(trials):
            before = time.perf_counter()
            trial = study.ask(surrogate.free)
            seconds += time.perf_counter() - before
            study.tell(trial, surrogate.true_seconds(trial.params))
        found.append(replace(arm, proposal_seconds=seconds / trials))
    print("Seconds for a proposal: " + "; ".join(f"{arm.name} {arm.proposal_seconds:.3f}" for arm in found))
    return found


def quickest(arms: Sequence[Arm], results: Sequence[ArmResult], whole: Any) -> Arm:
    """Return the arm that finds the best soonest; of equal ones the first."""
    seconds = {result.arm: float(found_seconds(result, whole).mean()) for result in results}
    return min(arms, key=lambda arm: seconds[arm.name])


def print_surrogate(surrogate: Surrogate, data: ReplayData) -> None:
    """Print how well the model stands for training, and from where studies begin."""
    error = surrogate.leave_one_out()
    starts = ", ".join(f"{surrogate.true_seconds(start):.1f}" for start in surrogate.starts) or "none"
    print(
        f"\n{len(data.curves)} configurations. Leaving one out, the model is {error.model_seconds:.1f} s off its true "
        f"time, the nearest other one {error.nearest_seconds:.1f} s, the mean of all {error.mean_seconds:.1f} s.\n"
        f"Best true time of the model: {surrogate.best_seconds:.1f} s; warm starts: {starts}."
    )


def print_winner(results: Sequence[ArmResult], slow: Sequence[ArmResult], whole: Any) -> None:
    """Print which sampler wins, and by how much; Gaussian processes are compared with it on their own studies."""
    seconds = {result.arm: found_seconds(result, whole) for result in results}
    ranked = sorted(seconds, key=lambda name: float(seconds[name].mean()))
    first = ranked[0]
    print(f"\n{first} wins, in shares of the wall clock until the best was found:")
    for name in dict.fromkeys((DEFAULT, ranked[1], "random")):
        if name != first:
            print(f"{first} / {name}: {text(ratio(seconds[first], seconds[name]), '.2f')}")
    for result in slow:
        count = len(result.studies)
        compared = ratio(found_seconds(result, whole[:count]), seconds[first][:count])
        print(f"{result.arm} / {first}: {text(compared, '.2f')}, {count} studies")


def compare(arguments: argparse.Namespace, data: ReplayData) -> None:
    """Tune on the first half, and report on the second one."""
    if arguments.cold:
        data = replace(data, starts=())
    tuned, reported = halves(data, arguments.seed, both=data.starts)
    trials = arguments.trials or min(60, len(tuned.curves), len(reported.curves))
    charged = 0 if arguments.free_proposals else trials
    settings = Settings(trials, arguments.workers, arguments.repeats, arguments.seed)
    budget = data.config.budget.seconds
    surrogate = Surrogate(tuned)
    print_data(data, settings)
    print_surrogate(surrogate, tuned)
    families = {name: timed(arms, surrogate, charged) for name, arms in variants(surrogate).items()}
    whole = whole_seconds(tuned, settings)
    results = replay_all(tuned, [arm for arms in families.values() for arm in arms], settings, arguments.jobs)
    families["mixed"] = timed(mixtures(quickest(families["local"], results, whole)), surrogate, charged)
    results += replay_all(tuned, families["mixed"], settings, arguments.jobs)
    print_table("Variants, first half", summarize_arms(results, whole, budget))
    best = [quickest(arms, results, whole) for arms in families.values()]
    print(f"chosen: {'; '.join(arm.name for arm in best)}")

    print_surrogate(Surrogate(reported), reported)
    rest = timed(others(), surrogate, charged)
    last = {arm.name: arm for arm in (families["tpe"][0], families["local"][0], *best, *rest)}
    results = replay_all(reported, list(last.values()), settings, arguments.jobs)
    whole = whole_seconds(reported, settings)
    print_table("Second half", summarize_arms(results, whole, budget))
    few = replace(settings, repeats=min(arguments.slow_repeats, settings.repeats))
    processes = timed(gaussian_processes(), surrogate, charged) if few.repeats else []
    slow = replay_all(reported, processes, few, arguments.jobs) if few.repeats else []
    if slow:
        first = replace(results[0], studies=results[0].studies[: few.repeats])
        print_table(
            f"Second half, the first {few.repeats} studies",
            summarize_arms([first, *slow], whole[: few.repeats], budget),
        )
    print_winner(results, slow, whole)
    draw(results, data, settings, arguments.figure)


def main() -> None:
    parser = replay_parser(__doc__, repeats=100)
    parser.add_argument(
        "--trials", type=at_least(1), help="trials of a study; all configurations of a half, at most 60"
    )
    parser.add_argument(
        "--slow-repeats", type=at_least(0), default=20, help="studies of Gaussian processes; 0 for none"
    )
    parser.add_argument(
        "--free-proposals", action="store_true", help="charge nothing for them; the same --seed gives the same table"
    )
    parser.add_argument("--cold", action="store_true", help="begin without warm starts")
    run(compare, parser.parse_args())


if __name__ == "__main__":
    main()
