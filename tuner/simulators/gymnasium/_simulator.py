"""Opens Gymnasium environments by their registered ids."""

from functools import partial
from importlib.util import find_spec

import gymnasium as gym
from stable_baselines3.common.vec_env import VecEnv

from tuner.config import TaskConfig, parse_options
from tuner.simulators._contract import Simulator
from tuner.simulators.gymnasium._env import GymnasiumEnv
from tuner.simulators.gymnasium._first_robot import look_at
from tuner.simulators.gymnasium._robot import GymnasiumOptions, Robot, closed_on_error, in_this_process
from tuner.simulators.gymnasium._robot_processes import RobotProcesses

_CONTINUOUS = ("MountainCarContinuous-v0", "Pendulum-v1")
_BOX2D = ("BipedalWalker-v3", "BipedalWalkerHardcore-v3", "LunarLanderContinuous-v3")
_MUJOCO = "gymnasium.envs.mujoco."


class GymnasiumSimulator(Simulator):
    """Any environment id known to Gymnasium with actions in a Box of real numbers.

    `options` in the study file are `GymnasiumOptions`. A user's own id is found after importing the module that
    registers it: `options: {import: my_module}`, or Gymnasium's own way to write it, `id: my_module:MyEnv-v0`.
    Actions of several dimensions, and observations that are no Box of one, are made flat with Gymnasium's wrappers.
    Robots share one thread (`vectorization: sync`) or are divided among `threads` processes.
    """

    name = "gymnasium"

    def tasks(self) -> list[str]:
        """Return the continuous tasks that come with Gymnasium and whose engines are installed; others work too.

        The registry does not say which environments have continuous actions without creating them, so an id registered
        elsewhere is not listed.
        """
        found = [*_CONTINUOUS]
        if find_spec("Box2D"):
            found += _BOX2D
        if find_spec("mujoco") and find_spec("glfw"):  # Gymnasium's own MuJoCo tasks import the viewer
            specs = [spec for spec in gym.registry.values() if str(spec.entry_point).startswith(_MUJOCO)]
            newest = {spec.name: spec.id for spec in sorted(specs, key=lambda spec: spec.version or 0)}
            found += newest.values()
        return sorted(task for task in found if task in gym.registry)

    def knows(self, task_id: str) -> bool:
        """Return whether Gymnasium has such a task, or its id names the module that registers it."""
        return ":" in task_id or task_id in gym.registry

    def open(self, task: TaskConfig, *, seed: int, threads: int) -> GymnasiumEnv:
        """Open a task; see `Simulator.open`."""
        robot = Robot(task.id, parse_options(GymnasiumOptions, task.options, "task.options"))
        facts = look_at(robot, self.tasks())
        make = partial(robot.make, facts.max_episode_steps)
        if robot.options.vectorization == "subprocess":
            venv: VecEnv = RobotProcesses(make, task.num_envs, robot.options.processes or threads)
        else:
            venv = in_this_process(make, task.num_envs)
        with closed_on_error([venv]):
            env = GymnasiumEnv(
                venv,
                max_episode_steps=facts.max_episode_steps,
                control_period_seconds=facts.control_period_seconds,
                flattened=facts.flattened,
                metrics=facts.metrics,
            )
            env.seed(seed)
        return env
