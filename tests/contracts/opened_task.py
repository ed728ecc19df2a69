"""How the simulator contract opens the task that it examines."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from tuner.config import TaskConfig
from tuner.simulators import TaskEnv, open_task

LIMIT = 8
"""Control steps to which most tests shorten the episode."""

Floats = npt.NDArray[np.float32]


class OpenedTask:
    """The attributes say which task is opened, and how."""

    simulator: ClassVar[str]
    task_id: ClassVar[str]
    options: ClassVar[dict[str, Any]] = {}
    action_scale: ClassVar[float] = 1.0
    """Actions are drawn from ± this, within the task's own box: gentle enough not to fail within `LIMIT` steps."""
    listed: ClassVar[bool] = True
    """Whether `tasks()` names the task."""
    failing_action: ClassVar[float | None] = None
    """A constant action under which robots fail within `failing_steps`; None for tasks without failures."""
    failing_steps: ClassVar[int] = 500
    failed: ClassVar[Callable[[Any], Any] | None] = None
    """Says of observations, shape (n, observation_dim), which of them show a failure; as a staticmethod."""
    many: ClassVar[int] = 20
    """Robots of which all have to differ."""

    late_at_the_end: ClassVar[tuple[int, ...]] = ()
    """Components of the observation that the engine updates after it has kept the terminal one, which is therefore a
    step late in them."""

    def limited(self, steps: int) -> dict[str, Any]:
        """Return the options that limit episodes to `steps` control steps."""
        return {"max_episode_steps": steps}

    def config(self, num_envs: int, limit: int | None, **options: Any) -> TaskConfig:
        merged = {**self.options, **({} if limit is None else self.limited(limit)), **options}
        return TaskConfig(id=self.task_id, simulator=self.simulator, num_envs=num_envs, options=merged)

    @pytest.fixture
    def open_env(self) -> Any:
        """Open environments that are closed after the test."""
        opened: list[TaskEnv] = []

        def open_env(
            num_envs: int = 4, *, seed: int = 3, threads: int = 1, limit: int | None = LIMIT, spread: bool = False
        ) -> TaskEnv:
            env = open_task(self.config(num_envs, limit), seed=seed, threads=threads)
            env.spread_ages = spread
            opened.append(env)
            return env

        yield open_env
        for env in opened:
            env.close()

    def actions(self, env: TaskEnv, steps: int, seed: int = 11) -> Floats:
        """Return gentle random actions, shape (steps, num_envs, action_dim)."""
        random = np.random.default_rng(seed)
        shape = (steps, env.num_envs, *env.action_space.shape)
        drawn = random.uniform(-self.action_scale, self.action_scale, shape).astype(np.float32)
        return np.clip(drawn, env.action_space.low, env.action_space.high)
