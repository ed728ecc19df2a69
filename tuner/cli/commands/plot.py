"""`tuner plot`: figures of what an action box does to learning, as HTML or PNG."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import plotly.graph_objects as go
import typer

from tuner import figures
from tuner.actions import Recording, load_recording
from tuner.analysis import curves_data, summary_data, trials_data
from tuner.cli.opened_tasks import DEFAULT_STEPS, open_task, record_trial, task_of
from tuner.cli.options import Storage, check_partner, count_option
from tuner.cli.printing.warnings import quiet_optuna
from tuner.cli.stored_studies import open_stored
from tuner.config import load_bounds
from tuner.errors import UserError
from tuner.resources import check_output

View = Literal["gaussian", "box", "squashed", "rescaled"]

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="The figure: .html, which opens in any browser without a network, or .png, which needs a Chromium or "
        "Chrome on this machine. Default: an .html named after the figure.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]

plot = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")


@plot.callback()
def plot_group() -> None:
    """Draw what an action box does to learning: first actions, trained actions, bounds, learning curves."""


@plot.command("initial", epilog="Example: tuner plot initial Velocity-Flat-A1 --view rescaled -o rescaled.png")
def initial(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="The task whose declared box is drawn; or give --box.")
    ] = None,
    view: Annotated[
        View | None,
        typer.Option(
            "--view",
            help="gaussian: the Gaussian that PPO starts with. box: the same inside the declared box. squashed: SAC's "
            "squashed Gaussian against the plain one. rescaled: squashed and rescaled to the declared box. "
            "Default: rescaled if there is a box, else squashed.",
        ),
    ] = None,
    std: Annotated[
        float, typer.Option("--std", metavar="SIGMA", help="σ: of PPO exp(log_std_init), of SAC before squashing.")
    ] = 1.0,
    box: Annotated[
        tuple[float, float] | None,
        typer.Option("--box", metavar="LOW HIGH", help="The box, instead of a task's."),
    ] = None,
    dimension: Annotated[
        int | None, typer.Option("--dimension", min=0, metavar="N", help="Which action of TASK; 0 if not given.")
    ] = None,
    simulator: Annotated[
        str | None,
        typer.Option(
            "--simulator",
            metavar="NAME",
            help="The simulator of TASK, if not the one that lists it; your own as path/to/file.py:ClassName.",
        ),
    ] = None,
    output: Output = None,
    force: Force = False,
) -> None:
    """Draw where an untrained PPO and an untrained SAC act, computed from σ and the action box."""
    if task is not None and box is not None:
        raise UserError("A task and --box were both given. Choose one: they name the same thing.")
    chosen = view or ("squashed" if task is None and box is None else "rescaled")
    draws_box = chosen in ("box", "rescaled")
    check_partner("--dimension", dimension, "a TASK", given=task is not None)
    check_partner("--simulator", simulator, "a TASK", given=task is not None)
    check_partner("A TASK", task, "--view box or rescaled", given=draws_box)
    check_partner("--box", box, "--view box or rescaled", given=draws_box)
    path = _checked(output, f"initial-{chosen}.html", force=force)
    if draws_box:
        if task is None and box is None:
            raise UserError(f"--view {chosen} draws the declared box. Name a task, or give --box LOW HIGH.")
        box = box or declared_bounds(task or "", simulator, dimension or 0)
    _write(_initial_figure(chosen, std, box), path)


@plot.command("actions", epilog="Example: tuner plot actions ppo.npz -o actions.png")
def actions(
    recording: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.npz|DIR",
            help="A recording, as `tuner actions` writes it, or a trial's folder, whose policy then acts on its task.",
        ),
    ],
    percentiles: Annotated[
        tuple[float, float], typer.Option("--percentiles", metavar="LOW HIGH", help="The two percentiles to mark.")
    ] = (2.5, 97.5),
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="Draw the network's outputs before squashing or clipping, instead of what the task got."
        ),
    ] = False,
    steps: Annotated[int, count_option("--steps", "With a folder: control steps of every robot.")] = DEFAULT_STEPS,
    output: Output = None,
    force: Force = False,
) -> None:
    """Draw how a policy's actions are distributed, with minimum, maximum and percentiles of each dimension."""
    name = recording.resolve().stem
    path = _checked(output, "actions.html" if name == "actions" else f"{name}-actions.html", force=force)
    found = recording_of(recording, steps)
    numbers = figures.percentiles_data(found, percentiles=percentiles, raw=raw)
    histogram = figures.histogram_data(found, raw=raw)
    _write(figures.actions_figure(numbers, histogram, source=described(found, raw=raw)), path)


@plot.command("bounds", epilog="Example: tuner plot bounds bounds.yaml ppo.npz -o bounds.png")
def bounds(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE.yaml|FILE.npz",
            help="Bounds files, as `tuner bounds` writes them, and at most one recording of `tuner actions`, whose "
            "least and greatest actions are drawn too.",
        ),
    ],
    every: Annotated[
        bool,
        typer.Option("--every", help="Draw every pair of percentiles in the files, not only the one used as bounds."),
    ] = False,
    output: Output = None,
    force: Force = False,
) -> None:
    """Draw action bounds from several sources side by side, for each action of one task."""
    path = _checked(output, "bounds.html", force=force)
    recordings = [file for file in files if file.suffix == ".npz"]
    if len(recordings) > 1:
        raise UserError(f"{len(recordings)} recordings were given; at most one can be drawn beside the bounds.")
    paths = [file for file in files if file.suffix != ".npz"]
    loaded = [(file.stem if len(paths) > 1 else "", load_bounds(file)) for file in paths]
    data = figures.bounds_data(loaded, load_recording(recordings[0]) if recordings else None, every=every)
    title = f"Action bounds of {loaded[0][1].task.id}, by source" if loaded else "Recorded actions"
    _write(figures.bounds_figure(data, title=title), path)


