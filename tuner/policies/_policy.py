"""The policy of a trial, or an untrained one, with everything it needs to act on its task."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from stable_baselines3.common.running_mean_std import RunningMeanStd

from tuner.agents import build_agent, load_agent
from tuner.clock import Ledger, MonotonicClock
from tuner.config import ActionBox, AgentConfig, Algorithm, TaskConfig
from tuner.errors import UserError
from tuner.policies._gaussian_actor import Floats
from tuner.simulators import BoundedActions, TaskEnv
from tuner.training import check_policy, read_folder

_CLIP = 10.0
"""Normalised observations of an untrained policy are clipped to ± this, as `AgentConfig` has it by default."""

Normalize = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Policy:
    """A policy that can act."""

    task: TaskConfig
    config: AgentConfig
    """Its action box may be a share of the task's."""
    agent: Any
    """The agent of SBX."""
    normalize: Normalize
    """From the task's observations to the network's input."""
    kind: Literal["trained", "untrained"] = "trained"

    def box_in(self, env: TaskEnv) -> ActionBox:
        """Return the policy's action box in absolute numbers; a box that was still widening is the one that was saved.

        Raises:
            UserError: if the policy has no box of its own and the task's is infinite, or if its box has another length.
        """
        box = _absolute_box(self.config, env)
        if self.config.action_box_schedule is None or self.kind == "untrained":
            return box
        saved = self.agent.action_space
        return ActionBox(low=tuple(saved.low.tolist()), high=tuple(saved.high.tolist()))


def load_policy(folder: Path) -> Policy:
    """Load the policy from a trial's folder.

    Raises:
        UserError: if the folder is not a trial's, or has no policy that can be loaded.
    """
    found = read_folder(folder)
    check_policy(found)
    agent, normalization = load_agent(folder, found.agent.algorithm)
    return Policy(
        task=found.spec.task,
        config=found.agent,
        agent=agent,
        normalize=_as_float32 if normalization is None else normalization.apply,
    )


def untrained_policy(task: TaskConfig, algorithm: Algorithm, env: TaskEnv, *, seed: int) -> Policy:
    """Return a policy as the algorithm starts: SBX's own network and initial σ, on the task's own box.

    Raises:
        UserError: if the task's box is infinite.
    """
    robots = env.num_envs
    # Nothing is stored or learned, so the replay buffer is as small as the algorithm allows.
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


def _as_float32(observations: Floats) -> Floats:
    return observations.astype(np.float32)
