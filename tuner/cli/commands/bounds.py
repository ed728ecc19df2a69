"""`tuner bounds`: action bounds for studies, from recorded actions, joint limits or a share of the task's box."""

from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.table import Table

from tuner import actions
from tuner.actions import (
    DEFAULT_PERCENTILES,
    BoundsRequest,
    bounds_from_recording,
    bounds_from_task,
    load_recording,
    write_bounds,
)
from tuner.cli.opened_tasks import DEFAULT_STEPS, is_study_file, opened, record_trial, task_of
from tuner.cli.options import RUNS_DIR, TaskOptions, check_partner, count_option, duration_option
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.text import duration_text, number_text
from tuner.cli.watching.interrupt import StopOnSignal
from tuner.config import ActionBoundsFile, BoundsSource, TrialSpec
from tuner.errors import UserError, unknown_name
from tuner.records import Tick
from tuner.resources import check_output

DEFAULT_SECONDS = 300.0
DEFAULT_THREADS = 2


def bounds(
    origin: Annotated[
        str,
        typer.Argument(
            metavar="DIR|FILE.npz|TASK",
            help="A trial's folder, a recording, a task's id, or a study file, for its task.",
        ),
    ],
    pretrain: Annotated[
        str | None,
        typer.Option(
            "--pretrain", metavar="ppo", help="With TASK: train a policy with this algorithm first, then record it."
        ),
    ] = None,
    seconds: Annotated[
        float | None, duration_option("--seconds", "With --pretrain: how long to train: 90, 5m; 5m if not given.")
    ] = None,
    target: Annotated[
        float | None, typer.Option("--target", metavar="R", help="With --pretrain: stop early at this return.")
    ] = None,
    percentiles: Annotated[
        tuple[float, float] | None,
        typer.Option("--percentiles", metavar="LOW HIGH", help="Bounds at these percentiles; by default 2.5 97.5."),
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="percentiles, joint_limits or fraction.")
    ] = None,
    fraction: Annotated[
        float | None, typer.Option("--fraction", metavar="F", help="Bounds at this share of the task's own box.")
    ] = None,
    steps: Annotated[
        int | None,
        count_option("--steps", f"Control steps of every robot to record; by default {DEFAULT_STEPS}."),
    ] = None,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Record the policy without its exploration noise.")
    ] = False,
    simulator: Annotated[
        str | None,
        typer.Option("--simulator", metavar="NAME", help="With TASK: the simulator, if not the one that lists it."),
    ] = None,
    option: TaskOptions = None,
    num_envs: Annotated[
        int | None, count_option("--num-envs", "Robots; by default as many as in the trial, or 256 for a TASK.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, help="Seeds training and recording; 0 if not given.")
    ] = None,
    threads: Annotated[int | None, count_option("--threads", "CPU threads of the simulator; by default 2.")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The bounds file.")] = Path(
        "bounds.yaml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Replace the bounds file if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the bounds as one JSON object.")] = False,
) -> None:
    """Write a bounds file: action bounds for a study's agents, instead of the task's own box.

    The bounds are percentiles of a policy's recorded actions, the joint limits (if actions are joint targets), or a
    share of the task's box. With --pretrain ppo the policy is trained first: PPO learns even in a box that is far too
    wide, and shows which part of it is needed. Ctrl-C ends the training early and uses what it has learned.
    """
    request = requested(source, percentiles, fraction)
    check_output(output, force=force)
    numbers: dict[str, Any] = {"num_envs": num_envs, "seed": seed or 0, "threads": threads or DEFAULT_THREADS}
    numbers["assignments"] = option
    recorded: dict[str, Any] = {"steps": steps or DEFAULT_STEPS, "deterministic": deterministic, **numbers}
    options: dict[str, object] = {
        "--seconds": seconds,
        "--target": target,
        "--simulator": simulator,
        "--option": option or None,
        "--num-envs": num_envs,
        "--seed": seed,
        "--threads": threads,
        "--steps": steps,
        "--deterministic": deterministic or None,
    }
    _check_choice(origin, request, pretrain, options)
    if _is_policy(origin):
        found, names = _from_policy(Path(origin), request, recorded)
    elif pretrain is not None:
        duration = DEFAULT_SECONDS if seconds is None else seconds
        found, names = _from_pretraining(origin, simulator, pretrain, duration, target, request, recorded)
    else:
        found, names = _from_task(origin, simulator, request, **numbers)
    write_bounds(found, output)
    if as_json:
        print_json({**found.model_dump(mode="json"), "file": str(output)})
        return
    print_bounds(console(), found, names, output)


