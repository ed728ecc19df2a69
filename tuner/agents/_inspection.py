"""What a trial asks an agent in training, and tells it."""

import math
from typing import Any

import jax
import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm

from tuner.agents.fused import FusedAgent
from tuner.agents.shared.parameters import train_states

_LEARNER = "train/"
"""How the names begin under which SBX logs what its learner says."""


def is_finite(agent: BaseAlgorithm) -> bool:
    """Return whether every learned parameter, target parameters included, is a finite number."""
    arrays = [
        (state.params, getattr(state, "target_params", None), getattr(state, "batch_stats", None))
        for state in train_states(agent).values()
    ]
    # On the host: on a CPU NumPy reads the arrays in place, and a compiled program would take longer to compile
    # than it ever saves.
    return all(bool(np.isfinite(np.asarray(array)).all()) for array in jax.tree.leaves(arrays))


def finish_updates(agent: BaseAlgorithm) -> None:
    """Wait for updates in progress, booked to "learn". Call it before inspecting the agent off the clock."""
    if isinstance(agent, FusedAgent):
        agent.learner.finish_updates()


def gradient_steps_done(agent: BaseAlgorithm) -> int:
    """Return how many gradient steps the agent has made; for PPO, minibatches of every epoch."""
    subject: Any = agent
    updates = int(subject._n_updates)
    if not hasattr(subject, "rollout_buffer"):
        return updates
    minibatches = -(-subject.n_steps * subject.n_envs // subject.batch_size)  # the last one may be smaller
    return updates * int(minibatches)  # SBX counts epochs here


def training_metrics(agent: BaseAlgorithm) -> dict[str, float]:
    """Return what the learner's last update says about itself, by SBX's own names; empty before the first one.

    Numbers that are not finite are left out.
    """
    if isinstance(agent, FusedAgent):
        found = agent.learner.losses()
    else:
        logged = agent.logger.name_to_value.items()
        found = {name.removeprefix(_LEARNER): float(value) for name, value in logged if name.startswith(_LEARNER)}
        found.pop("n_updates", None)  # ticks have it
    return {name: value for name, value in found.items() if math.isfinite(value)}


def observe_return(agent: BaseAlgorithm, exploring: float) -> None:
    """Tell the agent the estimated return of its exploring robots, for which a schedule of its noise may wait."""
    if isinstance(agent, FusedAgent):
        agent.learner.observe_return(exploring)


def noise_hold(agent: BaseAlgorithm) -> int | None:
    """Return for how many steps the agent holds its exploration noise while it learns; None if it never does."""
    subject: Any = agent
    if not getattr(subject, "use_sde", False):
        return None
    if subject.sde_sample_freq > 0:
        return int(subject.sde_sample_freq)
    return int(subject.train_freq.frequency if hasattr(subject, "train_freq") else subject.n_steps)
