"""Record full learning curves: configurations of one search space trained without pruning, for replays.

Half of the configurations are drawn at random, half near configurations that are known to learn, and some are trained
with a second seed. Each run goes on until its target is confirmed or its budget is spent. It is appended to the file
when it has ended; the same command with --resume goes on where the last one ended, also with a greater --count.

The two tasks of this benchmark are Cartpole, with all that decides how long programs compile pinned, and the flat task
of the A1, as the study `a1_flat_ppo` has it: PPO, because SAC needs more than twice as long there. Any other study
file can be given instead.

    python benchmarks/record_curves.py --task cartpole --second-seeds 1 --output runs/curves_cartpole.jsonl
    python benchmarks/record_curves.py --task a1 --count 60 --output runs/curves_a1.jsonl
    python benchmarks/record_curves.py --study my_study.yaml --output runs/curves.jsonl --resume
    python benchmarks/record_curves.py --table runs/curves_cartpole.jsonl
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from _numbers import at_least, positive
from _show_runs import cell
from _training_runs import Planned, parsed, train_each

from tuner.config import BudgetConfig, StudyConfig, WorkersConfig, load_study
from tuner.errors import UserError
from tuner.records import Outcome, Tick
from tuner.replay import Draws, RecordedRun, Recordings, RecordingsFile, draw_configurations, read_recordings
from tuner.spaces import SearchSpace, load_space
from tuner.storage import fingerprint

PINNED = (
    "network_index",
    "activation_index",
    "optimizer_index",
    "layer_norm",
    "n_steps_index",
    "log2_train_freq",
    "log2_batch_size",
    "log2_policy_delay",
    "log2_noise_hold",
    "buffer_steps_per_robot",
    "learning_starts_per_robot",
)
"""What the quickstart pins and these curves do too."""
QUICKSTART = load_study("quickstart")
SOLVES_CARTPOLE = {**QUICKSTART.fixed, "action_bound_fraction": 0.05, "ent_coef": 0.01, "target_entropy_std": 0.25}
"""Between the configurations with which the quickstart reaches its target soonest."""


def cartpole() -> StudyConfig:
    """Return the quickstart with twelve free parameters instead of three."""
    pinned = {name: QUICKSTART.fixed[name] for name in PINNED}
    return QUICKSTART.model_copy(update={"study": "curves-cartpole", "fixed": pinned, "warm_start": ()})


def a1() -> StudyConfig:
    """Return the study of the A1's flat task, with its own budget: well over twice what its winner takes."""
    return load_study("a1_flat_ppo", ["study=curves-a1"])


TASKS = {"cartpole": (cartpole, {"solves": SOLVES_CARTPOLE}, 200), "a1": (a1, {}, 60)}
"""The study of each task, good configurations beside its warm starts, and how many configurations are recorded."""


def asked(arguments: argparse.Namespace) -> tuple[StudyConfig, Mapping[str, Mapping[str, Any]], int]:
    """Return the study, good configurations beside its warm starts, and how many configurations to record."""
    if arguments.study is not None:
        config, good, count = load_study(arguments.study), {}, BudgetConfig().trials
    else:
        make, good, count = TASKS[arguments.task]
        config = make()
    if config.objective.kind != "time_to_return":
        raise UserError(
            f"The objective of '{config.study}' is {config.objective.kind}, but curves are recorded up to a target. "
            "Give a study with `objective: {kind: time_to_return, target: …}`."
        )
    budget = {"seconds": arguments.budget_seconds or config.budget.seconds, "ticks": arguments.ticks}
    objective = {} if arguments.target is None else {"target": arguments.target, "milestones": ()}
    changed = config.model_copy(
        update={
            "budget": config.budget.model_copy(update=budget),
            "objective": config.objective.model_copy(update=objective),
            "workers": WorkersConfig(count=arguments.jobs, threads=arguments.threads),
        }
    )
    return changed, good, arguments.count or count


def plan_runs(config: StudyConfig, draws: Draws) -> list[tuple[Planned, RecordedRun]]:
    """Return each run to train, and what will be recorded of it but for its curve and its outcome."""
    planned = []
    for drawn in draws.configurations:
        for seed in drawn.seeds:
            run = Planned(
                config.task,
                f"{drawn.name} {drawn.origin}",
                drawn.agent,
                seed,
                config.objective.target,
                config.budget.seconds,
                milestones=config.objective.milestones,
                ticks=config.budget.ticks,
                final_evaluation=False,
            )
            outline = RecordedRun(drawn.name, drawn.origin, drawn.parameters, seed, (), Outcome("exhausted"))
            planned.append((run, outline))
    return planned


