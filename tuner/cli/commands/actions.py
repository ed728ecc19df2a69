"""`tuner actions`: record the actions of a policy."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tuner.actions import ActionStatistics, Recording, action_statistics
from tuner.cli.opened_tasks import DEFAULT_STEPS, record_trial, record_untrained
from tuner.cli.options import TASK_HELP, TaskOptions, check_partner, count_option
from tuner.cli.printing.output import console, print_json
from tuner.errors import UserError
from tuner.resources import check_output


def actions(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="A trial's folder, such as runs/quickstart/trial-0003.")
    ] = None,
    random: Annotated[bool, typer.Option("--random", help="Record an untrained policy instead; needs --task.")] = False,
    task: Annotated[
        str | None, typer.Option("--task", metavar="TASK", help=f"With --random: the task. {TASK_HELP}")
    ] = None,
    simulator: Annotated[
        str | None,
        typer.Option(
            "--simulator", metavar="NAME", help="With --random: the simulator, if not the one that lists the task."
        ),
    ] = None,
    option: TaskOptions = None,
    algorithm: Annotated[
        str | None, typer.Option("--algorithm", metavar="NAME", help="With --random: sac (by default), ppo, tqc, ….")
    ] = None,
    steps: Annotated[int, count_option("--steps", "Control steps of every robot.")] = DEFAULT_STEPS,
    num_envs: Annotated[int | None, count_option("--num-envs", "Robots, if not as many as in the trial.")] = None,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Without exploration noise: the mean instead of a sample.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seeds the simulation and the noise.")] = 0,
    threads: Annotated[int, count_option("--threads", "CPU threads of the simulator.")] = 2,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.npz", help="Write the recording to this file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Record the actions of a policy on its task, and print their statistics.

    For every action: mean, σ, extremes and percentiles of what the task got; how often the network's output was clipped
    to the action box, or squashed to its very edge; and how many joint targets were beyond the joint limits. That is
    not a fault: a position controller pushes by aiming at targets that it cannot reach.
    """
    _check_choice(folder, random=random, task=task, simulator=simulator, algorithm=algorithm)
    if output is not None:
        check_output(output, force=force)
    numbers: dict[str, Any] = {
        "steps": steps,
        "num_envs": num_envs,
        "seed": seed,
        "threads": threads,
        "assignments": option,
    }
    if folder is not None:
        recording = record_trial(folder, **numbers, deterministic=deterministic)
    else:
        recording = record_untrained(task or "", simulator, algorithm or "sac", **numbers, deterministic=deterministic)
    statistics = action_statistics(recording)
    if output is not None:
        recording.save(output)
    if as_json:
        print_json({**facts(recording), **statistics.to_json(), "file": None if output is None else str(output)})
        return
    out = console()
    out.print(headline(recording))
    out.print(statistics_table(statistics))
    for line in remarks(recording, statistics):
        out.print(line)
    if output is not None:
        out.print(f"The recording is in {output}.", markup=False, soft_wrap=True)


def _check_choice(
    folder: Path | None, *, random: bool, task: str | None, simulator: str | None, algorithm: str | None
) -> None:
    if random == (folder is not None):
        given = "both were given" if random else "neither was given"
        raise UserError(f"Give either a trial's folder or --random --task TASK; {given}.")
    if random and task is None:
        raise UserError("--random needs a task: --task Velocity-Flat-A1. `tuner tasks` lists all tasks.")
    for option, value in (("--task", task), ("--simulator", simulator), ("--algorithm", algorithm)):
        check_partner(option, value, "--random", given=random)


def facts(recording: Recording) -> dict[str, Any]:
    """Return what was recorded, for JSON."""
    steps, robots, _ = recording.commanded.shape
    return {
        "task": recording.task.id,
        "simulator": recording.task.simulator,
        "policy": recording.policy,
        "algorithm": recording.algorithm,
        "squashed": recording.squashed,
        "deterministic": recording.deterministic,
        "steps": steps,
        "robots": robots,
    }


def headline(recording: Recording) -> str:
    """Return what was recorded, in a line."""
    steps, robots, _ = recording.commanded.shape
    noise = "without noise" if recording.deterministic else "exploring"
    algorithm = recording.algorithm.upper()
    return f"{recording.policy} {algorithm} on {recording.task.id}, {noise}: {steps} steps of {robots} robots"


def statistics_table(statistics: ActionStatistics) -> Table:
    """Return the statistics as a table, a row for each action."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("action", overflow="fold")
    first = statistics.dimensions[0]
    percentiles = [f"{percentile:g} %" for percentile in first.percentiles]
    shares = ["clipped"] if first.clipped is not None else []
    shares += ["saturated", *(["beyond limits"] if first.beyond_limits is not None else [])]
    for title in ("mean", "σ", "min", *percentiles, "max", "box", *shares):
        table.add_column(title, justify="right", no_wrap=True)
    for dimension in statistics.dimensions:
        numbers = (dimension.mean, dimension.std, dimension.minimum, *dimension.percentiles.values(), dimension.maximum)
        found = (dimension.clipped, dimension.saturated, dimension.beyond_limits)
        table.add_row(
            dimension.name,
            *(f"{number:.3g}" for number in numbers),
            f"{dimension.box[0]:.3g} … {dimension.box[1]:.3g}",
            *(f"{share:.1%}" for share in found if share is not None),
        )
    return table


def remarks(recording: Recording, statistics: ActionStatistics) -> list[str]:
    """Return what the shares mean, for those that are not zero."""
    found = []
    if any(dimension.saturated > 0 for dimension in statistics.dimensions):
        found.append("saturated: in the outermost hundredth of the agent's action box, on either side.")
    if any(dimension.beyond_limits for dimension in statistics.dimensions):
        found.append("beyond limits: joint targets that the joint cannot reach; a controller turns them into torque.")
    return found
