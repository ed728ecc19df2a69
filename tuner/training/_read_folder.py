"""Read the folder of a run, which `TrialFiles` wrote and others may have changed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tuner.config import AgentConfig, TrialSpec
from tuner.errors import UserError

if TYPE_CHECKING:
    from tuner.simulators import TaskEnv


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, read."""

    path: Path
    spec: TrialSpec
    outcome: dict[str, Any]
    """The run's outcome as JSON; empty while it runs, or if it died."""
    agent: AgentConfig
    """The agent; its action box is absolute once there is an outcome."""

    @property
    def joints(self) -> tuple[str, ...]:
        """Names of the joints that the actions command, in their order; empty if they are not known."""
        return tuple(self.outcome.get("details", {}).get("joints", ()))


def read_folder(path: Path) -> RunFolder:
    """Read the folder of a trial, or of a run of `tuner train`.

    Raises:
        UserError: if there is no such folder, or it is damaged or something else.
    """
    if not path.is_dir():
        raise UserError(f"There is no folder {path}. Give a trial's folder, such as runs/quickstart/trial-0003.")
    spec, outcome = _spec(path), _outcome(path)
    recorded = outcome.get("agent")
    try:
        agent = spec.agent if recorded is None else AgentConfig.model_validate_json(json.dumps(recorded))
    except ValidationError as error:
        raise UserError(f"{path / 'outcome.json'} cannot be read as a trial's outcome: {error}") from error
    return RunFolder(path, spec, outcome, agent)


def check_policy(folder: RunFolder) -> None:
    """Refuse a run without a policy, or a policy without its normalisation.

    Raises:
        UserError: in these cases.
    """
    if not (folder.path / "policy.zip").is_file():
        ended = f"; the trial ended as '{folder.outcome.get('kind')}'" if folder.outcome else ""
        raise UserError(f"{folder.path} has no policy.zip{ended}. Take a trial that was trained.")
    if folder.agent.normalize_observations and not (folder.path / "normalization.npz").is_file():
        raise UserError(
            f"The policy in {folder.path} takes normalised observations, but the normalization.npz beside it is "
            "missing. It cannot act without it: restore the file, or take another run."
        )


def check_joints(trained: tuple[str, ...], env: "TaskEnv") -> None:
    """Refuse a task whose actions command other joints than the agent's, or the same ones in another order.

    Args:
        trained: names of the agent's joints; empty if they are not known.
        env: the task.

    Raises:
        UserError: if both are known and differ.
    """
    if not trained or env.joint_targets is None or trained == env.joint_targets.names:
        return
    raise UserError(
        f"The agent was trained with the joints in the order {', '.join(trained)}, but here the task has "
        f"{', '.join(env.joint_targets.names)}. Physics engines order the joints of one robot differently: set the "
        "task's option `physics` to the one that it was trained with."
    )


def check_start(spec: TrialSpec) -> None:
    """Refuse to start from a run of another task or algorithm, before anything is built.

    Raises:
        UserError: if the folder is not a run's, has no policy, or its run does not fit the trial.
    """
    if spec.start_from is None:
        return
    folder = read_folder(Path(spec.start_from))
    check_policy(folder)
    theirs, ours = folder.spec.task, spec.task
    if (theirs.id, theirs.simulator) != (ours.id, ours.simulator):
        raise UserError(
            f"The run in {folder.path} trained {theirs.id} on {theirs.simulator}, but this is {ours.id} on "
            f"{ours.simulator}. Start from a run of the same task."
        )
    if folder.agent.algorithm != spec.agent.algorithm:
        raise UserError(
            f"The run in {folder.path} trained {folder.agent.algorithm.upper()}, but this is "
            f"{spec.agent.algorithm.upper()}. Start from a run of the same algorithm."
        )


def _spec(folder: Path) -> TrialSpec:
    file = folder / "spec.json"
    try:
        return TrialSpec.from_stored(json.loads(file.read_bytes()), complete=("agent",))
    except FileNotFoundError:
        raise UserError(
            f"{folder} is not a trial's folder: it has no spec.json. Trials lie in runs/<study>/trial-NNNN."
        ) from None
    except (OSError, TypeError, ValueError) as error:
        raise UserError(f"{file} cannot be read as a trial's specification: {error}") from error


def _outcome(folder: Path) -> dict[str, Any]:
    file = folder / "outcome.json"
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read: {error}") from error
    return found if isinstance(found, dict) else {}
