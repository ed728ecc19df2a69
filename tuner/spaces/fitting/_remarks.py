"""What became of each value of a configuration in a search space."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["kept", "rounded", "clipped", "outside", "ignored", "pinned", "replaced"]


@dataclass(frozen=True)
class Remark:
    """One value that was given, and what the search space makes of it."""

    name: str
    """As it was given."""
    given: Any
    kind: Kind
    """`kept` exactly; `rounded` to the nearest value; `clipped` to the end of the range; `outside` of the space, which
    has other values only; `ignored`, as no parameter decides it; `pinned` to another value by the study's `fixed`;
    `replaced`, in a file or a warm start, by a parameter of the space that was given beside it."""
    used: Any = None
    """What the agent has instead; None where it has nothing of the kind."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The parameters of the space that decide it, with their values."""
    reason: str = ""
    """Why it is ignored."""

    def __str__(self) -> str:
        own = ", ".join(f"{name} {shown(value)}" for name, value in self.parameters.items())
        given, used = f"{self.name} {shown(self.given)}", shown(self.used)
        if self.kind == "kept":
            same = "" if shown(self.given) == used else f", which is {used} and the same in effect"
            return f"{given} → {own or 'as it always is'}{same}"
        if self.kind == "rounded":
            return f"{given} is rounded to {used} ({own})"
        if self.kind == "clipped":
            return f"{given} lies beyond the range and is clipped to {used} ({own})"
        if self.kind == "outside":
            return f"{given} lies outside of the space, which uses {used} ({own})"
        if self.kind == "pinned":
            return f"{given} is not used: 'fixed' pins {own}"
        if self.kind == "replaced":
            return f"{given} gives way to {own}"
        return f"{given} is ignored: {self.reason}"

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-safe dictionary."""
        return asdict(self)


def shown(value: Any) -> str:
    """Return a value as a message has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        sizes = list(value.values())
        if value.keys() == {"pi", "qf"}:  # the sizes of two networks
            return shown(sizes[0]) if sizes[0] == sizes[1] else f"pi {shown(value['pi'])}, qf {shown(value['qf'])}"
        return "{" + ", ".join(f"{key}: {shown(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(shown, value)) + "]"
    return "nothing" if value is None else str(value)