def record(config: StudyConfig, space: SearchSpace, draws: Draws, arguments: argparse.Namespace) -> None:
    """Train and record the runs that the output file does not hold yet."""
    output = arguments.output
    facts = fingerprint(config, space_source=space.source_hash)
    file = RecordingsFile(output, config, facts, draws.distributions)
    planned = plan_runs(config, draws)
    check_same(file.runs, [outline for _, outline in planned], output)
    done = {(run.configuration, run.seed) for run in file.runs}
    waiting = [(run, outline) for run, outline in planned if (outline.configuration, run.seed) not in done]
    outlines = {(run.variant, run.seed): outline for run, outline in waiting}

    def keep(made: Planned, outcome: Outcome, ticks: Sequence[Tick]) -> str:
        file.append(outlines[made.variant, made.seed].ended(ticks, outcome))
        return f"{cell(outcome)}, {len(file.runs)} of {len(planned)}"

    train_each([run for run, _ in waiting], keep, output, jobs=arguments.jobs, threads=arguments.threads)


def check_same(stored: Sequence[RecordedRun], planned: Sequence[RecordedRun], output: Path) -> None:
    """Exit if the file holds other configurations under the same names."""
    wanted = {run.configuration: dict(run.parameters) for run in planned}
    for run in stored:
        if dict(run.parameters) != wanted.get(run.configuration, run.parameters):
            sys.exit(
                f"{output} holds another configuration {run.configuration}, drawn with another --seed, --near or "
                "version of the search space. Give these as they were, or another file."
            )


def print_table(recordings: Recordings) -> None:
    """Print how many runs there are of each origin, how many reached the target, and when."""
    config = recordings.config
    print(
        f"{config.task.id}, {config.task.num_envs} robots, target {config.objective.target:g}, "
        f"{config.budget.seconds:g} s, {config.workers.threads} threads: {len(recordings.runs)} runs"
    )
    for machine, count in Counter(run.machine or "unknown machine" for run in recordings.runs).most_common():
        print(f"on {machine}: {count} runs")
    print(f"{'origin':>24} {'configurations':>15} {'runs':>6} {'reached':>8} {'fastest, s':>11} {'contended':>10}")
    for origin, runs in Counter(run.origin for run in recordings.runs).items():
        mine = [run for run in recordings.runs if run.origin == origin]
        times = [run.outcome.reached_seconds for run in mine if run.outcome.reached_seconds is not None]
        fastest = f"{min(times):.1f}" if times else "–"
        configurations = len({run.configuration for run in mine})
        contended = sum(run.outcome.contended for run in mine)
        print(f"{origin:>24} {configurations:>15} {runs:>6} {len(times):>8} {fastest:>11} {contended:>10}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--task", choices=sorted(TASKS), default="cartpole")
    what.add_argument("--study", metavar="STUDY", help="a study file, or a bundled study by its name")
    parser.add_argument("--count", type=at_least(1), help="configurations; 200 of cartpole, 60 of others")
    parser.add_argument("--near", type=float, default=0.5, help="share drawn near good configurations")
    parser.add_argument("--second-seeds", type=float, default=0.25, help="share trained with a second seed")
    parser.add_argument("--seed", type=at_least(0), default=0, help="decides what is drawn, and the seeds of the runs")
    parser.add_argument("--target", type=float, help="return to reach instead of the study's own")
    parser.add_argument("--budget-seconds", type=positive, help="training clock of a run instead of the study's own")
    parser.add_argument("--ticks", type=at_least(1), default=BudgetConfig().ticks, help="points of each curve")
    parser.add_argument("--threads", type=at_least(1), default=1, help="CPUs of each worker")
    parser.add_argument("--jobs", type=at_least(1), default=1, help="runs at the same time, each on its own CPUs")
    parser.add_argument("--output", type=Path, metavar="FILE", help="file to append runs to, one JSON object a line")
    parser.add_argument("--resume", action="store_true", help="continue an output file that holds runs")
    parser.add_argument("--table", type=Path, metavar="FILE", help="only print what a file holds")
    return parsed(parser)


def main() -> None:
    arguments = parse()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        if arguments.table is None:
            config, good, count = asked(arguments)
            space = load_space(config.search_space).with_action_bounds(config.action_bounds)
            draws = draw_configurations(
                config,
                space,
                count=count,
                near_share=arguments.near,
                second_seed_share=arguments.second_seeds,
                seed=arguments.seed,
                good=good,
            )
            record(config, space, draws, arguments)
        print_table(read_recordings(arguments.table or arguments.output))
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
