"""Action terms of Isaac Lab and mjlab: their configurations in Python, the `env.yaml` they dump, deployment files.

Each term under `actions` computes processed = offset + scale · action and clamps it to `clip`, a mapping from joint
names (regular expressions) to [low, high]. So the clip is in units of the target, rad for joint positions, and is
converted here to units of the policy's output: (clip − offset) / scale. With `use_default_offset` the offset is the
joint's default position. A joint that a mapping does not mention has a scale of 1, an offset of 0 and no clip.
(isaaclab.envs.mdp.actions, 2.2 to 3.0; mjlab.envs.mdp.actions 1.0; unitree_rl_lab's deploy.yaml)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tuner.actions.audit._partial_targets import Known, PartialTargets
from tuner.actions.audit.config_files._answers import (
    ActionSettings,
    Answer,
    NoClipping,
    NotUnderstood,
    UnclearError,
    UnclippedError,
    is_pattern,
)
from tuner.actions.audit.config_files._settings import clip_bounds, finite, matches, matching, per_joint
from tuner.actions.audit.config_files._values import Section, Unknown, at_path, find_keys, shown

_NAMES = ("joint_names", "actuator_names")
_OF_A_TERM = (*_NAMES, "class_type", "use_default_offset", "preserve_order")
_WRAPPERS = "Nothing clips them then; Isaac Lab's wrapper for Stable-Baselines3 declares ±100 (2.2 to 2.3.2; ±1 since)."
_EVERY = ".*"


@dataclass(frozen=True)
class _Term:
    """One action term, as the file has it."""

    name: str
    section: Section
    line: str

    @property
    def kind(self) -> str:
        """Its class, `JointPositionAction`; what the file calls it where the class is not in the file."""
        written = self.section.kind if self.section.kind.removesuffix("Cfg").endswith("Action") else ""
        written = written or str(self.section.get("class_type") or "").replace(":", ".").rpartition(".")[2]
        return written.removesuffix("Cfg") or self.name

    @property
    def place(self) -> str:
        return f"actions.{self.name}.clip"


@dataclass(frozen=True)
class _Rows:
    """The joints of a term, or expressions that tell them apart."""

    names: tuple[str, ...]
    others: str = ""
    """The expression, among the names, that stands for every joint that no other one matches."""

    def one_each(self, value: Any, missing: float | None) -> Known:
        """Return one number for each name; None where it is not known.

        Args:
            value: one number, a list, or numbers by name or expression.
            missing: the number of joints that a mapping does not mention.
        """
        found = per_joint(value, self.names, missing)
        if not isinstance(value, Mapping):
            return found
        return tuple(
            number if self.tells(value, name) else None for name, number in zip(self.names, found, strict=True)
        )

    def tells(self, values: Mapping[Any, Any], name: str) -> bool:
        """Say whether a mapping tells what holds for a name; two expressions can overlap in unknown ways."""
        if matching(values, name) is not None or not is_pattern(name) or name == self.others:
            return True
        return all(key in self.names or not is_pattern(str(key)) for key in values)


@dataclass(frozen=True)
class _Read:
    """A term with one entry for each joint or expression."""

    names: tuple[str, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    default: Known
    scale: Known
    notes: tuple[str, ...]

    @property
    def unclipped(self) -> list[str]:
        return [name for name, low in zip(self.names, self.low, strict=True) if low is None]


def read_action_terms(root: Section, label: str, robot_joints: Sequence[str]) -> Answer | None:
    """Return what the action terms of a configuration say; None if it has none.

    Args:
        root: the settings.
        label: the file, for messages.
        robot_joints: the robot's joints, if they are known from another file; expressions are then expanded.
    """
    terms = list(_terms(root, label))
    if not terms:
        return None
    style = _style(root, terms)
    line = ", ".join(dict.fromkeys(term.line for term in terms))
    place = ", ".join(term.place for term in terms)
    try:
        read = [_read_term(term, root, robot_joints) for term in terms]
    except UnclearError as error:
        return NotUnderstood(error.line or line, str(error), style, place, _shown_joints(terms, root, robot_joints))
    joints = PartialTargets(
        names=tuple(name for part in read for name in part.names),
        default=tuple(value for part in read for value in part.default),
        scale=tuple(value for part in read for value in part.scale),
        lower=(None,) * sum(len(part.names) for part in read),
        upper=(None,) * sum(len(part.names) for part in read),
    )
    notes = tuple(dict.fromkeys(note for part in read for note in part.notes))
    if any(part.unclipped for part in read):
        return NoClipping(style, place, line, _without(terms, read), joints, notes)
    return ActionSettings(
        style=style,
        place=place,
        line=line,
        low=tuple(low for part in read for low in part.low if low is not None),
        high=tuple(high for part in read for high in part.high if high is not None),
        joints=joints,
        notes=notes,
    )


def _terms(root: Section, label: str) -> Iterator[_Term]:
    """Yield the terms under `actions`, at any depth; those of the root itself if it is a class of actions."""
    holders = [found.value for found in find_keys(root, ("actions",)) if isinstance(found.value, Section)]
    holder = next((value for value in (*holders, root) if _holds_terms(value, under_actions=value is not root)), None)
    for name, value in (holder or Section()).items():
        if isinstance(value, Section) and _is_term(value, under_actions=holder is not root):
            place = holder.places.get(name, "") if holder is not None else ""
            yield _Term(name, value, value.places.get("clip") or place or label)


def _holds_terms(value: Section, *, under_actions: bool) -> bool:
    return any(isinstance(entry, Section) and _is_term(entry, under_actions=under_actions) for entry in value.values())


def _is_term(section: Section, *, under_actions: bool) -> bool:
    if section.kind.removesuffix("Cfg").endswith("Action"):
        return True
    return under_actions and any(key in section for key in ("clip", "scale", *_OF_A_TERM))


def _style(root: Section, terms: list[_Term]) -> str:
    sections = [term.section for term in terms]
    if root.kind or any(section.kind for section in sections):
        return "action terms in Python"
    if any("actuator_names" in section for section in sections):
        return "mjlab environment"
    offsets = [section.get("offset") for section in sections]
    return "deployment file" if any(isinstance(offset, list) for offset in offsets) else "Isaac Lab environment"


def _without(terms: list[_Term], read: list[_Read]) -> str:
    parts = []
    for term, found in zip(terms, read, strict=True):
        if len(found.unclipped) == len(found.names):
            scale = term.section.get("scale")
            described = term.kind if scale is None else f"{term.kind}, scale {shown(scale)}"
            parts.append(f"{term.name} ({described}) has no clip")
        elif found.unclipped:
            parts.append(f"{term.name} clips other joints, but not {', '.join(found.unclipped)}")
    return f"Action terms: {'; '.join(parts)}. {_WRAPPERS}"


def _read_term(term: _Term, root: Section, robot_joints: Sequence[str]) -> _Read:
    clip = _clip(term)
    rows, notes = _rows(term, root, robot_joints)
    names = rows.names
    offset = _offset(term, root, rows)
    if clip is None:
        nothing: tuple[float | None, ...] = (None,) * len(names)
        return _Read(names, nothing, nothing, *_targets(term, offset, rows.one_each(_plain_scale(term), 1.0)), notes)
    scale = _scale(term, rows)
    if None in offset:
        notes += (f"The default pose is not in the file: the box of {term.name} is about it, not about zero.",)
    bounds = [
        _bounds(index, rows, step, 0.0 if base is None else base, clip, term)
        for index, (step, base) in enumerate(zip(scale, offset, strict=True))
    ]
    lows, highs = [low for low, _ in bounds], [high for _, high in bounds]
    default, targets = _targets(term, offset, scale)
    if rows.others and len(names) > 1 and lows[-1] is None and None not in lows[:-1]:
        notes += (f"Other joints of {term.name}, if there are any, are not clipped.",)
        names, lows, highs, default, targets = names[:-1], lows[:-1], highs[:-1], default[:-1], targets[:-1]
    return _Read(names, tuple(lows), tuple(highs), default, targets, notes)


def _clip(term: _Term) -> Any:
    """Return a term's clip in the units of its target; None if it has none.

    Raises:
        UnclearError: if that is not known.
    """
    clip = term.section.get("clip")
    if clip is None and "clip" not in term.section and term.section.partial:
        raise UnclearError(
            f"The file changes {term.name}, but whether it is clipped is set where it is made, in a file that was not "
            "found.",
            next(iter(term.section.places.values()), ""),
        )
    if isinstance(clip, Unknown):
        raise UnclearError(
            f"{term.place} is {shown(clip)}, which cannot be computed without running the code.", term.line
        )
    if "ToLimits" in term.kind and term.section.get("rescale_to_limits") is not False:
        return clip or [[-1.0, 1.0]]  # it clamps to ±1 before it rescales to the joint's limits
    return clip if clip or clip == 0 else None


def _plain_scale(term: _Term) -> Any:
    return term.section.get("scale", None if term.section.partial else 1.0)


def _scale(term: _Term, rows: _Rows) -> tuple[float, ...]:
    line = term.section.places.get("scale", term.line)
    value = _plain_scale(term)
    if value is None:
        raise UnclearError(
            f"{term.place} is in units of its target, and the scale of {term.name} is set in a file that was not "
            "found, so the clip cannot be converted to the policy's output.",
            term.line,
        )
    found = rows.one_each(value, 1.0)
    for name, scale in zip(rows.names, found, strict=True):
        if scale is None or scale == 0.0:
            raise UnclearError(
                f"{term.place} is in units of its target, and the scale of {name}, {shown(value)}, is no number other "
                "than zero that could be computed, so the clip cannot be converted to the policy's output.",
                line,
            )
    return tuple(scale for scale in found if scale is not None)


def _offset(term: _Term, root: Section, rows: _Rows) -> Known:
    """Return the offset of each joint, None where it is not known."""
    moves = term.kind.startswith(("JointPosition", "JointVelocity", "EMAJointPosition")) or term.section.partial
    made_here = bool(term.section.kind) or term.section.partial
    if "ToLimits" in term.kind or "Relative" in term.kind:
        value: Any = 0.0
    elif term.section.get("use_default_offset", made_here and moves) is not False:
        value = _pose(term, root)
    else:
        value = term.section.get("offset", 0.0)
    return rows.one_each(value, 0.0)


def _pose(term: _Term, root: Section) -> Any:
    """Return the joints' default positions, or velocities if these are commanded; None if the file has none."""
    for keys in (("scene",), ("scene", "entities")):
        robot = at_path(
            root, (*keys, str(term.section.get("asset_name") or term.section.get("entity_name") or "robot"))
        )
        state = robot.get("init_state") if isinstance(robot, Section) else None
        if isinstance(state, Section):
            return state.get("joint_vel" if "vel" in term.kind.lower() else "joint_pos")
    return None


