"""Simulators by name. An engine is imported when it is first used."""

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from gymnasium import spaces

from tuner.config import TaskConfig
from tuner.errors import UserError, nearest, unknown_name
from tuner.machine import granted_cpu_count
from tuner.resources import is_file_reference
from tuner.simulators._contract import Simulator, TaskEnv
from tuner.simulators.server import SERVED, open_served, server_for
from tuner.user_code import load_object

_MODULES = {
    "gymnasium": "tuner.simulators.gymnasium:GymnasiumSimulator",
    "isaaclab": "tuner.simulators.isaaclab:IsaacLabSimulator",
    "mjlab": "tuner.simulators.mjlab:MjlabSimulator",
    "mujoco": "tuner.simulators.mujoco:MujocoSimulator",
}


def simulator_names() -> list[str]:
    """Return the names of the simulators that come with the package."""
    return sorted(_MODULES)


def get_simulator(name: str) -> Simulator:
    """Return a simulator.

    Args:
        name: one of `simulator_names`, or a user's own as `path/to/file.py:ClassName`.

    Raises:
        UserError: if there is no such simulator, the user's file cannot be imported, or its class is not a simulator.
    """
    if is_file_reference(name):
        return _create(load_object(name), name)
    if name not in _MODULES:
        error = unknown_name("simulator", name, _MODULES)
        raise UserError(f"{error} Your own is written as path/to/file.py:ClassName.")
    module, _, attribute = _MODULES[name].partition(":")
    return _create(getattr(import_module(module), attribute), name)


def find_simulator(task_id: str) -> str:
    """Return the name of the simulator that lists a task, or knows it without listing it.

    Raises:
        UserError: if none does. A simulator that is named may open more than it knows.
    """
    found = {name: get_simulator(name) for name in simulator_names() if name not in SERVED}
    for name, simulator in found.items():
        if simulator.knows(task_id):
            return name
    known = [task for simulator in found.values() for task in simulator.tasks()]
    guess = nearest(task_id, known)
    hint = f" Did you mean '{guess}'?" if guess else ""
    raise UserError(
        f"No simulator lists a task '{task_id}'.{hint} `tuner tasks` prints all. Name the simulator of one that is not "
        "listed: --simulator gymnasium, or your own as --simulator path/to/file.py:ClassName."
    )


def open_task(task: TaskConfig, *, seed: int, threads: int, say: Callable[[str], None] = lambda _: None) -> TaskEnv:
    """Open a task in the simulator it names, in a process of its own if it has an interpreter of its own.

    Args:
        task: what to open.
        seed: seeds the simulation, as `VecEnv.seed` does.
        threads: CPU threads that stepping may use; never more than there are CPUs for.
        say: gets, about once a second, what a simulator in a process of its own is doing while the task opens.

    Raises:
        UserError: as `get_simulator` and `Simulator.open` do, if a user's simulator opens something else than asked, or
            for actions that are not a Box with one dimension, or spaces without numbers. The Box may be infinite: a
            study can give bounds to it.
    """
    granted = min(threads, granted_cpu_count())
    server = server_for(task)
    if server is not None:
        return open_served(task, server, seed=seed, threads=granted, say=say)
    simulator = get_simulator(task.simulator)
    try:
        env = simulator.open(task, seed=seed, threads=granted)
    except UserError:
        if not simulator.knows(task.id):
            _look_elsewhere(task)
        raise
    try:
        _check_opened(env, task)
    except BaseException:
        _close(env)
        raise
    return env


def _look_elsewhere(task: TaskConfig) -> None:
    """Refuse a task that belongs to another simulator: by what is wrong with it there, or by naming that simulator."""
    for name in simulator_names():
        other = None if name in SERVED or name == task.simulator else get_simulator(name)
        if other is not None and other.knows(task.id):
            alone = task.model_copy(update={"simulator": name, "num_envs": 1, "options": {}})
            other.open(alone, seed=0, threads=1).close()
            raise UserError(
                f"'{task.id}' is a task of the simulator '{name}', not of '{task.simulator}'. Write simulator: {name}."
            )


def _check_opened(env: object, task: TaskConfig) -> None:
    """Refuse what a user's simulator opened if it is not as requested, or cannot be trained on."""
    if not isinstance(env, TaskEnv):
        raise UserError(f"Simulator '{task.simulator}' opened a {type(env).__name__}, which is not a TaskEnv.")
    if env.num_envs != task.num_envs:
        raise UserError(f"Simulator '{task.simulator}' opened {env.num_envs} robots instead of {task.num_envs}.")
    space: spaces.Space[Any] = env.action_space  # a user's simulator may declare any
    if not isinstance(space, spaces.Box) or len(space.shape) != 1:
        raise UserError(
            f"'{task.id}' has actions in {space}. Only a Box with one dimension has bounds and can be trained on, such "
            "as Box(-1.0, 1.0, (12,), float32); discrete and composite actions do not fit."
        )
    for name, found in {"actions": space, "observations": env.observation_space}.items():
        if 0 in (found.shape or ()):
            raise UserError(f"'{task.id}' has no {name}: their space is {found}. An agent needs at least one number.")


def _close(env: object) -> None:
    """Close a refused environment, if it can be closed; an error would hide the reason of the refusal."""
    close = getattr(env, "close", None)
    if callable(close):
        with suppress(Exception):
            close()


def _create(found: object, name: str) -> Simulator:
    if not (isinstance(found, type) and issubclass(found, Simulator)):
        what = "another class" if isinstance(found, type) else f"a {type(found).__name__}"
        raise UserError(f"'{name}' is {what}, not a class derived from tuner.simulators.Simulator.")
    try:
        return found()
    except TypeError as error:  # abstract methods left out, or a constructor that wants arguments
        raise UserError(f"Simulator '{name}' cannot be created without arguments: {error}.") from error
