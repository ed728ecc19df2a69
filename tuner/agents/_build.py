"""Build the agent of a trial."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from tuner.agents._choose_learner import check_memory, uses_fused_learner
from tuner.agents._restore import load_agent, restore
from tuner.agents.fused import FUSED_CLASSES, DeviceReplayBuffer, FusedLearner, compile_ahead
from tuner.agents.shared.changed_updates import changed_updates
from tuner.agents.shared.compilation import claim
from tuner.agents.shared.network import policy_arguments
from tuner.agents.shared.parameters import set_initial_std, target_entropy
from tuner.agents.stock import TIMED_CLASSES, checked_arguments, with_schedules
from tuner.clock import Ledger
from tuner.config import AgentConfig
from tuner.errors import UserError


class ObservationNormalizer(VecNormalize):
    """Stable-Baselines3's normalisation, computed in the observations' own float32 instead of float64.

    The running mean and variance stay float64. With thousands of robots it takes a fraction of the time; the
    numbers differ by float32 rounding.
    """

    def _normalize_obs(self, obs: npt.NDArray[Any], obs_rms: RunningMeanStd) -> npt.NDArray[np.float32]:
        deviation = np.sqrt(obs_rms.var + self.epsilon)
        normalized: npt.NDArray[np.float32] = np.subtract(obs, obs_rms.mean.astype(np.float32), dtype=np.float32)
        normalized *= (1 / deviation).astype(np.float32)
        np.clip(normalized, -self.clip_obs, self.clip_obs, out=normalized)
        return normalized


def normalize_observations(env: VecEnv, config: AgentConfig) -> VecEnv:
    """Return the environment with observations normalised by their running mean and variance, if the agent asks for it.

    Rewards are never normalised, so that returns keep their meaning.
    """
    if not config.normalize_observations:
        return env
    return ObservationNormalizer(env, norm_obs=True, norm_reward=False, clip_obs=config.clip_observations)


def build_agent(
    config: AgentConfig,
    env: VecEnv,
    *,
    seed: int,
    ledger: Ledger,
    probes: npt.NDArray[np.intp] | None = None,
    start_from: Path | None = None,
    budget_seconds: float | None = None,
) -> BaseAlgorithm:
    """Build an agent, ready to warm up and to learn.

    It is an instance of the SBX class that books its seconds to `ledger`: collecting to "act", updates to "learn".

    Args:
        config: the agent. `initial_std` is before squashing, in units of half the action box, for SAC, TQC and CrossQ;
            PPO does not squash, and its `initial_std` is in the action's own units.
        env: the environment, with observations normalised and actions bounded already.
        seed: seeds the networks, exploration and sampling. NumPy's global generator is seeded too: SBX samples with it.
        ledger: where the agent books its seconds.
        probes: robots that act deterministically at all times, shape (number of probes,); off-policy algorithms only.
        start_from: a folder in which `save_agent` saved an agent of the same algorithm; see `restore`.
        budget_seconds: the training clock over which a scheduled learning rate falls to zero; None lets it fall with
            the environment steps that `learn` is called for.

    Raises:
        UserError: if SBX, or the learner that is asked for, cannot build and train this configuration, or if the agent
            to start from does not fit.
        MemoryLimitError: if the replay buffer would take too much of the memory.
        ValueError: if probes are given to an on-policy algorithm, or are not robots of `env`.
    """
    if not isinstance(env.observation_space, spaces.Box) or not isinstance(env.action_space, spaces.Box):
        raise UserError(
            f"Agents need Box observations and actions, but the task has {env.observation_space} and "
            f"{env.action_space}."
        )
    rows = np.asarray([] if probes is None else probes, dtype=np.intp)
    if rows.size and not config.off_policy:
        raise ValueError(f"probe robots are for off-policy algorithms, not for {config.algorithm}")
    if rows.size and (rows.min() < 0 or rows.max() >= env.num_envs):
        raise ValueError(f"probes must lie in 0 … {env.num_envs - 1}, but are {rows.tolist()}")
    arguments = checked_arguments(config, num_envs=env.num_envs)
    noise = arguments.pop("action_noise", None)
    if config.target_entropy_std is not None:
        action_dim = int(np.prod(env.action_space.shape))
        arguments["target_entropy"] = target_entropy(config.target_entropy_std, action_dim)
    fused = uses_fused_learner(config, arguments, num_envs=env.num_envs)
    check_memory(
        config,
        arguments,
        fused=fused,
        num_envs=env.num_envs,
        observation_space=env.observation_space,
        action_space=env.action_space,
    )
    policy, policy_kwargs = policy_arguments(config)
    if fused:
        arguments |= {
            "replay_buffer_class": DeviceReplayBuffer,
            "replay_buffer_kwargs": {"rollout_steps": arguments.get("train_freq", 1)},
        }
    # Loaded before the agent is built, as loading seeds the global generators.
    saved = None if start_from is None else load_agent(start_from, config.algorithm)
    agent_class = (FUSED_CLASSES if fused else TIMED_CLASSES)[config.algorithm]
    for change in () if fused else changed_updates(config, env.action_space.shape[0]):
        agent_class = change.subclass(agent_class, **change.arguments)

    def build() -> Any:
        agent = agent_class(policy, env, policy_kwargs=policy_kwargs, seed=seed, **with_schedules(arguments))
        agent.ledger, agent.budget_seconds = ledger, budget_seconds
        return agent

    sizes = (config.algorithm, config.network, env.observation_space.shape, env.action_space.shape)
    with claim(f"build {sizes}", wait=False) as ours:
        if fused and not ours:
            compile_ahead(build, config)
        agent: Any = build()
    if config.off_policy:
        agent.probes = rows
        agent.exploration_std = noise or 0.0
        if config.initial_std is not None or not config.squash:
            set_initial_std(agent, config.initial_std or 1.0)
    if saved is not None and start_from is not None:
        restore(agent, *saved, squash=config.squash, directory=start_from)
    if fused:
        agent.learner = FusedLearner(agent, config)
        agent.learner.start()
    return cast(BaseAlgorithm, agent)
