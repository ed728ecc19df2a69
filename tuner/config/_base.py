"""The shared base of everything a user writes down or a trial is described by."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """An immutable model that forbids unknown keys, infinities and silent conversions between types."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


PositiveSeconds = Annotated[float, Field(gt=0, description="seconds, more than zero")]
PositiveCount = Annotated[int, Field(ge=1, strict=True)]
"""A whole number of at least one; a float such as 2.5, or a boolean, is refused."""
