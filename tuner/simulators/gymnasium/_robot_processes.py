"""Robots stepped in several processes, each of which steps its share of them one after the other."""

import multiprocessing
import pickle
import signal
import traceback
from collections.abc import Sequence
from itertools import chain
from multiprocessing.connection import Connection
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices

from tuner.simulators.gymnasium._robot import MakeRobot, in_this_process
from tuner.tracebacks import described

_END_SECONDS = 2.0
"""How long a process may take to end by itself."""


class RobotProcesses(VecEnv):
    """A vectorised environment like `SubprocVecEnv`, with several robots in each process.

    A robot's step is often shorter than the message that starts it in another process. With as many processes as CPUs
    there is one such message for each CPU and step, however many robots there are.
    """

    def __init__(self, make: MakeRobot, num_envs: int, processes: int) -> None:
        """Start the processes and create the robots.

        Args:
            make: creates one robot; it can be pickled.
            num_envs: how many robots.
            processes: how many processes; no more than robots are started.

        Raises:
            Exception: what creating a robot raised.
        """
        # Forking a process that has threads, as JAX's, can hang.
        started_by = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        context: Any = multiprocessing.get_context(started_by)
        context.set_forkserver_preload([__name__])  # PyTorch is imported once, and not by each process
        self._shares = np.array_split(np.arange(num_envs), min(processes, num_envs))
        self._process_of = np.repeat(np.arange(len(self._shares)), [len(share) for share in self._shares])
        self._connections: list[Connection] = []
        self._processes: list[Any] = []
        for share in self._shares:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, ours, make, len(share)), daemon=True)
            process.start()
            theirs.close()
            self._connections.append(ours)
            self._processes.append(process)
        try:
            (observation_space, action_space), *_ = [self._receive(process) for process in range(len(self._shares))]
            super().__init__(num_envs, observation_space, action_space)
        except BaseException:
            self.close()
            raise

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Give robot i the seed `seed + i`, from the next reset on."""
        first = int(np.random.default_rng().integers(2**31)) if seed is None else seed
        for process, share in enumerate(self._shares):
            self._send(process, "seed", first + int(share[0]))
        return [seed for process in range(len(self._shares)) for seed in self._receive(process)]

    def reset(self) -> npt.NDArray[Any]:
        """Reset all robots; return their observations, shape (num_envs, observation_dim)."""
        return np.concatenate(self._from_all("reset"))

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Start a step; `actions` has shape (num_envs, action_dim)."""
        for process, share in enumerate(self._shares):
            self._send(process, "step", actions[share])

    def step_wait(self) -> Any:
        """Finish the step; return observations, rewards, dones and infos of all robots."""
        results = [self._receive(process) for process in range(len(self._shares))]
        observations, rewards, dones, infos = zip(*results, strict=True)
        return np.concatenate(observations), np.concatenate(rewards), np.concatenate(dones), list(chain(*infos))

    def close(self) -> None:
        """End the processes; those that do not end by themselves are killed."""
        for connection in self._connections:
            connection.close()  # which ends its process
        for process in self._processes:
            process.join(_END_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
        self._connections, self._processes = [], []

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute of each robot."""
        return self._of_each("get_attr", attr_name, indices=indices)

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of each robot."""
        self._of_each("set_attr", attr_name, value, indices=indices)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of each robot."""
        return self._of_each("env_method", method_name, *method_args, indices=indices, **method_kwargs)

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper[Any, Any, Any, Any]], indices: Any = None) -> list[bool]:
        """Return for each robot whether it is in such a wrapper."""
        return self._of_each("env_is_wrapped", wrapper_class, indices=indices)

    def _of_each(self, method: str, *arguments: Any, indices: VecEnvIndices, **keywords: Any) -> list[Any]:
        """Call a method of `DummyVecEnv` for each robot asked about, in their order."""
        found: list[Any] = []
        for robot in self._get_indices(indices):
            process = int(self._process_of[robot])
            own = int(robot - self._shares[process][0])
            self._send(process, method, *arguments, indices=own, **keywords)
            found += self._receive(process) or [None]
        return found

    def _from_all(self, method: str) -> list[Any]:
        for process in range(len(self._shares)):
            self._send(process, method)
        return [self._receive(process) for process in range(len(self._shares))]

    def _send(self, process: int, method: str, *arguments: Any, **keywords: Any) -> None:
        try:
            self._connections[process].send((method, arguments, keywords))
        except OSError:
            raise self._lost(process) from None

    def _receive(self, process: int) -> Any:
        try:
            result, error = self._connections[process].recv()
        except (EOFError, OSError):
            raise self._lost(process) from None
        if error is not None:
            raise error
        return result

    def _lost(self, process: int) -> RuntimeError:
        self._processes[process].join(_END_SECONDS)
        robots = self._shares[process]
        code = self._processes[process].exitcode
        return RuntimeError(f"the process that steps robots {robots[0]} to {robots[-1]} ended with exit code {code}")


def _serve(connection: Connection, other_end: Connection, make: MakeRobot, num_envs: int) -> None:
    """Create robots, then carry out what is asked of them until the connection is closed."""
    other_end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the business of the process that started this one
    try:
        env = in_this_process(make, num_envs)
    except Exception as error:
        connection.send((None, _portable(error)))
        return
    connection.send(((env.observation_space, env.action_space), None))
    try:
        while True:
            _answer(connection, env)
    except (EOFError, OSError):  # the other end is closed
        env.close()


def _answer(connection: Connection, env: DummyVecEnv) -> None:
    method, arguments, keywords = connection.recv()
    try:
        connection.send((getattr(env, method)(*arguments, **keywords), None))
    except Exception as error:
        connection.send((None, _portable(error)))


def _portable(error: Exception) -> Exception:
    """Return an error that can be sent to another process, with its traceback as a note."""
    trace = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an error class whose constructor wants other arguments
        error = RuntimeError(described(error))
    error.add_note(f"In the process of the robots:\n{trace}")
    return error
