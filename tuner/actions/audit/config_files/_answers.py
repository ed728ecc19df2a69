"""The three answers to what a configuration file says about actions: a box, no clipping, or not understood."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tuner.actions.audit._partial_targets import Known, PartialTargets
from tuner.errors import UserError

EACH = "each"
"""The name of the single row that stands for all dimensions, if a file does not say how many there are."""


@dataclass(frozen=True)
class ActionSettings:
    """A box: the action box of a configuration, and what the file says about the joints."""

    style: str
    """Name of the file's style, for display."""
    place: str
    """Path of the clipping in the file."""
    line: str
    """The file and the line that set it, `cfg.py:12`."""
    low: tuple[float, ...]
    """In units of the policy's output."""
    high: tuple[float, ...]
    joints: PartialTargets
    rescaled: bool = False
    """Whether the policy's sample is clamped to ±1 first and then multiplied, as RL-Games does."""
    notes: tuple[str, ...] = ()
    """Sentences about what could not be read, what is assumed, and the consequences."""


@dataclass(frozen=True)
class NoClipping:
    """No clipping, and where that was seen."""

    style: str
    place: str
    line: str
    reason: str
    """Sentences."""
    joints: PartialTargets
    """What the file says of the joints; no rows if it does not say how many there are."""
    notes: tuple[str, ...] = ()


NO_JOINTS = PartialTargets((), (), (), (), ())


@dataclass(frozen=True)
class NotUnderstood:
    """Something is clipped, or may be, and the file alone does not tell how."""

    line: str
    """The file and the line that was not understood; the file alone if it is no single line."""
    reason: str
    """Sentences."""
    style: str = ""
    place: str = ""
    joints: PartialTargets = NO_JOINTS
    notes: tuple[str, ...] = ()


Answer = ActionSettings | NoClipping | NotUnderstood


class UnclearError(UserError):
    """A clip that is not understood; the message says why."""

    def __init__(self, message: str, line: str = "") -> None:
        """Take the file and the line, if it is a single one."""
        super().__init__(message)
        self.line = line


class UnclippedError(UnclearError):
    """A clip that clips nothing, such as an infinite one."""


def by_hand(joints: PartialTargets) -> str:
    """Return the command that audits a box given by hand, filled in as far as the joints are known."""
    dims = "" if joints.names in ((), (EACH,)) or any(is_pattern(name) for name in joints.names) else len(joints.names)
    scales = set(joints.scale)
    scale = next(iter(scales)) if len(scales) == 1 else None
    counted = f" --dims {dims}" if dims else ""
    return f"tuner audit --box LOW HIGH{counted}{'' if scale is None else f' --scale {scale:g}'}"


def is_pattern(name: str) -> bool:
    """Say whether the name of a joint is a regular expression."""
    return not name.replace("_", "").replace("-", "").replace("/", "").replace(" ", "").isalnum()


def unnamed(count: int) -> PartialTargets:
    """Return joints of which only the number is known."""
    nothing: Known = (None,) * count
    return PartialTargets(tuple(str(index) for index in range(count)), nothing, nothing, nothing, nothing)


def both(environment: Answer, agent: Answer) -> Answer:
    """Return what an environment's file and its trainer's say together.

    The trainer clips the policy's output first, and the environment what it gets; the box is where both let through.
    """
    if isinstance(agent, NotUnderstood) or isinstance(environment, NotUnderstood):
        return _unclear_part(environment, agent)
    if isinstance(agent, NoClipping):
        return environment
    if isinstance(environment, NoClipping):
        return _on_joints(agent, environment.joints)
    wide = _on_joints(agent, environment.joints)
    low = tuple(map(max, environment.low, wide.low))
    high = tuple(map(min, environment.high, wide.high))
    return replace(
        wide,
        style=f"{environment.style} and {agent.style}",
        place=f"{environment.place}, {agent.place}",
        line=f"{environment.line}, {agent.line}",
        low=low,
        high=high,
        joints=environment.joints,
        notes=tuple(dict.fromkeys((*environment.notes, *wide.notes))),
    )


def _unclear_part(environment: Answer, agent: Answer) -> Answer:
    part = environment if isinstance(environment, NotUnderstood) else agent
    joints = environment.joints if environment.joints.names else agent.joints
    return replace(part, joints=joints)


def _on_joints(agent: ActionSettings, joints: PartialTargets) -> ActionSettings:
    """Return a trainer's box for the joints that an environment's file names."""
    if not joints.names:
        return agent
    if len(agent.low) == 1:
        count = len(joints.names)
        notes = tuple(note for note in agent.notes if "how many actions" not in note)
        return replace(agent, low=agent.low * count, high=agent.high * count, joints=joints, notes=notes)
    return replace(agent, joints=joints) if len(agent.low) == len(joints.names) else agent


def same(answers: Sequence[Answer]) -> bool:
    """Say whether all answers are the same, apart from where they were found."""
    return len({_essence(answer) for answer in answers}) <= 1


def _essence(answer: Answer) -> tuple[object, ...]:
    if isinstance(answer, ActionSettings):
        return ("box", answer.low, answer.high, answer.joints, answer.rescaled)
    return (type(answer).__name__, answer.line, answer.joints)