def requested(source: str | None, percentiles: tuple[float, float] | None, fraction: float | None) -> BoundsRequest:
    """Return what the options ask for.

    Raises:
        UserError: for an unknown source, impossible numbers, or numbers that belong to another source.
    """
    if percentiles is not None and fraction is not None:
        raise UserError("--percentiles and --fraction were both given. Choose one.")
    implied = "fraction" if fraction is not None else "percentiles"
    chosen = implied if source is None else source
    if chosen != "fraction" and fraction is not None:
        raise UserError(f"--fraction does not go with --source {chosen}. Leave one of them out.")
    if chosen != "percentiles" and percentiles is not None:
        raise UserError(f"--percentiles does not go with --source {chosen}. Leave one of them out.")
    for known in get_args(BoundsSource):
        if known == chosen:
            return BoundsRequest(source=known, percentiles=percentiles or DEFAULT_PERCENTILES, fraction=fraction)
    raise unknown_name("source of bounds", chosen, get_args(BoundsSource))


def _is_policy(origin: str) -> bool:
    """Return whether bounds come from a trial's folder or a recording, and not from a task."""
    return origin.endswith(".npz") or (Path(origin).exists() and not is_study_file(origin))


def _check_choice(origin: str, request: BoundsRequest, pretrain: str | None, options: dict[str, object]) -> None:
    """Refuse origins that give no bounds, and options that would be ignored.

    Args:
        origin: a folder, a recording or a task.
        request: which bounds are wanted.
        pretrain: the algorithm to train first.
        options: their values by name, None if not given.
    """
    policy, folder, trained = _is_policy(origin), Path(origin).is_dir(), pretrain is not None
    if policy and trained:
        raise UserError(f"--pretrain takes a task's id, but {origin} is a recording or a folder. Leave it out.")
    if not policy and not trained and request.source == "percentiles":
        raise UserError(
            f"There is no folder or recording '{origin}', and percentiles of a task need a policy. Give a trial's "
            f"folder, a recording, or train a policy first: tuner bounds {origin} --pretrain ppo"
        )
    partners = (
        ("--pretrain", trained, ("--seconds", "--target")),
        ("a TASK", not policy, ("--simulator",)),
        ("a trial's folder or a TASK", folder or not policy, ("--option", "--num-envs", "--seed", "--threads")),
        ("a trial's folder or --pretrain", folder or trained, ("--steps", "--deterministic")),
    )
    for partner, given, names in partners:
        for option in names:
            check_partner(option, options[option], partner, given=given)


def _from_policy(
    path: Path, request: BoundsRequest, recorded: dict[str, Any]
) -> tuple[ActionBoundsFile, tuple[str, ...]]:
    """Return the bounds of a recording, or of a trial's policy, and the names of the actions."""
    recording = record_trial(path, **recorded) if path.is_dir() else load_recording(path)
    return bounds_from_recording(recording, request, policy=str(path)), recording.dimension_names