@plot.command("curves", epilog="Example: tuner plot curves quickstart --top 3 -o curves.png")
def curves(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDY|DIR",
            help="One study (a study file, a bundled study, or a study's name in the storage), or folders of trials.",
        ),
    ],
    labels: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="TEXT",
            help="What a folder's line is called; once for each folder, in their order. Folders with the same label "
            "are seeds of one configuration and share a colour. Default: the folder's name.",
        ),
    ] = None,
    target: Annotated[
        float | None,
        typer.Option("--target", metavar="RETURN", help="The return to mark. Default: the target of the training."),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", min=0, metavar="N", help="How many of a study's best trials are coloured.")
    ] = 5,
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="What is compared.")
    ] = "Return over training time",
    storage: Storage = None,
    output: Output = None,
    force: Force = False,
) -> None:
    """Draw learning curves over training time: of a study's trials, or of trial folders to compare."""
    path = _checked(output, "curves.html", force=force)
    if len(sources) == 1 and not is_trial(Path(sources[0])):
        if labels:
            raise UserError("--label names the lines of trial folders, but a study was given. Leave it out.")
        data, known = study_curves(sources[0], storage, top)
    else:
        data, known = folder_curves([Path(source) for source in sources], labels or [])
    _write(figures.curves_figure(data, target=known if target is None else target, title=title), path)


def _initial_figure(view: str, std: float, box: tuple[float, float] | None) -> go.Figure:
    if view == "box" and box is not None:
        return figures.box_figure(figures.box_data(*box, std))
    if view == "rescaled" and box is not None:
        return figures.rescaled_figure(figures.rescaled_data(*box, std))
    if view == "squashed":
        return figures.squashed_figure(figures.squashed_data(std))
    return figures.gaussian_figure(figures.gaussian_data(std))


def _checked(output: Path | None, default: str, *, force: bool) -> Path:
    """Return the path of the figure, after checking that it can be written."""
    path = output or Path(default)
    figures.check_figure_path(path)
    check_output(path, force=force)
    return path


def _write(figure: go.Figure, path: Path) -> None:
    figures.write_figure(figure, path)
    typer.echo(path)


def declared_bounds(task: str, simulator: str | None, dimension: int) -> tuple[float, float]:
    """Open a task and return the bounds that it declares for one of its actions.

    Args:
        task: its id.
        simulator: its simulator; None for the one that lists it.
        dimension: which action.

    Raises:
        UserError: for an unknown task or simulator, or a dimension that the task does not have.
    """
    env = open_task(task_of(task, simulator, num_envs=1), seed=0, threads=1)
    try:
        low, high = env.action_space.low.tolist(), env.action_space.high.tolist()
    finally:
        env.close()
    if dimension >= len(low):
        raise UserError(
            f"--dimension is {dimension}, but {task} has {len(low)} action{'s' * (len(low) > 1)}: 0 to {len(low) - 1}."
        )
    return low[dimension], high[dimension]


def recording_of(path: Path, steps: int) -> Recording:
    """Return the recording in a file, or record the policy in a trial's folder.

    Raises:
        UserError: if the path is neither.
    """
    if not path.is_dir():
        return load_recording(path)
    return record_trial(path, steps=steps, num_envs=None, seed=0, threads=2, deterministic=False)


def described(recording: Recording, *, raw: bool) -> str:
    """Return whose actions a recording holds, and how many."""
    steps, robots = recording.commanded.shape[:2]
    noise = "without noise" if recording.deterministic else "exploring"
    kind = "network outputs" if raw else "commanded actions"
    return (
        f"{recording.algorithm.upper()} on {recording.task.id}, {recording.policy}, {noise}: {steps * robots:,} {kind}"
    )


def is_trial(path: Path) -> bool:
    """Return whether a path is a trial's folder."""
    return (path / "curve.jsonl").is_file() or (path / "spec.json").is_file()


def folder_curves(folders: Sequence[Path], labels: Sequence[str]) -> tuple[pd.DataFrame, float | None]:
    """Return the curves of trial folders, and their target if all have the same.

    Args:
        folders: of trials.
        labels: one for each, or none. Without labels, each is called by its name, or by its path if names repeat.

    Raises:
        UserError: if there are not as many labels as folders, or a folder is not a trial's.
    """
    if labels and len(labels) != len(folders):
        raise UserError(
            f"{len(folders)} folders were given, but --label {len(labels)} times. Give one for each folder."
        )
    names = Counter(folder.name for folder in folders)
    own = [folder.name if names[folder.name] == 1 else str(folder) for folder in folders]
    data = figures.trial_curves_data(folders, labels or own)
    targets = {_target(folder) for folder in folders}
    return data, targets.pop() if len(targets) == 1 else None


def study_curves(study: str, storage: str | None, top: int) -> tuple[pd.DataFrame, float | None]:
    """Return the curves of a study's trials, the best ones named, and its target.

    Raises:
        UserError: if there is no such study, or none of its trials has a curve yet.
    """
    quiet_optuna()
    opened = open_stored(study, storage)
    data = figures.study_curves_data(curves_data(opened), trials_data(opened), top=top)
    if data.empty:
        raise UserError(f"No trial of the study '{opened.study_name}' has a learning curve yet.")
    return data, summary_data(opened).target


def _target(folder: Path) -> float | None:
    """Return the target in a trial's specification; None if it has none."""
    try:
        spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
        target = spec["objective"]["target"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return float(target) if isinstance(target, int | float) else None
