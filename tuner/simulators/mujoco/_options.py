"""What a study file may say under `task.options` for the tasks of this simulator."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tuner.config import TaskConfig
from tuner.errors import UserError, unknown_name


class TaskOptions(BaseModel):
    """Options that every task of this simulator has."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    max_episode_steps: int = Field(ge=1)
    """Control steps after which an episode is truncated; each task has its own default."""


class CartpoleOptions(TaskOptions):
    """Options of `Cartpole`."""

    max_episode_steps: int = Field(default=300, ge=1)
    """5 s of 1/60 s each."""


class VelocityFlatA1Options(TaskOptions):
    """Options of `Velocity-Flat-A1`."""

    max_episode_steps: int = Field(default=1000, ge=1)
    """20 s of 0.02 s each."""
    observation_noise: bool = True
    """Whether uniform noise is added to the observations."""
    randomize: bool = True
    """Whether the trunk's mass is drawn at start-up, and the robot's place and heading at each reset."""


Options = TypeVar("Options", bound=TaskOptions)


def read_options(task: TaskConfig, kind: type[Options]) -> Options:
    """Return the task's options, checked.

    Args:
        task: the task as the study file gives it.
        kind: the class of its options.

    Raises:
        UserError: for an option that does not exist, or a value of the wrong type or range.
    """
    for name in task.options:
        if name not in kind.model_fields:
            raise unknown_name("option", name, kind.model_fields, where=f"of task {task.id}")
    try:
        return kind.model_validate(task.options)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        message = (
            f"Option '{name}' of task {task.id} is {first['input']!r}: {first['msg']}. Correct task.options.{name}."
        )
        raise UserError(message) from error
