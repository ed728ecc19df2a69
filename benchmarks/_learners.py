"""The agents that the benchmark of learners compares, built as a trial builds them, and how they are timed."""

import sys
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
import psutil
import torch
from _matrix_work import operations_per_update
from _synthetic import SyntheticEnv

from tuner.agents import enable_compilation_cache, finish_updates, gradient_steps_done, warm_up
from tuner.agents import set_up_devices as give_devices
from tuner.clock import Ledger, MonotonicClock
from tuner.config import AgentConfig, Network, ObjectiveConfig, TaskConfig, TrialSpec
from tuner.simulators import TaskEnv, open_task
from tuner.training import SilentChannel, TrialFiles, assemble

TASK = "Velocity-Flat-A1"
ACTION_BOUND_FRACTION = 0.02
NO_LOG = 2**60
BUDGET_SECONDS = 1e6
"""A trial needs a budget; it ends nothing here. Updates that would not fit into what is left of it are not made."""
FILLING_BATCHES = 16
"""Number of different steps that a replay buffer is filled with."""


@dataclass(frozen=True)
class Case:
    """What is trained."""

    name: str
    network: tuple[int, ...]
    """Hidden layers of the actor and of each critic."""
    batch_size: int
    gradient_steps: int
    """For each environment step of all robots."""
    policy_delay: int
    optimizer: str = "adam"
    arguments: dict[str, Any] = field(default_factory=dict)
    """More arguments of SBX."""

    def describe(self) -> str:
        sizes = list(self.network)
        return (
            f"{self.name}: networks {sizes}, batch {self.batch_size}, {self.gradient_steps} gradient steps per step, "
            f"policy delay {self.policy_delay}, layer norm, elu, {self.optimizer}"
        )

    def operations(self, observations: int, actions: int) -> float:
        """Return the floating-point operations of a gradient step's matrix products."""
        return operations_per_update(
            observations,
            actions,
            self.network,
            self.network,
            batch_size=self.batch_size,
            policy_delay=self.policy_delay,
        )


@dataclass(frozen=True)
class Learner:
    """What updates the agent."""

    name: str
    learner: str
    precision: str = "float32"


STOCK = Learner("stock", "stock")
FUSED = {
    "float32": Learner("fused float32", "fused"),
    "bfloat16": Learner("fused bfloat16", "fused", "bfloat16"),
}


@dataclass(frozen=True)
class Place:
    """Where it is trained."""

    simulator: str
    """`mujoco` or `synthetic`."""
    num_envs: int
    threads: int
    buffer_steps: int
    """Steps of each robot that the replay buffer holds."""

    def describe(self) -> str:
        task = TASK if self.simulator == "mujoco" else "a task of its size that costs nothing"
        return f"{task}, {self.num_envs} robots, {self.threads} threads for the physics"

    @property
    def task(self) -> TaskConfig:
        return TaskConfig(id=TASK, simulator=self.simulator, num_envs=self.num_envs)

    def open(self) -> TaskEnv:
        if self.simulator == "synthetic":
            return SyntheticEnv(self.num_envs)
        return open_task(self.task, seed=0, threads=self.threads)


@dataclass(frozen=True)
class Slice:
    """One measurement."""

    seconds: float
    steps: int
    """Steps of all robots together; 0 where only learning was measured."""
    updates: int
    booked: dict[str, float]
    """Seconds by account of the ledger."""


