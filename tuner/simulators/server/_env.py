"""A task in a simulator's server, as an environment on our side."""

import math
import mmap
import os
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from tuner.clock import Clock
from tuner.config import TaskConfig
from tuner.errors import TunerError
from tuner.simulators._contract import TaskEnv
from tuner.simulators._joint_targets import JointTargets
from tuner.simulators.server._client import Client
from tuner.simulators.server._process import LogWatch, ServerProcess
from tuner.simulators.server.server_side.layout import Buffer, Layout


class CannotReopenError(TunerError):
    """The server has opened another task before, and its engine opens only one in the life of a process."""


class ServedEnv(TaskEnv):
    """A task stepped by a simulator's server.

    `step_async` hands the actions over and returns, so that updates go on while the simulator steps in its own process.

    Args:
        task: what to open.
        client: the connection to the server.
        seed: seeds the simulation.
        threads: CPU threads that stepping may use.
        process: the server, if `close` is to end it; otherwise it keeps the task open.
        say: gets, about once a second while the task opens, what the simulator is doing.

    Raises:
        UserError: for a task or option that the simulator refuses.
        CannotReopenError: if it takes a fresh server.
        SimulatorLostError: if the server ends, falls silent or takes too long.
    """

    def __init__(
        self,
        task: TaskConfig,
        client: Client,
        *,
        seed: int,
        threads: int,
        process: ServerProcess | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._process = process
        self._turn = 0
        self._closed = False
        opening = {"task": task.model_dump(mode="json"), "seed": seed, "threads": threads}
        reply = client.call("open", client.deadlines.launch, say=say, **opening)
        if "declined" in reply:
            raise CannotReopenError(f"{task.simulator} needs a fresh process to open {task.id}.")
        facts = reply["facts"]
        self._metric_names: list[str] = facts["metrics"]
        layout = Layout(
            task.num_envs, facts["observation_dim"], len(facts["action_low"]), metrics=len(self._metric_names)
        )
        self._buffers = self._share(layout)
        self.max_episode_steps = facts["max_episode_steps"]
        period = facts["control_period_seconds"]
        self.control_period_seconds = math.nan if period is None else period
        joints = facts["joints"]
        self.joint_targets = None if joints is None else JointTargets(**{k: tuple(v) for k, v in joints.items()})
        self.flattened = facts["flattened"]
        self.provenance = facts["provenance"]
        self.restarts = facts["restarts"]
        self.process_id = client.log.pid
        self.metrics = self._named(np.full((len(self._metric_names), task.num_envs), np.nan, np.float32))
        self._faults = LogWatch(client.log, tuple(facts["fault_markers"]))
        super().__init__(
            task.num_envs,
            spaces.Box(-np.inf, np.inf, (layout.observation_dim,), np.float32),
            spaces.Box(_bounds(facts["action_low"], -np.inf), _bounds(facts["action_high"], np.inf), dtype=np.float32),
        )

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed everything; `reset` then starts the seed's trajectory."""
        chosen = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        self._client.call("seed", self._client.deadlines.step, seed=chosen)
        return [seed] * self.num_envs

    def reset(self) -> npt.NDArray[np.float32]:
        """Start a new episode for every robot; return the observations, shape (num_envs, observation_dim)."""
        self._client.call("reset", self._client.deadlines.step, buffer=self._turn, spread_ages=self.spread_ages)
        observations: npt.NDArray[np.float32] = self._buffers[self._turn].observations.copy()
        return observations

    def step_async(self, actions: npt.NDArray[np.float32]) -> None:
        """Hand over the actions of the next step, shape (num_envs, action_dim), and return."""
        self._turn = (self._turn + 1) % len(self._buffers)
        self._buffers[self._turn].actions[:] = actions
        self._client.send("step", buffer=self._turn)

    def step_wait(self) -> VecEnvStepReturn:
        """Wait for the step; return new arrays of observations, rewards, dones, and the infos.

        Raises:
            SimulatorLostError: if the simulator failed, or says in its log that its physics has become invalid.
        """
        self._client.receive(self._client.deadlines.step)
        fault = self._faults.look()
        if fault is not None:
            raise self._client.failed(f"says that its physics has become invalid: {fault}")
        buffer = self._buffers[self._turn]
        self.metrics = self._named(buffer.metrics.copy())
        dones = buffer.terminated | buffer.truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        ended = np.flatnonzero(dones)
        if ended.size:
            last = buffer.final_observations[ended]
            for row, robot in enumerate(ended):
                infos[robot]["terminal_observation"] = last[row]
                infos[robot]["TimeLimit.truncated"] = bool(buffer.truncated[robot])
        return buffer.observations.copy(), buffer.rewards.copy(), dones, infos

    def round_trip_seconds(self, clock: Clock, messages: int = 100) -> float:
        """Return how long a message to the server and its answer take, the median of several."""
        times = []
        for _ in range(messages):
            begun = clock.now()
            self._client.call("ping", self._client.deadlines.step)
            times.append(clock.now() - begun)
        return float(np.median(times))

    def close(self) -> None:
        """End the server if it is this environment's own; closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        if self._process is not None:
            self._client.close()
            self._process.end(self._client.deadlines.close)
            if not self._client.lost:
                self._process.log.file.unlink(missing_ok=True)

    def _named(self, rows: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
        return dict(zip(self._metric_names, rows, strict=True))

    def _share(self, layout: Layout) -> tuple[Buffer, ...]:
        """Give the server memory without a name, which vanishes with the processes that map it."""
        descriptor = _unnamed_file()
        try:
            os.ftruncate(descriptor, layout.size)
            memory = mmap.mmap(descriptor, layout.size)
            self._client.send("attach", descriptors=(descriptor,))
            self._client.receive(self._client.deadlines.step)
        finally:
            os.close(descriptor)
        return layout.buffers(memory)


def _unnamed_file() -> int:
    """Return the descriptor of an anonymous file in memory."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("tuner-simulator", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _bounds(values: list[float | None], missing: float) -> npt.NDArray[np.float32]:
    return np.asarray([missing if value is None else value for value in values], dtype=np.float32)