def _targets(term: _Term, offset: Known, scale: Known) -> tuple[Known, Known]:
    """Return default positions and scales of joint targets; nothing where a term commands something else."""
    positions = ("position" in term.kind.lower() or "joint_pos" in term.kind.lower()) and not any(
        word in term.kind for word in ("Relative", "ToLimits", "Binary")
    )
    if positions:
        return offset, scale
    return (None,) * len(offset), (None,) * len(scale)


def _bounds(
    index: int, rows: _Rows, scale: float, offset: float, clip: Any, term: _Term
) -> tuple[float | None, float | None]:
    """Return the bounds of one joint's action, from its clip in units of the target; None if it has none."""
    name = rows.names[index]
    value = matching(clip, name) if isinstance(clip, Mapping) else clip
    if value is None:
        if not rows.tells(clip, name):
            raise UnclearError(f"{term.place} does not tell whether it clips {name}.", term.line)
        return None, None
    try:
        if isinstance(clip, Mapping):
            (low,), (high,) = clip_bounds(value, 1, f"{term.place} for {name}")
        else:
            lows, highs = clip_bounds(value if _one_for_each(value) else [value], len(rows.names), term.place)
            low, high = lows[index], highs[index]
    except UnclippedError:
        return None, None
    except UnclearError as error:
        raise UnclearError(str(error), error.line or term.line) from error
    ends = sorted(((low - offset) / scale, (high - offset) / scale))  # a negative scale turns the joint the other way
    return ends[0], ends[1]


