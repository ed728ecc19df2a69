"""Opens Gymnasium environments by their registered ids."""

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

import gymnasium as gym
from gymnasium import spaces
from pydantic import Field, JsonValue
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

from tuner.config import Frozen, PositiveCount, TaskConfig, parse_options
from tuner.errors import TunerError, UserError, nearest
from tuner.simulators._contract import Simulator
from tuner.simulators.gymnasium._env import AgedEpisodes, GymnasiumEnv
from tuner.user_code import load_file


class GymnasiumOptions(Frozen):
    """`task.options` of the simulator `gymnasium`."""

    env_kwargs: dict[str, JsonValue] = Field(default_factory=dict)
    """Passed to `gymnasium.make`, and by it to the environment."""
    max_episode_steps: PositiveCount | None = None
    """Steps after which an episode is truncated; None keeps the environment's own limit."""
    vectorization: Literal["sync", "subprocess"] = "sync"
    """`sync` steps all robots one after the other in the worker; `subprocess` gives each robot a process of its own,
    which is faster when a step takes milliseconds."""
    import_: str | None = Field(default=None, alias="import")
    """A module, or a Python file (relative to the study file), whose import registers your own environments."""

    def kwargs(self) -> dict[str, Any]:
        """Return the keyword arguments for `gymnasium.make`, apart from the time limit."""
        return {"disable_env_checker": True, **self.env_kwargs}


_CONTINUOUS = ("MountainCarContinuous-v0", "Pendulum-v1")
_BOX2D = ("BipedalWalker-v3", "BipedalWalkerHardcore-v3", "LunarLanderContinuous-v3")
_MUJOCO = "gymnasium.envs.mujoco."


class GymnasiumSimulator(Simulator):
    """Any environment id known to Gymnasium with one-dimensional Box observations and actions.

    `options` in the study file are `GymnasiumOptions`. A user's own id is found after importing the module that
    registers it: `options: {import: my_module}`, or Gymnasium's own way to write it, `id: my_module:MyEnv-v0`.
    Robots share one thread (`vectorization: sync`) or have one process each; `threads` is not used.
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

    def open(self, task: TaskConfig, *, seed: int, threads: int) -> GymnasiumEnv:
        """Open a task; see `Simulator.open`."""
        options = parse_options(GymnasiumOptions, task.options, "task.options")
        module, _, env_id = task.id.rpartition(":")
        modules = [name for name in (options.import_, module) if name]
        for name in modules:
            _import(name)
        registered_limit = _spec(env_id, self.tasks()).max_episode_steps
        limit = registered_limit if options.max_episode_steps is None else options.max_episode_steps
        if limit is None:
            raise UserError(f"'{env_id}' has no time limit. Give one, such as options: {{max_episode_steps: 1000}}.")
        make = partial(_make, env_id, limit, options.kwargs(), modules)
        first = _first(env_id, make)
        try:
            _check_spaces(env_id, first)
            period = _period_seconds(first)
        finally:
            first.close()
        venv = (SubprocVecEnv if options.vectorization == "subprocess" else DummyVecEnv)([make] * task.num_envs)
        env = GymnasiumEnv(venv, max_episode_steps=limit, control_period_seconds=period)
        env.seed(seed)
        return env


def _import(module: str) -> None:
    """Import what registers the user's environments: a module, or a Python file."""
    if module.endswith(".py"):
        load_file(module)
        return
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise UserError(f"Importing '{module}' failed: {error}. Install what it needs.") from error
        advice = f"Install it, or name its file: options: {{import: ./{module}.py}}."
        raise UserError(f"There is no module '{module}' to import. {advice}") from error
    except Exception as error:
        raise UserError(f"Importing '{module}' failed: {type(error).__name__}: {error}.") from error


def _make(env_id: str, limit: int, kwargs: dict[str, Any], modules: list[str]) -> AgedEpisodes:
    """Create one robot; runs in its own process with `vectorization: subprocess`."""
    for module in modules:
        _import(module)
    return AgedEpisodes(gym.make(env_id, max_episode_steps=limit, **kwargs), limit)


def _spec(env_id: str, listed: list[str]) -> Any:
    try:
        return gym.spec(env_id)
    except gym.error.Error as error:
        guess = nearest(env_id, gym.registry)
        hint = f" Did you mean '{guess}'?" if guess else ""
        raise UserError(
            f"Unknown task '{env_id}': Gymnasium has no such environment.{hint} It comes with {', '.join(listed)}; "
            "your own are registered by a module named in options: {import: my_module}."
        ) from error


def _first(env_id: str, make: partial[AgedEpisodes]) -> AgedEpisodes:
    """Create one robot to look at, so that an error is explained once instead of happening in every process."""
    try:
        return make()
    except TunerError:
        raise
    except ModuleNotFoundError as error:
        raise UserError(f"'{env_id}' needs '{error.name}', which is not installed: pip install {error.name}") from error
    except Exception as error:
        raise UserError(f"'{env_id}' cannot be created: {type(error).__name__}: {error}") from error


def _check_spaces(env_id: str, env: AgedEpisodes) -> None:
    """Raise UserError unless observations and actions are one-dimensional boxes of real numbers."""
    for kind, space in (("actions", env.action_space), ("observations", env.observation_space)):
        if not isinstance(space, spaces.Box):
            advice = " Wrap it in gymnasium.wrappers.FlattenObservation." if kind == "observations" else ""
            raise UserError(f"'{env_id}' has {kind} in {space}; only a Box (real numbers) can be trained on.{advice}")
        if len(space.shape) != 1 or space.dtype is None or space.dtype.kind != "f":
            raise UserError(f"'{env_id}' has {kind} in {space}; needed is a Box of floats with one dimension.")


def _period_seconds(env: AgedEpisodes) -> float:
    """Return simulated seconds per step: the environment's `dt`, or one frame as `render_fps` says, or NaN."""
    step = getattr(env.unwrapped, "dt", None)
    if isinstance(step, int | float) and step > 0:
        return float(step)
    frames = env.metadata.get("render_fps")
    return 1.0 / frames if isinstance(frames, int | float) and frames > 0 else float("nan")
