"""The embedded simulator: tasks stepped by MuJoCo on the CPU."""

from tuner.config import TaskConfig, parse_options
from tuner.errors import unknown_name
from tuner.simulators._contract import Simulator, TaskEnv

_CARTPOLE = "Cartpole"
_VELOCITY_FLAT_A1 = "Velocity-Flat-A1"
_TASKS = (_CARTPOLE, _VELOCITY_FLAT_A1)


class MujocoSimulator(Simulator):
    """Tasks of the package's own, on `mujoco.batch.Batch`: one model, many simulations, a pool of threads.

    Options of `Cartpole` are described in `CartpoleOptions`, those of `Velocity-Flat-A1` in `VelocityFlatA1Options`.
    """

    name = "mujoco"

    def tasks(self) -> list[str]:
        """Return the ids of the tasks."""
        return list(_TASKS)

    def open(self, task: TaskConfig, *, seed: int, threads: int) -> TaskEnv:
        """Open a task; see `Simulator.open`."""
        if task.id == _CARTPOLE:
            from tuner.simulators.mujoco._cartpole import Cartpole, CartpoleOptions

            cartpole_options = parse_options(CartpoleOptions, task.options, "task.options")
            return Cartpole(task.num_envs, cartpole_options, seed=seed, threads=threads)
        if task.id == _VELOCITY_FLAT_A1:
            from tuner.simulators.mujoco._velocity_flat_a1 import VelocityFlatA1, VelocityFlatA1Options

            a1_options = parse_options(VelocityFlatA1Options, task.options, "task.options")
            return VelocityFlatA1(task.num_envs, a1_options, seed=seed, threads=threads)
        raise unknown_name("task", task.id, _TASKS)
