"""The base class of all models, and types that they share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """An immutable model that forbids unknown keys, infinities and silent conversions between types.

    Strict: "240" and true are not numbers, and 256.0 is not a whole number. A whole number is accepted as a number,
    and a list as a tuple (`Listed`), because YAML and JSON have nothing else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True, strict=True)


Listed = Field(strict=False)
"""Marks a tuple that may also be given as a list; what is inside stays strict."""

PositiveSeconds = Annotated[float, Field(gt=0, description="seconds, more than zero")]
PositiveCount = Annotated[int, Field(ge=1)]
"""A whole number of at least one; a float such as 256.0, or a boolean, is refused."""
