"""Compile, before the training clock starts, every program that training will call."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger

from tuner.agents.fused import FusedAgent
from tuner.agents.stock import unchanged


def warm_up(agent: BaseAlgorithm) -> None:
    """Run once, on dummy data of the real shapes, everything that training calls, then restore the agent.

    Afterwards the agent and the global random generators are bit for bit what they were, and training compiles nothing
    more. The environment is not touched. The seconds go to the ledger's open account.

    Args:
        agent: a fresh agent from `build_agent`.
    """
    if isinstance(agent, FusedAgent):
        agent.learner.warm_up()
        return
    subject: Any = agent
    with unchanged(subject):
        subject._logger = Logger(folder=None, output_formats=[])
        if hasattr(subject, "rollout_buffer"):
            _warm_up_on_policy(subject)
        else:
            _warm_up_off_policy(subject)


def _warm_up_off_policy(agent: Any) -> None:
    observations = _dummy_observations(agent)
    _predict(agent, observations)
    agent.replay_buffer = _dummy_replay_buffer(agent)
    steps = agent.gradient_steps if agent.gradient_steps > 0 else agent.train_freq.frequency * agent.n_envs
    # SBX compiles for every offset of the policy delay. One more call, because the results of an update may have other
    # JAX types than fresh parameters, and the first offset gets both.
    offsets = agent.policy_delay // math.gcd(steps, agent.policy_delay)
    for _ in range(offsets + 1):
        agent.stock.train(agent, gradient_steps=steps, batch_size=agent.batch_size)
    _predict(agent, observations)


def _warm_up_on_policy(agent: Any) -> None:
    observations = _dummy_observations(agent)
    _predict(agent, observations)
    _predict_values(agent, observations)
    agent.n_epochs = min(agent.n_epochs, 2)  # the second epoch meets what came out of an update of the first
    for _ in range(2):  # the second time with the results of an update
        agent.rollout_buffer = _dummy_rollout_buffer(agent)
        agent.stock.train(agent)
    _predict(agent, observations)
    _predict_values(agent, observations)


def _predict(agent: Any, observations: npt.NDArray[Any]) -> None:
    """Predict for all robots, exploring and deterministically, and for the probes."""
    if agent.use_sde:
        agent.policy.reset_noise(agent.n_envs)
    agent.policy.predict(observations, deterministic=False)
    agent.policy.predict(observations, deterministic=True)
    probes = getattr(agent, "probes", None)
    if probes is not None and probes.size:
        agent.policy.predict(observations[probes], deterministic=True)


def _predict_values(agent: Any, observations: npt.NDArray[Any]) -> None:
    """Call what PPO's collecting calls: all at once, and the value of one last observation or of all robots'."""
    agent.policy.reset_noise()
    agent.policy.predict_all(observations, agent.policy.noise_key)
    for rows in (observations, agent.policy.prepare_obs(observations[0])[0]):
        np.array(agent.vf.apply(agent.policy.vf_state.params, rows).flatten())


def _dummy_observations(agent: Any) -> npt.NDArray[Any]:
    """Return observations as the policy gets them, shape (n_envs, observation_dim)."""
    space = agent.observation_space
    observations = np.zeros((agent.n_envs, *space.shape), dtype=space.dtype)
    normalize = agent._vec_normalize_env
    return observations if normalize is None else normalize.normalize_obs(observations)


def _dummy_replay_buffer(agent: Any) -> Any:
    """Return a small full buffer of zeros, of the agent's own kind."""
    rows = agent.n_steps + 1
    buffer = agent.replay_buffer_class(
        rows * agent.n_envs,
        agent.observation_space,
        agent.action_space,
        device="cpu",
        n_envs=agent.n_envs,
        **agent.replay_buffer_kwargs,
    )
    buffer.full = True
    return buffer


def _dummy_rollout_buffer(agent: Any) -> Any:
    """Return a full rollout of zeros, of the real size."""
    buffer = agent.rollout_buffer_class(
        agent.n_steps,
        agent.observation_space,
        agent.action_space,
        device="cpu",
        gamma=agent.gamma,
        gae_lambda=agent.gae_lambda,
        n_envs=agent.n_envs,
        **agent.rollout_buffer_kwargs,
    )
    buffer.full = True
    return buffer