def _rows(term: _Term, root: Section, robot_joints: Sequence[str]) -> tuple[_Rows, tuple[str, ...]]:
    """Return the joints of a term, and notes; expressions where the joints are not known."""
    parts = [term.section.get(key) for key in ("clip", "scale", "offset")]
    listed = next((term.section[key] for key in _NAMES if term.section.get(key) is not None), None)
    wanted = [name for name in (listed if isinstance(listed, list) else [listed]) if isinstance(name, str)]
    if isinstance(listed, list) and len(wanted) < len(listed):  # a name that is not known
        wanted = []
    count = next((len(part) for part in reversed(parts) if _one_for_each(part)), None)
    if count is not None:
        named = len(wanted) == count and not any(map(is_pattern, wanted))
        return _Rows(tuple(wanted) if named else tuple(str(index) for index in range(count))), ()
    if wanted and not any(map(is_pattern, wanted)):
        return _Rows(tuple(wanted)), ()
    wanted = wanted or [_EVERY]
    expanded = [joint for joint in robot_joints if any(matches(pattern, joint) for pattern in wanted)]
    if expanded:
        return _Rows(tuple(expanded)), ()
    pose = _pose(term, root) if term.section.get("use_default_offset") is not False else None
    rows = _narrowest(
        [str(key) for part in (pose, *reversed(parts)) if isinstance(part, Mapping) for key in part], wanted
    )
    patterns = ", ".join(row for row in rows.names if is_pattern(row))
    others = ", the last one for every other joint if there is one" if rows.others and len(rows.names) > 1 else ""
    note = "How many joints there are is not in the file; expressions stand for each joint that they match"
    return rows, (f"{note}: {patterns}{others}.",) if patterns else ()


