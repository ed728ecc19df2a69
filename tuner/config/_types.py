"""The base class of all models, and types that they share."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Frozen(BaseModel):
    """An immutable model that forbids unknown keys, infinities and silent conversions between types.

    Strict: "240" and true are not numbers, and 256.0 is not a whole number. A whole number is accepted as a number,
    and a list as a tuple (`Listed`), because YAML and JSON have nothing else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True, strict=True)

    @classmethod
    def from_stored(cls, data: Mapping[str, Any], *, complete: Collection[str] = ()) -> Self:
        """Build the model from JSON that this program stored. Keys that only another version knows are left out.

        Args:
            data: the JSON.
            complete: fields that must be known as a whole, because something is rebuilt from them.

        Raises:
            ValidationError: if anything else does not fit.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            unknown = [problem["loc"] for problem in error.errors() if problem["type"] == "extra_forbidden"]
            if not unknown or any(place[0] in complete for place in unknown):
                raise
        known: Any = deepcopy(data)
        for *path, key in unknown:
            section = known
            for name in path:
                section = section[name]
            del section[key]
        return cls.model_validate(known)


Listed = Field(strict=False)
"""Marks a tuple that may also be given as a list; what is inside stays strict."""

PositiveSeconds = Annotated[float, Field(gt=0, description="seconds, more than zero")]
PositiveCount = Annotated[int, Field(ge=1)]
"""A whole number of at least one; a float such as 256.0, or a boolean, is refused."""
