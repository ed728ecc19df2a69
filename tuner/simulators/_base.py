"""What every simulator is to the rest of the package: tasks by id, each opened as a vectorised environment."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from tuner.config import TaskConfig


class TaskEnv(VecEnv, ABC):
    """A task stepped for `num_envs` robots at once.

    On top of Stable-Baselines3's `VecEnv`, every implementation keeps these rules, which
    `tests/contracts/simulator.py` checks:

    - `infos[i]["terminal_observation"]` is the true last observation of robot i's episode, not the one after the reset;
    - `infos[i]["TimeLimit.truncated"]` is True exactly when the episode ended by time and not by failure;
    - arrays handed out are never written to again;
    - the same seed and actions give the same trajectory, bit for bit;
    - closing twice is harmless.
    """

    observation_space: spaces.Box
    action_space: spaces.Box
    """The task's own action box, as its author declared it, shape (action_dim,)."""
    max_episode_steps: int
    """Control steps after which an episode is truncated."""
    control_period_seconds: float
    """Simulated seconds per control step; NaN where the task has no notion of time."""
    spread_ages: bool = False
    """When True, `reset` gives every robot a random initial age, uniform over the episode length, so that its first
    time-out comes early and time-outs do not arrive in bursts. Training sets it, evaluation does not."""

    def get_state(self) -> Any | None:
        """Return a copy of the whole simulation state for `set_state`, or None where that cannot be had."""
        return None

    def set_state(self, state: Any) -> npt.NDArray[np.float32]:
        """Go back to a state from `get_state`; return its observations, shape (num_envs, observation_dim)."""
        raise NotImplementedError(f"{type(self).__name__} cannot restore a state")


class Simulator(ABC):
    """A family of tasks stepped by one engine.

    To add your own, subclass it and name it in a study file as `simulator: path/to/file.py:ClassName`.
    """

    name: str
    """The name used in study files."""

    @abstractmethod
    def tasks(self) -> list[str]:
        """Return the ids of the tasks it is known to open; cheap, nothing heavy is imported."""

    @abstractmethod
    def open(self, task: TaskConfig, *, seed: int, threads: int) -> TaskEnv:
        """Open a task.

        Args:
            task: what to open; `task.options` are this simulator's own.
            seed: seeds the simulation, as `VecEnv.seed` does.
            threads: CPU threads that stepping may use.

        Raises:
            UserError: for an unknown task or option, or a task that cannot be trained on (no Box action space).
        """
