"""Agents with the fused learner, and SBX's own with the same parameters, key and experience, to compare them with."""

from typing import Any
from unittest import mock

import jax
import numpy as np
from gymnasium import spaces
from stable_baselines3.common.logger import Logger

from tests.agents.small import small_agent, small_config
from tests.support.point_mass import PointMassEnv
from tuner.agents import build_agent, normalize_observations
from tuner.agents.fused._replay_buffer import draw_places
from tuner.clock import Ledger, ManualClock
from tuner.config import AgentConfig
from tuner.simulators import BoundedActions

ROBOTS = 4
ROWS = 12
ONE_BLOCK = {"gradient_steps": 2, "policy_delay": 2}
"""Arguments with which every small agent calls one and the same compiled program."""


def fused_config(algorithm: str = "sac", **changes: Any) -> AgentConfig:
    return small_config(algorithm, **{"learner": "fused", "arguments": ONE_BLOCK} | changes)


def fused_agent(*, probes: Any = (), seed: int = 0, **arguments: Any) -> Any:
    """A small SAC that updates in one block."""
    return small_agent(fused_config(arguments=ONE_BLOCK | arguments), probes=probes, seed=seed)


class StillEnv(PointMassEnv):
    """Has five observations and three actions, and is never stepped."""

    def __init__(self) -> None:
        super().__init__(ROBOTS)
        self.observation_space = spaces.Box(-np.inf, np.inf, (5,), np.float32)
        self.action_space = spaces.Box(-1.0, 1.0, (3,), np.float32)


def still_agent(config: AgentConfig, learner: str) -> Any:
    """An agent on robots that never step, its observations normalised by some mean and variance."""
    config = config.model_copy(update={"learner": learner}).resolved([-1.0] * 3, [1.0] * 3)
    env = BoundedActions(normalize_observations(StillEnv(), config), config.action_box)
    agent: Any = build_agent(config, env, seed=3, ledger=Ledger(ManualClock()))
    agent._logger = Logger(folder=None, output_formats=[])
    if agent._vec_normalize_env is not None:
        statistics = agent._vec_normalize_env.obs_rms
        statistics.mean, statistics.var = np.linspace(-1, 1, 5), np.linspace(0.02, 2, 5)
    return agent


class Experience:
    """Random steps for the buffers of two agents at once."""

    def __init__(self, stock: Any, fused: Any) -> None:
        self._stock, self._fused = stock, fused
        self._random = np.random.default_rng(0)

    def store(self, steps: int) -> None:
        """Store steps of all robots, a quarter of which end an episode, half of these by time."""
        widths = (space.shape[0] for space in (self._fused.observation_space, self._fused.action_space))
        observation_dim, action_dim = widths
        for _ in range(steps):
            before, after = self._random.normal(size=(2, ROBOTS, observation_dim)).astype(np.float32)
            actions = self._random.uniform(-1, 1, (ROBOTS, action_dim)).astype(np.float32)
            rewards = self._random.normal(size=ROBOTS).astype(np.float32)
            dones = self._random.random(ROBOTS) < 0.25
            timeouts = dones & (self._random.random(ROBOTS) < 0.5)
            infos = [{"TimeLimit.truncated": bool(timeout)} for timeout in timeouts]
            self._stock.replay_buffer.add(before, after, actions, rewards, dones, infos)
            self._fused.replay_buffer.add(before, after, actions, rewards, dones, timeouts)


def places_of_next_train(agent: Any) -> tuple[Any, Any]:
    """Return the rows and robots that the agent's next train call draws, one array each."""
    shape, key, buffer = agent.learner.programs.shape, agent.learner.places_key, agent.replay_buffer
    rows, robots = [], []
    for _ in range(agent.gradient_steps // shape.gradient_steps):
        key, draw = jax.random.split(key)
        count = shape.gradient_steps * shape.batch_size
        places = draw_places(draw, count, np.int32(buffer.size()), agent.n_envs)
        rows.append(places[0])
        robots.append(places[1])
    return np.concatenate(rows), np.concatenate(robots)


def samples_of_sb3(buffer: Any, rows: Any, robots: Any, env: Any = None) -> Any:
    """Return what Stable-Baselines3's own buffer gives for these places; it draws the robots itself."""
    with mock.patch.object(np.random, "randint", return_value=np.asarray(robots)):
        return buffer._get_samples(np.asarray(rows), env=env)


def train_stock_at(agent: Any, rows: Any, robots: Any) -> None:
    """Let SBX's own agent train once on the transitions at the given places of its buffer."""
    buffer = agent.replay_buffer

    def sample(count: int, env: Any = None) -> Any:
        assert count == len(rows)
        return samples_of_sb3(buffer, rows, robots, env)

    buffer.sample = sample
    agent.train(agent.gradient_steps, agent.batch_size)


class Acting:
    """Remembers, at every step of an agent, what acted: parameters, observations, and actions scaled to [-1, 1]."""

    def __init__(self, agent: Any) -> None:
        self.agent = agent
        self.parameters: list[Any] = []
        self.observations: list[Any] = []
        self.actions: list[Any] = []
        self._sample = agent._sample_action
        agent._sample_action = self._remember

    def modes(self, parameters: Any = None) -> Any:
        """Return the deterministic actions of SBX's own network, shape (steps, robots, action_dim)."""
        given = self.parameters if parameters is None else parameters
        state = self.agent.policy.actor_state
        pairs = zip(given, self.observations, strict=True)
        return np.stack([state.apply_fn(jax.device_get(each), rows).mode() for each, rows in pairs])

    def _remember(self, *arguments: Any, **keywords: Any) -> Any:
        self.parameters.append(self.agent.learner.acting_parameters)
        self.observations.append(np.array(self.agent._last_obs))
        actions, scaled = self._sample(*arguments, **keywords)
        self.actions.append(np.array(scaled))
        return actions, scaled


def train_and_look_who_acts(agent: Any, rollouts: int) -> tuple[Acting, list[Any]]:
    """Train; return what acted, and the actor's parameters after each update, the untrained ones first."""
    acting = Acting(agent)
    after = [jax.device_get(agent.policy.actor_state.params)]
    train = agent.train

    def remember(*arguments: Any, **keywords: Any) -> None:
        train(*arguments, **keywords)
        agent.learner.finish_updates()
        after.append(jax.device_get(agent.policy.actor_state.params))

    agent.train = remember
    agent.learn(rollouts * agent.replay_buffer.rollout_steps * agent.n_envs)
    del agent.train
    return acting, after