def _one_for_each(part: Any) -> bool:
    """Say whether a list has an entry for each joint, rather than one lower and one upper bound."""
    if not isinstance(part, list) or not part:
        return False
    first = finite(part[0])
    return len(part) != 2 or first is None or first >= 0.0


def _narrowest(keys: list[str], wanted: list[str]) -> _Rows:
    """Return the expressions that tell joints apart, the narrow ones first.

    An expression that matches the text of another one, as `.*` matches `.*_hip`, is taken for the wider one: it stands
    for every other joint.

    Args:
        keys: expressions in the mappings of a term.
        wanted: those that say which joints the term has.
    """
    complements = [key for key in keys if key.lstrip("^").startswith("(?!")]
    of_term = [key for key in keys if any(matches(name, key) or matches(key, name) for name in wanted)]
    unique = list(dict.fromkeys([*of_term, *complements, *wanted]))
    wide = [key for key in unique if key not in complements and any(matches(key, one) for one in unique if one != key)]
    narrow = [key for key in unique if key not in wide]
    others = next((key for key in wide if key in wanted), "")
    if (complements and narrow) or not others:
        return _Rows(tuple(narrow), narrow[0] if len(narrow) == 1 else "")
    return _Rows((*narrow, others), others)


def _shown_joints(terms: list[_Term], root: Section, robot_joints: Sequence[str]) -> PartialTargets:
    """Return the joints of terms that were not understood, as far as they are known."""
    names: list[str] = []
    scales: list[float | None] = []
    for term in terms:
        rows, _ = _rows(term, root, robot_joints)
        names += rows.names
        scales += rows.one_each(_plain_scale(term), 1.0)
    nothing: Known = (None,) * len(names)
    return PartialTargets(tuple(names), nothing, tuple(finite(scale) for scale in scales), nothing, nothing)
