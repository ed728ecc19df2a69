"""The policy of a trial, or an untrained one, with everything it needs to act on its task."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.running_mean_std import RunningMeanStd

from tuner.agents import Normalization, build_agent, load_agent
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
    joints: tuple[str, ...] = ()
    """Names of the joints that its actions command, in their order; empty if they are not known."""
    normalization: Normalization | None = None
    """What `normalize` computes for a trained policy; None if it passes observations on."""

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load the policy from a trial's folder, such as `runs/quickstart/trial-0003`.

        Raises:
            UserError: if the folder is not a trial's, or has no policy that can be loaded.
        """
        found = read_folder(Path(folder))
        check_policy(found)
        agent, normalization = load_agent(found.path, found.agent.algorithm)
        return cls(
            task=found.spec.task,
            config=found.agent,
            agent=agent,
            normalize=_as_float32 if normalization is None else normalization.apply,
            joints=found.joints,
            normalization=normalization,
        )

    def act(self, observations: npt.ArrayLike) -> Floats:
        """Return the actions without exploration, in the task's own units.

        They lie in the policy's action box. A policy that does not squash its actions has no such box: clip its actions
        to the task's, as training did.

        Args:
            observations: as the task gives them, shape (observation_dim,) or (robots, observation_dim).

        Returns:
            shape (action_dim,) or (robots, action_dim), float32.

        Raises:
            ValueError: if the shape is another one.
        """
        given = np.asarray(observations, dtype=np.float32)
        dim = self.agent.observation_space.shape
        if given.ndim not in (1, 2) or given.shape[-1:] != dim:
            raise ValueError(
                f"observations have shape {given.shape}, but the policy of {self.task.id} takes {dim} of one robot, or "
                f"(robots, {dim[0]}) of several"
            )
        actions: Floats
        actions, _ = self.agent.predict(self.normalize(np.atleast_2d(given)), deterministic=True)
        return actions.reshape((*given.shape[:-1], -1))

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