class Subject:
    """One agent in training, measured in short slices."""

    def __init__(self, case: Case, learner: Learner, place: Place) -> None:
        """Build the agent and compile its programs; `ready_seconds` says how long that took."""
        self.case = case
        self._place = place
        self._clock = MonotonicClock()
        self._ledger = Ledger(self._clock, "idle")
        self.env = place.open()
        spec = TrialSpec(
            study="benchmark",
            number=0,
            seed=0,
            task=place.task,
            agent=agent_config(case, learner, place),
            objective=ObjectiveConfig(kind="return_at_budget"),
            budget_seconds=BUDGET_SECONDS,
            ticks=1,
        )
        start = self._clock.now()
        channel = SilentChannel()
        self.agent: Any = assemble(spec, self.env, channel, self._ledger, TrialFiles(None)).agent
        for notice in channel.notices:
            print(f"{learner.name}: {notice}", file=sys.stderr)
        warm_up(self.agent)
        self.ready_seconds = self._clock.now() - start

    def begin(self, steps: int) -> None:
        """Fill the replay buffer and train for a while, so that all later slices are alike."""
        fill(self.agent, np.random.default_rng(0))
        self.train(steps + self.agent.learning_starts // self._place.num_envs + 1)

    def train(self, steps: int) -> Slice:
        """Train for this many steps of all robots, and wait for the last update."""
        before, updates = self._ledger.totals(), gradient_steps_done(self.agent)
        start = self._clock.now()
        with self._ledger.account("act"):
            self.agent.learn(steps * self._place.num_envs, log_interval=NO_LOG, reset_num_timesteps=False)
        finish_updates(self.agent)
        seconds = self._clock.now() - start
        after = self._ledger.totals()
        return Slice(
            seconds,
            steps,
            gradient_steps_done(self.agent) - updates,
            {name: after[name] - before[name] for name in after},
        )

    def update(self, calls: int) -> Slice:
        """Only learn, as often as after this many environment steps."""
        start = self._clock.now()
        for _ in range(calls):
            self.agent.train(gradient_steps=self.case.gradient_steps, batch_size=self.case.batch_size)
        finish_updates(self.agent)
        return Slice(self._clock.now() - start, 0, calls * self.case.gradient_steps, {})

    def operations(self) -> float:
        """Return the floating-point operations of a gradient step's matrix products."""
        (observations,), (actions,) = self.env.observation_space.shape, self.env.action_space.shape
        return self.case.operations(observations, actions)


def agent_config(case: Case, learner: Learner, place: Place) -> AgentConfig:
    """Return the agent's configuration, the same for every learner."""
    arguments: dict[str, Any] = {
        "batch_size": case.batch_size,
        "gradient_steps": case.gradient_steps,
        "policy_delay": case.policy_delay,
        "buffer_size": place.num_envs * place.buffer_steps,
        "learning_starts": max(case.batch_size, place.num_envs),
        "learning_rate": 5e-4,
        "gamma": 0.98,
        "ent_coef": "auto_0.001",
    }
    return AgentConfig.model_validate(
        {
            "algorithm": "sac",
            "learner": learner.learner,
            "precision": learner.precision,
            "arguments": arguments | case.arguments,
            "network": Network.model_validate(
                {
                    "pi": case.network,
                    "qf": case.network,
                    "activation": "elu",
                    "layer_norm": True,
                    "optimizer": case.optimizer,
                }
            ),
            "initial_std": 0.4,
            "action_bound_fraction": ACTION_BOUND_FRACTION,
        }
    )


def fill(agent: Any, random: np.random.Generator) -> None:
    """Fill an agent's replay buffer with random steps; a small part of it would stay in the CPU's cache."""
    robots, observation_dim = agent.n_envs, agent.observation_space.shape[0]
    observations = random.standard_normal((FILLING_BATCHES, robots, observation_dim), dtype=np.float32)
    actions = random.uniform(-1, 1, (FILLING_BATCHES, robots, agent.action_space.shape[0])).astype(np.float32)
    rewards = random.standard_normal((FILLING_BATCHES, robots), dtype=np.float32)
    alive = np.zeros(robots, dtype=np.bool_)
    buffer = agent.replay_buffer
    stock = hasattr(buffer, "buffer_size")
    news = [[{}] * robots] if stock else [alive]  # Stable-Baselines3 expects an info for each robot
    for row in range(buffer.buffer_size if stock else buffer.capacity):
        index = row % FILLING_BATCHES
        after = observations[(row + 1) % FILLING_BATCHES]
        buffer.add(observations[index], after, actions[index], rewards[index], alive, *news)
    if not stock:
        buffer.flush()


def set_up(*, cache: Any = None) -> None:
    """Set up the process as a worker does; call it before JAX is used.

    Args:
        cache: the folder for compiled programs; by default the one that workers share.
    """
    torch.set_num_threads(1)
    give_devices()
    enable_compilation_cache(cache)


def describe_machine() -> str:
    """Return what the programs run on."""
    device = jax.devices()[0]
    cpus = len(psutil.Process().cpu_affinity() or [])
    return f"{device.platform} {device.device_kind}, {cpus} CPUs, JAX {jax.__version__}"
