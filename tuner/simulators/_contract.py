"""The interface of simulators: tasks by id, each opened as a vectorised environment."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators._joint_targets import JointTargets


class Camera(ABC):
    """Takes pictures of one robot of a task, headless. Close it, or use it in a `with` block."""

    @abstractmethod
    def picture(self) -> npt.NDArray[np.uint8]:
        """Return the robot as it is now, shape (height, width, 3); a new array every time."""

    @abstractmethod
    def close(self) -> None:
        """Free the renderer; closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TaskEnv(VecEnv, ABC):
    """A task stepped for `num_envs` robots at once.

    On top of Stable-Baselines3's `VecEnv`, every implementation keeps these rules, which
    `tests/contracts/simulator.py` checks:

    - `infos[i]["terminal_observation"]` is the true last observation of robot i's episode, not the one after the reset;
    - `infos[i]["TimeLimit.truncated"]` is True exactly when the episode ended by time and not by failure;
    - arrays handed out are never written to again, and arrays taken in are copied;
    - the same seed and actions give the same trajectory, bit for bit, whatever the number of threads; `seed` followed
      by `reset` starts that trajectory again;
    - observations and rewards are float32, dones are bool;
    - `metrics` has the same names from the opening on, and new arrays after each step;
    - closing twice is harmless.
    """

    observation_space: spaces.Box
    action_space: spaces.Box
    """The task's own action box, as its author declared it, shape (action_dim,)."""
    max_episode_steps: int
    """Control steps after which an episode is truncated."""
    control_period_seconds: float
    """Simulated seconds per control step; NaN where the task has no notion of time."""
    joint_targets: JointTargets | None = None
    """What the actions command if they are joint targets; None if they are something else, or it is not known."""
    provenance: Mapping[str, Any] | None = None
    """Versions, physics, device and whatever else scores depend on, JSON-safe, where the simulator is not part of this
    installation; None where it is."""
    flattened: Mapping[str, str] = {}
    """Spaces that were made flat for the agent, as they were, by `observations` and `actions`; what was not is left
    out."""
    restarts: bool = True
    """Whether `seed` and `reset` undo all that has happened since the task was opened. Where something goes on, such as
    a curriculum, every trial opens the task again."""
    process_id: int | None = None
    """The process outside this one that steps the task, with its children; None where this one does."""
    metrics: Mapping[str, npt.NDArray[np.floating[Any]]] = {}
    """What the task measured in the last control step beside the reward, such as a robot's speed: by name, each of
    shape (num_envs,), of floats. NaN where it does not apply to a robot in that step, and for all before the first
    step. Where an episode ended, it is that episode's. Names and arrays are the task's to choose; wherever they are
    shown beside the learner's own numbers, `task/` precedes their names."""
    spread_ages: bool = False
    """When True, `reset` gives every robot a random initial age, uniform over the episode length, so that its first
    time-out comes early and time-outs do not arrive in bursts. Training sets it, evaluation does not. The ages have a
    random stream of their own, so that they change nothing in the trajectory but when episodes end."""

    def get_state(self) -> Any | None:
        """Return a copy of the whole simulation state for `set_state`, or None if the simulator cannot do that."""
        return None

    def set_state(self, state: Any) -> npt.NDArray[np.float32]:
        """Go back to a state from `get_state`; return its observations, shape (num_envs, observation_dim)."""
        raise NotImplementedError(f"{type(self).__name__} cannot restore a state")

    def open_camera(self, robot: int = 0, *, width: int = 640, height: int = 480) -> Camera:
        """Return a camera that films one robot, headless.

        Args:
            robot: which one.
            width: of a picture, px, even.
            height: of a picture, px, even.

        Raises:
            UserError: if this task cannot be filmed, or not on this machine.
        """
        raise UserError(
            f"{type(self).__name__} cannot be filmed: only the tasks of the simulator 'mujoco' can. Leave out --video."
        )

    # Stable-Baselines3 asks each robot for its attributes. Engines that step all robots as arrays have one object for
    # all of them, so the methods below use the environment's own. Implementations with one object per robot override.

    render_mode: str | None = None

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return the environment's attribute, once for each robot asked about."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set the environment's attribute, which all robots share."""
        setattr(self, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **kwargs: Any
    ) -> list[Any]:
        """Call the environment's method, once for each robot asked about."""
        return [getattr(self, method_name)(*method_args, **kwargs) for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper], indices: VecEnvIndices = None) -> list[bool]:
        """Say that no robot is wrapped: there are no single environments to wrap."""
        return [False for _ in self._get_indices(indices)]


class Simulator(ABC):
    """A family of tasks stepped by one engine.

    To add your own, subclass it and name it in a study file as `simulator: path/to/file.py:ClassName`.
    """

    name: str
    """The name used in study files."""
    reopens: bool = True
    """Whether a process that closed one task can open another. If not, every other task needs a fresh process."""

    @abstractmethod
    def tasks(self) -> list[str]:
        """Return the ids of the tasks it is known to open; cheap, nothing heavy is imported."""

    def knows(self, task_id: str) -> bool:
        """Return whether it may open a task of this id, listed or not; it is only asked where none is named."""
        return task_id in self.tasks()

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
