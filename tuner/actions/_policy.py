"""The policy of a trial, or an untrained one, with all it takes to act on its task."""

import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import sbx
from pydantic import ValidationError
from stable_baselines3.common.running_mean_std import RunningMeanStd

from tuner.actions._gaussian import Floats
from tuner.agents import build_agent, load_normalization
from tuner.clock import Ledger, MonotonicClock
from tuner.config import ActionBox, AgentConfig, Algorithm, TaskConfig, TrialSpec
from tuner.errors import UserError
from tuner.simulators import BoundedActions, TaskEnv

_CLASSES = {"sac": sbx.SAC, "tqc": sbx.TQC, "ppo": sbx.PPO, "td3": sbx.TD3, "crossq": sbx.CrossQ}
_CLIP = 10.0
"""Normalised observations of an untrained policy are clipped to ± this, as `AgentConfig` has it by default."""

_UNREADABLE = (
    *(ValidationError, ValueError, KeyError, TypeError, AttributeError, EOFError),
    *(zipfile.BadZipFile, pickle.UnpicklingError),
)
"""What loading a file of another kind, or half of one, raises."""

Normalize = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Policy:
    """A policy that can act."""

    task: TaskConfig
    config: AgentConfig
    """Its action box may still be a share of the task's."""
    agent: Any
    """The agent of SBX."""
    normalize: Normalize
    """From the task's observations to the network's input."""
    kind: Literal["trained", "untrained"] = "trained"

    def box_in(self, env: TaskEnv) -> ActionBox:
        """Return the policy's action box in absolute numbers.

        Raises:
            UserError: if the task's box is infinite and the policy has none of its own, or one of another length.
        """
        return _absolute_box(self.config, env)


def load_policy(folder: Path) -> Policy:
    """Load the policy that a trial left in its folder.

    Raises:
        UserError: if the folder is no trial's, or the trial left no policy that can be loaded.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Give a trial's folder, such as runs/quickstart/trial-0003.")
    spec = _spec(folder)
    outcome = _outcome(folder)
    file = folder / "policy.zip"
    if not file.is_file():
        ended = f"; the trial ended as '{outcome.get('kind')}'" if outcome else ""
        raise UserError(f"{folder} has no policy.zip{ended}. Take a trial that was trained.")
    try:
        recorded = outcome.get("agent")
        config = spec.agent if recorded is None else AgentConfig.model_validate_json(json.dumps(recorded))
        # Its replay buffer is not needed, and could take gigabytes.
        agent = _CLASSES[config.algorithm].load(file, device="cpu", custom_objects={"buffer_size": 1})
        normalization = load_normalization(folder)
    except _UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"The policy in {folder} cannot be loaded: {reason}") from error
    return Policy(
        task=spec.task,
        config=config,
        agent=agent,
        normalize=_as_float32 if normalization is None else normalization.apply,
    )


def untrained_policy(task: TaskConfig, algorithm: Algorithm, env: TaskEnv, *, seed: int) -> Policy:
    """Return a policy as the algorithm begins: SBX's own network and initial σ, on the task's own box.

    Raises:
        UserError: if the task's box is infinite.
    """
    robots = env.num_envs
    # No data will be kept and nothing learned: as little memory as the algorithm takes.
    replay = {"buffer_size": 2 * robots, "batch_size": robots}
    small: dict[str, Any] = {"n_steps": 2, "batch_size": 2 * robots} if algorithm == "ppo" else replay
    config = AgentConfig(algorithm=algorithm, arguments=small)
    bounded = BoundedActions(env, _absolute_box(config, env))
    agent = build_agent(config, bounded, seed=seed, ledger=Ledger(MonotonicClock(), "idle"))
    observed = RunningMeanStd(shape=env.observation_space.shape)

    def normalize(observations: Floats) -> Floats:
        observed.update(observations)
        scaled = (observations - observed.mean) / np.sqrt(observed.var + 1e-8)
        return np.clip(scaled, -_CLIP, _CLIP).astype(np.float32)

    return Policy(task=task, config=config, agent=agent, normalize=normalize, kind="untrained")


def _absolute_box(config: AgentConfig, env: TaskEnv) -> ActionBox:
    box = config.resolved(env.action_space.low.tolist(), env.action_space.high.tolist()).action_box
    if box is None:
        raise UserError("The policy's action box could not be resolved to absolute numbers.")
    return box


def _spec(folder: Path) -> TrialSpec:
    file = folder / "spec.json"
    try:
        return TrialSpec.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise UserError(
            f"{folder} is no trial's folder: it has no spec.json. Trials lie in runs/<study>/trial-NNNN."
        ) from None
    except (OSError, ValidationError) as error:
        raise UserError(f"{file} cannot be read as a trial's specification: {error}") from error


def _outcome(folder: Path) -> dict[str, Any]:
    """Return the trial's outcome; empty while it runs, or if it died."""
    file = folder / "outcome.json"
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read: {error}") from error
    return found if isinstance(found, dict) else {}


def _as_float32(observations: Floats) -> Floats:
    return observations.astype(np.float32)
