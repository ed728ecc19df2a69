"""The bounds file: the action bounds of one task, and other bounds that were found with them.

`tuner bounds` writes it; a study file names it as `action_bounds`.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator

from tuner.config._problems import describe_problems
from tuner.config._types import Frozen, Listed
from tuner.config._yaml import dump_yaml, parse_yaml
from tuner.config.agent import ActionBox, Bounds
from tuner.errors import UserError
from tuner.resources import is_file_reference, user_path

BoundsSource = Literal["percentiles", "joint_limits", "fraction"]
"""Percentiles of recorded actions, the robot's joint limits, or a share of the task's own box about its centre."""


def check_percentiles(pair: tuple[float, float]) -> None:
    """Refuse two numbers that are not percentiles, or not in order.

    Raises:
        UserError: if they are not within 0 and 100, the lower one first.
    """
    low, high = pair
    if not 0 <= low < high <= 100:
        raise UserError(
            f"The percentiles are {low:g} and {high:g}, but must be two numbers from 0 to 100, the lower one first, "
            "such as 2.5 and 97.5."
        )


def _checked(pair: tuple[float, float]) -> tuple[float, float]:
    try:
        check_percentiles(pair)
    except UserError as error:
        raise ValueError(str(error).removesuffix(".")) from error  # the list of mistakes adds the full stop
    return pair


Percentiles = Annotated[tuple[float, float], Listed, AfterValidator(_checked)]
"""The lower and the upper percentile, such as 2.5 and 97.5."""


class BoundsTask(Frozen):
    """The task that bounds were found on."""

    id: str = Field(min_length=1)
    simulator: str = "mujoco"


class PercentileBox(ActionBox):
    """Percentiles of recorded actions, one pair for each action dimension."""

    percentiles: Percentiles


class BoundsOrigin(Frozen):
    """Where bounds come from; only for display."""

    policy: str | None = None
    """The trial's folder, or the recording."""
    algorithm: str | None = None
    deterministic: bool | None = None
    """Whether the recorded policy acted without exploration noise."""
    samples: int | None = Field(default=None, ge=1)
    """Recorded actions, of all robots together."""


class ActionBoundsFile(Frozen):
    """Action bounds for one task, one pair for each action dimension, in the task's own units."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    schema_version: Literal[1] = Field(default=1, alias="schema")
    task: BoundsTask
    source: BoundsSource
    """What `low` and `high` are."""
    percentiles: Percentiles | None = None
    """The two percentiles, if the source is `percentiles`."""
    fraction: float | None = Field(default=None, gt=0, le=1)
    """The share of the task's own box, if the source is `fraction`."""
    low: Bounds
    high: Bounds
    percentile_boxes: Annotated[tuple[PercentileBox, ...], Listed] = ()
    """The same recording at several pairs of percentiles, for search spaces that sample one."""
    joint_limits: ActionBox | None = None
    """The box that reaches the joint limits, if the task's actions are joint targets."""
    origin: BoundsOrigin = BoundsOrigin()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.source == "percentiles" and self.percentiles is None:
            raise ValueError("the source is percentiles, but the key percentiles is missing: which ones?")
        if self.source == "fraction" and self.fraction is None:
            raise ValueError("the source is fraction, but the key fraction is missing: which share?")
        dimensions = len(self.box.low)
        others = [*self.percentile_boxes, *([self.joint_limits] if self.joint_limits is not None else [])]
        for other in others:
            if len(other.low) != dimensions:
                raise ValueError(f"low and high have {dimensions} dimensions, but another box has {len(other.low)}")
        return self

    @property
    def box(self) -> ActionBox:
        """The bounds themselves."""
        return ActionBox(low=self.low, high=self.high)

    @property
    def boxes_by_percentiles(self) -> dict[tuple[float, float], ActionBox]:
        """All boxes made from percentiles, including the file's own; the narrowest pair comes first."""
        found = {box.percentiles: ActionBox(low=box.low, high=box.high) for box in self.percentile_boxes}
        if self.source == "percentiles" and self.percentiles is not None:
            found[self.percentiles] = self.box
        return dict(sorted(found.items(), key=lambda entry: entry[0][1] - entry[0][0]))

    @property
    def joint_limit_box(self) -> ActionBox | None:
        """The box that reaches the joint limits; None if it is not known."""
        return self.box if self.source == "joint_limits" else self.joint_limits

    def mismatch(self, task_id: str, simulator: str) -> str | None:
        """Say why these bounds are not for a task; None if they are.

        A user's own simulator is compared by file name and class: the file may have moved along with the study.
        Gymnasium's ids are compared without the module that registers them, which a study may name in its options.
        """
        if _env_id(task_id) == _env_id(self.task.id) and _simulator_name(simulator) == _simulator_name(
            self.task.simulator
        ):
            return None
        return (
            f"the action bounds were found on {self.task.id} (simulator {self.task.simulator}), but the task is "
            f"{task_id} (simulator {simulator}); make new ones with: tuner bounds {task_id} --pretrain ppo"
        )


def load_bounds(path: str | Path) -> ActionBoundsFile:
    """Read a bounds file.

    Raises:
        UserError: if there is none, or something in it is wrong; all mistakes at once.
    """
    file = user_path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a bounds file: it is not a text file. {_HOW}") from error
    except OSError as error:
        raise UserError(f"Cannot read the bounds file {path}: {error.strerror}. {_HOW}") from error
    data = parse_yaml(text, str(path))
    if not isinstance(data, dict):
        found = "nothing" if data is None else f"a {type(data).__name__}"
        raise UserError(f"{path} is not a bounds file: it holds {found}, not keys and values. {_HOW}")
    try:
        return ActionBoundsFile.model_validate(data)
    except ValidationError as error:
        problems = describe_problems(error, ActionBoundsFile, data)
        raise UserError("\n  ".join([f"{path} cannot be used as a bounds file:", *problems])) from error


def dump_bounds(bounds: ActionBoundsFile) -> str:
    """Return the text of a bounds file, which `load_bounds` reads back as the same bounds."""
    data = bounds.model_dump(mode="json", exclude_none=True)
    return dump_yaml({key: value for key, value in data.items() if value not in ([], {})}, short_lists=True)


_HOW = "Write one with: tuner bounds DIR -o bounds.yaml"


def _simulator_name(simulator: str) -> str:
    return Path(simulator).name if is_file_reference(simulator) else simulator


def _env_id(task_id: str) -> str:
    return task_id.rpartition(":")[2]
