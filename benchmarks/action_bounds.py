"""Which action box, or which alternative to one, lets SAC learn? Time to the target and final return of each.

One configuration, a warm start of the search space `sac_speed`, is trained on Velocity-Flat-A1 from the same seeds and
under the same budget of training clock. Only its action box varies:

    full_box, 10_percent, 3_percent, 1_percent   a share of the task's own ±100
    percentiles                                  of a trained PPO's actions, from --bounds FILE or trained here
    joint_limits                                 the box that reaches the joint limits
    schedule[_10_percent]                        the box widens from the warm start's to all, or 10 %, of the task's
    penalty[_10_percent]                         the learner's reward falls near the bounds of such a box
    unbounded[_10_percent, _1_percent]           not squashed; such a box is the unit; σ is the warm start's in absolute
                                                 terms, and the mean is penalised

The table gives for each how many runs reached the target, the restricted mean time with a 95 % bootstrap interval, and
the return at the end of the runs. Finished runs are appended to the output file; --resume continues it. --figure
FILE draws the learning curves of --variants.

    python benchmarks/action_bounds.py --output runs/action_bounds.jsonl
    python benchmarks/action_bounds.py --output runs/action_bounds.jsonl --resume --variants full_box percentiles
    python benchmarks/action_bounds.py --output runs/action_bounds.jsonl --resume --bounds bounds.yaml
    python benchmarks/action_bounds.py --table runs/action_bounds.jsonl
    python benchmarks/action_bounds.py --table runs/action_bounds.jsonl --figure curves.html --variants 3_percent
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from _runs_file import Run, read_runs
from _show_runs import SUMMARY_HEAD, add_figure_argument, draw, groups, summary
from _training_runs import add_arguments, parsed, plan, train_all

from tuner.actions import (
    BoundsRequest,
    PretrainingChannel,
    bounds_from_recording,
    bounds_from_task,
    pretrain,
    pretraining_spec,
    record_actions,
    write_bounds,
)
from tuner.agents import enable_compilation_cache
from tuner.config import (
    ActionBoundsFile,
    ActionBox,
    AgentConfig,
    BoundsPenalty,
    BoxSchedule,
    TaskConfig,
    load_bounds,
)
from tuner.policies import Policy
from tuner.simulators import open_task
from tuner.spaces import load_space

SPACE = "sac_speed"
TASK = TaskConfig(id="Velocity-Flat-A1", num_envs=256)
TARGET, BUDGET_SECONDS = 10.0, 180.0
"""More than a robot earns by standing still, and less than by walking."""
PRETRAINING = "ppo"
RECORDED_STEPS = 500
"""Control steps of all robots, for the percentiles."""

Change = Callable[[AgentConfig, argparse.Namespace], dict[str, Any]]


def share(fraction: float) -> Change:
    """A box that is a share of the task's own."""
    return lambda agent, arguments: {"action_bound_fraction": fraction, "action_box": None}


def widening(fraction: float) -> Change:
    """The same, but it starts as small as the warm start's box."""

    def change(agent: AgentConfig, arguments: argparse.Namespace) -> dict[str, Any]:
        start = own_share(agent) / fraction
        if start >= 1:
            sys.exit(
                f"The warm start's box is {own_share(agent):g} of the task's, so that it cannot widen to {fraction:g}."
            )
        schedule = BoxSchedule(start=start, seconds=arguments.widening_seconds)
        return {**share(fraction)(agent, arguments), "action_box_schedule": schedule}

    return change


def penalized(fraction: float) -> Change:
    """The same, with a penalty near the bounds."""

    def change(agent: AgentConfig, arguments: argparse.Namespace) -> dict[str, Any]:
        penalty = BoundsPenalty(weight=arguments.penalty_weight, margin=arguments.penalty_margin)
        return {**share(fraction)(agent, arguments), "bounds_penalty": penalty}

    return change


def not_squashed(fraction: float) -> Change:
    """The same as the unit of a plain Gaussian, which explores as widely as the warm start in the task's units."""

    def change(agent: AgentConfig, arguments: argparse.Namespace) -> dict[str, Any]:
        factor = own_share(agent) / fraction
        return {
            **share(fraction)(agent, arguments),
            "squash": False,
            "mean_penalty": arguments.mean_penalty,
            "network": agent.network.model_copy(update={"layer_norm": True}),
            "initial_std": (agent.initial_std or 1.0) * factor,
            "target_entropy_std": (agent.target_entropy_std or 1.0) * factor,
        }

    return change


def percentiles(agent: AgentConfig, arguments: argparse.Namespace) -> dict[str, Any]:
    """The bounds file's box."""
    return boxed(measured_bounds(arguments).box)


def joint_limits(agent: AgentConfig, arguments: argparse.Namespace) -> dict[str, Any]:
    """The box that reaches the joint limits."""
    env = open_task(TASK.model_copy(update={"num_envs": 1}), seed=0, threads=1)
    low, high = env.action_space.low.tolist(), env.action_space.high.tolist()
    found = bounds_from_task(TASK, low, high, env.joint_targets, BoundsRequest(source="joint_limits"))
    env.close()
    return boxed(found.box)


