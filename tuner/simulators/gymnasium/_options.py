"""What a study can say about a Gymnasium task beyond its id."""

from typing import Any, Literal

from pydantic import Field, JsonValue

from tuner.config import Frozen, PositiveCount


class GymnasiumOptions(Frozen):
    """`task.options` of the simulator `gymnasium`."""

    env_kwargs: dict[str, JsonValue] = Field(default_factory=dict)
    """Passed to `gymnasium.make`, and by it to the environment."""
    max_episode_steps: PositiveCount | None = None
    """Steps after which an episode is truncated; None keeps the environment's own limit."""
    vectorization: Literal["sync", "subprocess"] = "sync"
    """`sync` steps all robots one after the other in the worker; `subprocess` gives each robot a process of its own,
    which pays when a step takes milliseconds."""
    import_: str | None = Field(default=None, alias="import")
    """A module, or a Python file (relative to the study file), whose import registers your own environments."""

    def kwargs(self) -> dict[str, Any]:
        """Return the keyword arguments for `gymnasium.make`, apart from the time limit."""
        return {"disable_env_checker": True, **self.env_kwargs}
