"""How one robot of a Gymnasium task is made: registered, created, wrapped and made flat."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import gymnasium as gym
from pydantic import Field, JsonValue
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from tuner.config import Frozen, PositiveCount
from tuner.simulators.gymnasium._env import AgedEpisodes
from tuner.simulators.gymnasium._wrappers import Wrappers, flat
from tuner.user_code import load_named


class GymnasiumOptions(Frozen):
    """`task.options` of the simulator `gymnasium`."""

    env_kwargs: dict[str, JsonValue] = Field(default_factory=dict)
    """Passed to `gymnasium.make`, and by it to the environment."""
    env_wrapper: Wrappers = ()
    """Wrappers, the innermost first: `module:Class`, or `{module:Class: {argument: value}}`."""
    max_episode_steps: PositiveCount | None = None
    """Steps after which an episode is truncated; None keeps the environment's own limit."""
    vectorization: Literal["sync", "subprocess"] = "sync"
    """`sync` steps all robots one after the other in the worker; `subprocess` divides them among processes, which is
    faster when a step takes longer than the message that starts it."""
    processes: PositiveCount | None = None
    """With `subprocess`: how many processes; None for as many as the worker has CPUs."""
    import_: str | None = Field(default=None, alias="import", min_length=1)
    """A module, a package or a Python file whose import registers your own environments. It may lie beside the study
    file or in the current folder."""

    def kwargs(self) -> dict[str, Any]:
        """Return the keyword arguments for `gymnasium.make`."""
        limit = {} if self.max_episode_steps is None else {"max_episode_steps": self.max_episode_steps}
        return {"disable_env_checker": True, **self.env_kwargs, **limit}


@dataclass(frozen=True)
class Robot:
    """How to make one robot of a task. It can be pickled, and makes the same robot in another process."""

    task_id: str
    """The environment's id, perhaps after the module that registers it: `mypkg:MyEnv-v0`."""
    options: GymnasiumOptions

    @property
    def env_id(self) -> str:
        """The environment's id alone."""
        return self.task_id.rpartition(":")[2]

    @property
    def modules(self) -> list[str]:
        """What must be imported first; the module in the id may be the one in the options, there with its folder."""
        named, imported = self.task_id.rpartition(":")[0], self.options.import_
        names = [] if imported is None else [imported]
        known = imported is not None and imported.rpartition("/")[2] == named
        return names if known or not named else [*names, named]

    @property
    def description(self) -> str:
        """The environment and its wrappers, for messages."""
        wrappers = [wrapper.reference for wrapper in self.options.env_wrapper]
        return f"'{self.env_id}'" + (f" (in {', '.join(wrappers)})" if wrappers else "")

    def register(self) -> None:
        """Import what registers the environment.

        Raises:
            UserError: if it does not exist, or raises on import.
        """
        for module in self.modules:
            load_named(module)

    def wrapped(self) -> gym.Env[Any, Any]:
        """Return a new environment in the user's wrappers; raises whatever they raise."""
        self.register()
        env = gym.make(self.env_id, **self.options.kwargs())
        with closed_on_error([env]):
            for wrapper in self.options.env_wrapper:
                env = wrapper.apply(env)
        return env

    def make(self, max_episode_steps: int) -> AgedEpisodes:
        """Return a new robot with flat observations and actions."""
        env = self.wrapped()
        with closed_on_error([env]):
            return AgedEpisodes(flat(env), max_episode_steps)


MakeRobot = Callable[[], gym.Env[Any, Any]]


def in_this_process(make: MakeRobot, count: int) -> DummyVecEnv:
    """Return robots that are stepped one after the other; if one cannot be made, those before it are closed."""
    robots: list[gym.Env[Any, Any]] = []
    with closed_on_error(robots):
        robots.extend(make() for _ in range(count))
        return DummyVecEnv([partial(robots.__getitem__, number) for number in range(count)])


@contextmanager
def closed_on_error(envs: Iterable[gym.Env[Any, Any] | VecEnv]) -> Iterator[None]:
    """Close environments if the `with` block raises; that closing one fails, too, is not what went wrong."""
    try:
        yield
    except BaseException:
        for env in envs:
            with suppress(Exception):
                env.close()
        raise
