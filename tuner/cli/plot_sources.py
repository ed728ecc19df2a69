"""What `tuner plot` draws from: tasks, recordings, trial folders and studies."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tuner import simulators
from tuner.actions import Recording, load_recording
from tuner.analysis import curves_data, summary_data, trials_data
from tuner.cli.policy_tasks import checked_count, record_trial, task_of
from tuner.cli.printing.warnings import quiet_optuna
from tuner.cli.stored_studies import open_stored
from tuner.errors import UserError
from tuner.figures import study_curves_data, trial_curves_data


def declared_bounds(task: str, simulator: str | None, dimension: int) -> tuple[float, float]:
    """Open a task and return the bounds that it declares for one of its actions.

    Args:
        task: its id.
        simulator: what opens it; None for the simulator that lists it.
        dimension: which action.

    Raises:
        UserError: for an unknown task or simulator, or a dimension that the task does not have.
    """
    env = simulators.open_task(task_of(task, simulator, num_envs=1), seed=0, threads=1)
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
    """Return the recording in a file, or a new one of the policy in a trial's folder.

    Raises:
        UserError: if the path is neither.
    """
    if not path.is_dir():
        return load_recording(path)
    checked_count("--steps", steps)
    return record_trial(path, steps=steps, num_envs=None, seed=0, threads=2, deterministic=False)


def described(recording: Recording, *, raw: bool) -> str:
    """Return whose actions a recording holds, and how many."""
    steps, robots = np.shape(recording.commanded)[:2]
    noise = "without noise" if recording.deterministic else "exploring"
    kind = "network outputs" if raw else "commanded actions"
    return (
        f"{recording.algorithm.upper()} on {recording.task.id}, {recording.policy}, {noise}: {steps * robots:,} {kind}"
    )


def is_trial(path: Path) -> bool:
    """Say whether a path is a trial's folder."""
    return (path / "curve.jsonl").is_file() or (path / "spec.json").is_file()


def folder_curves(folders: Sequence[Path], labels: Sequence[str]) -> tuple[pd.DataFrame, float | None]:
    """Return the curves of trial folders, and the target where all were trained for the same.

    Args:
        folders: of trials.
        labels: one for each, or none: then each is called by its name, or where two are called the same by its path.

    Raises:
        UserError: if there are not as many labels as folders, or a folder is no trial's.
    """
    if labels and len(labels) != len(folders):
        raise UserError(
            f"{len(folders)} folders were given, but --label {len(labels)} times. Give one for each folder."
        )
    names = Counter(folder.name for folder in folders)
    own = [folder.name if names[folder.name] == 1 else str(folder) for folder in folders]
    data = trial_curves_data(folders, labels or own)
    targets = {_target(folder) for folder in folders}
    return data, targets.pop() if len(targets) == 1 else None


def study_curves(study: str, storage: str | None, top: int) -> tuple[pd.DataFrame, float | None]:
    """Return the curves of a study's trials, the best ones named, and its target.

    Raises:
        UserError: if there is no such study, or none of its trials has a curve yet.
    """
    quiet_optuna()
    opened = open_stored(study, storage)
    data = study_curves_data(curves_data(opened), trials_data(opened), top=top)
    if data.empty:
        raise UserError(f"No trial of the study '{opened.study_name}' has a learning curve yet.")
    return data, summary_data(opened).target


def _target(folder: Path) -> float | None:
    """Return the target of a trial's specification; None where the folder does not tell."""
    try:
        spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
        target = spec["objective"]["target"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return float(target) if isinstance(target, int | float) else None