VARIANTS: dict[str, Change] = {
    "full_box": share(1.0),
    "10_percent": share(0.1),
    "3_percent": share(0.03),
    "1_percent": share(0.01),
    "percentiles": percentiles,
    "joint_limits": joint_limits,
    "schedule": widening(1.0),
    "schedule_10_percent": widening(0.1),
    "penalty": penalized(1.0),
    "penalty_10_percent": penalized(0.1),
    "unbounded": not_squashed(1.0),
    "unbounded_10_percent": not_squashed(0.1),
    "unbounded_1_percent": not_squashed(0.01),
}


def boxed(box: ActionBox) -> dict[str, Any]:
    return {"action_box": box, "action_bound_fraction": None}


def own_share(agent: AgentConfig) -> float:
    """Return the warm start's share of the task's box."""
    return 1.0 if agent.action_bound_fraction is None else agent.action_bound_fraction


def warm_start(name: str) -> AgentConfig:
    space = load_space(SPACE)
    return space.agent(space.warm_start(name, TASK), TASK)


def measured_bounds(arguments: argparse.Namespace) -> ActionBoundsFile:
    """Return the given bounds file, or one that is made here and kept beside the output file for --resume."""
    file: Path = arguments.bounds or arguments.output.with_suffix(".bounds.yaml")
    if arguments.bounds is None and not file.exists():
        write_bounds(trained_bounds(arguments), file)
    found = load_bounds(file)
    mismatch = found.mismatch(TASK.id, TASK.simulator)
    if mismatch:
        sys.exit(f"{file}: {mismatch}")
    return found


def trained_bounds(arguments: argparse.Namespace) -> ActionBoundsFile:
    """Train a PPO, whose exploration does not depend on the box, and derive bounds from its actions."""
    print(f"Training {PRETRAINING} for {arguments.pretrain_seconds:g} s to take percentiles from", flush=True)
    spec = pretraining_spec(
        PRETRAINING,
        TASK,
        seconds=arguments.pretrain_seconds,
        target=None,
        seed=0,
        threads=arguments.threads,
        runs_dir=arguments.output.parent,
    )
    torch.set_num_threads(1)  # as in a worker: SBX computes in JAX
    enable_compilation_cache()
    env = open_task(TASK, seed=0, threads=arguments.threads)
    outcome = pretrain(spec, env, PretrainingChannel())
    print(f"Its return is {outcome.final_return}, its policy is in {spec.directory}", flush=True)
    recording = record_actions(Policy.load(Path(spec.directory or "")), env, steps=RECORDED_STEPS, seed=0)
    env.close()
    return bounds_from_recording(recording, BoundsRequest(), policy=spec.directory or "")


def configurations(arguments: argparse.Namespace) -> dict[str, AgentConfig]:
    """Return the warm start with the box of each variant in --variants."""
    base = warm_start(arguments.warm_start)
    return {name: base.model_copy(update=VARIANTS[name](base, arguments)) for name in arguments.variants}


def print_tables(runs: Sequence[Run]) -> None:
    """Print a table for each target, budget and number of threads."""
    for title, group in groups(runs).items():
        print(f"\n{title}")
        print(f"{'':>20} {'box':>18} {SUMMARY_HEAD}")
        for name in VARIANTS:
            mine = [run for run in group if run.variant == name]
            if mine:
                print(f"{name:>20} {box_text(mine[0]):>18} {summary(mine)}")


def box_text(run: Run) -> str:
    """Return the smallest and the largest half width of a run's action box."""
    box = AgentConfig.model_validate(run.agent).action_box if run.agent else None
    if box is None:
        return "–"
    halves = [(high - low) / 2 for low, high in zip(box.low, box.high, strict=True)]
    low, high = f"{min(halves):.3g}", f"{max(halves):.3g}"
    return f"±{low}" if low == high else f"±{low} … ±{high}"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS), metavar="NAME")
    parser.add_argument("--warm-start", default="penalized_means", metavar="NAME", help="of the search space sac_speed")
    parser.add_argument(
        "--bounds", type=Path, metavar="FILE", help="bounds file for percentiles; without it a PPO is trained"
    )
    parser.add_argument("--pretrain-seconds", type=float, default=300.0, help="training clock of that PPO")
    parser.add_argument("--widening-seconds", type=float, default=60.0, help="until a scheduled box has its full size")
    parser.add_argument("--penalty-weight", type=float, default=0.02, help="reward lost in a step at all bounds")
    parser.add_argument("--penalty-margin", type=float, default=0.8, help="share of the box where the penalty starts")
    parser.add_argument(
        "--mean-penalty", type=float, default=1e-3, help="weight on the squared mean of unbounded actors"
    )
    add_figure_argument(parser, "the curves of --variants")
    add_arguments(parser, seeds=3)
    return parsed(parser)


def main() -> None:
    arguments = parse()
    if arguments.table is None:
        planned = plan(
            TASK,
            configurations(arguments),
            arguments,
            target=TARGET,
            budget_seconds=BUDGET_SECONDS,
            stop_at_target=False,
        )
        train_all(planned, arguments.output, jobs=arguments.jobs, threads=arguments.threads)
    runs = read_runs(arguments.table or arguments.output)
    print_tables(runs)
    if arguments.figure is not None:
        draw([run for run in runs if run.variant in arguments.variants], arguments.figure)


if __name__ == "__main__":
    main()