def _from_pretraining(
    task_id: str,
    simulator: str | None,
    algorithm: str,
    seconds: float,
    target: float | None,
    request: BoundsRequest,
    recorded: dict[str, Any],
) -> tuple[ActionBoundsFile, tuple[str, ...]]:
    """Train a policy, record it, save the recording, and return its bounds and the names of the actions."""
    task = task_of(task_id, simulator, recorded["num_envs"], recorded["assignments"])
    spec = actions.pretraining_spec(
        algorithm,
        task,
        seconds=seconds,
        target=target,
        seed=recorded["seed"],
        threads=recorded["threads"],
        runs_dir=RUNS_DIR,
    )
    _train(spec)
    folder = Path(spec.directory or "")
    recording = record_trial(folder, **{**recorded, "assignments": None})
    recording.save(folder / "actions.npz")
    return bounds_from_recording(recording, request, policy=str(folder)), recording.dimension_names


def _train(spec: TrialSpec) -> None:
    """Train a policy and show its progress on stderr. Ctrl-C ends the training and keeps what was learned.

    Raises:
        TunerError: if it failed, or was stopped before anything was learned.
    """
    out = console(stderr=True)

    def show(tick: Tick) -> None:
        out.print(progress_line(tick, spec.budget_seconds), markup=False)

    channel = actions.PretrainingChannel(show)

    def stop(signals: int) -> None:
        if signals > 1:
            raise KeyboardInterrupt
        out.print("Stopping the training. The bounds come from what it has learned. Ctrl-C again to stop without them.")
        channel.stop()

    algorithm = spec.agent.algorithm.upper()
    out.print(f"Training {algorithm} on {spec.task.id} for {duration_text(spec.budget_seconds)}; Ctrl-C ends it early.")
    with StopOnSignal(stop), opened(spec.task, seed=spec.seed, threads=spec.threads) as env:
        outcome = actions.pretrain(spec, env, channel)
    earned = number_text(outcome.final_return)
    out.print(f"{algorithm}'s return is {earned}; its policy is in {spec.directory}.", markup=False, soft_wrap=True)


def progress_line(tick: Tick, budget_seconds: float) -> str:
    """Return a tick as a line: the clock, the return and its interval, the steps so far."""
    clock = f"{duration_text(tick.clock_seconds)} of {duration_text(budget_seconds)}"
    interval = f" ({number_text(tick.low)} to {number_text(tick.high)})" if tick.low is not None else ""
    return f"{clock}   return {number_text(tick.estimate)}{interval}   {tick.env_steps:,} steps"


def _from_task(
    task_id: str,
    simulator: str | None,
    request: BoundsRequest,
    *,
    num_envs: int | None,
    seed: int,
    threads: int,
    assignments: list[str] | None,
) -> tuple[ActionBoundsFile, tuple[str, ...]]:
    """Return bounds for which the task is only opened, and the names of the actions."""
    task = task_of(task_id, simulator, num_envs or 1, assignments)
    with opened(task, seed=seed, threads=threads) as env:
        low, high, joints = env.action_space.low.tolist(), env.action_space.high.tolist(), env.joint_targets
    names = joints.names if joints is not None else tuple(str(index) for index in range(len(low)))
    return bounds_from_task(task, low, high, joints, request), names


def print_bounds(out: Console, found: ActionBoundsFile, names: tuple[str, ...], output: Path) -> None:
    """Print the bounds as a table, and what to do with their file."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("action", overflow="fold")
    table.add_column("low", justify="right")
    table.add_column("high", justify="right")
    for name, low, high in zip(names, found.low, found.high, strict=True):
        table.add_row(name, f"{low:.3g}", f"{high:.3g}")
    out.print(described(found), markup=False)
    out.print(table)
    out.print(f"Written to {output}. In a study file: action_bounds: {output}", markup=False, soft_wrap=True)


def described(found: ActionBoundsFile) -> str:
    """Return in a line what the bounds are."""
    task = f"Action bounds for {found.task.id}"
    if found.percentiles is not None:
        samples = f" of {found.origin.samples:,} actions" if found.origin.samples else ""
        return f"{task}: percentiles {found.percentiles[0]:g} and {found.percentiles[1]:g}{samples}"
    if found.fraction is not None:
        return f"{task}: {found.fraction:.4g} of the task's own box"
    return f"{task}: the joint limits"
