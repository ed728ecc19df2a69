"""Reads what one configuration file of any known style says about actions. The file is parsed; nothing in it is run."""

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from tuner.actions.audit._partial_targets import PartialTargets
from tuner.actions.audit._robot_file import Robot
from tuner.actions.audit.config_files._action_terms import read_action_terms
from tuner.actions.audit.config_files._answers import (
    ActionSettings,
    Answer,
    NotUnderstood,
    both,
    same,
)
from tuner.actions.audit.config_files._output_clip import division, known_joints, read_output_clip
from tuner.actions.audit.config_files._python_files import Root, read_roots
from tuner.actions.audit.config_files._python_values import Class, Instance
from tuner.actions.audit.config_files._values import Section, TooLongError, Unknown, shown
from tuner.actions.audit.config_files._yaml_files import load_yaml, missing_defaults
from tuner.errors import UserError, unknown_name
from tuner.resources import user_path

YAML_SUFFIXES = (".yaml", ".yml", ".json")
SUFFIXES = (".py", *YAML_SUFFIXES)
_LARGEST = 2_000_000
"""Bytes. Configuration files have at most some hundred thousand."""
_NEIGHBOURS = 40
"""How many Python files beside a configuration are searched for what its environment does with the clip."""
_AGENT = re.compile("Agent|Runner|PPO|SAC")
"""In the name of a class, these say that it is a trainer's."""
_LOOKED_FOR = "Looked for clip_actions, clipActions, action_clip_value and action terms with a clip"


@dataclass(frozen=True)
class NamedAnswer:
    """What one set of settings in a file says."""

    name: str
    """The class, variable or function; empty for a file that has one set."""
    answer: Answer


def split_reference(reference: str) -> tuple[str, str]:
    """Return the path and the name of `FILE.py:Name`; the name is empty if there is none."""
    path, colon, name = reference.rpartition(":")
    return (path, name) if colon and path.endswith(".py") else (reference, "")


def read_action_settings(reference: str, robot: Robot | None = None) -> Answer:
    """Read what a configuration file says about actions.

    Args:
        reference: a `.py`, `.yaml`, `.yml` or `.json` file, or `path/to/file.py:Name` for one class, variable or
            function of it.
        robot: joints and limits from the robot's own file.

    Raises:
        UserError: if the file is not there, or has nothing of that name.
    """
    path, name = split_reference(reference)
    named = read_named(path, robot, only=name)
    if not named:
        return _silent(path)
    if same([found.answer for found in named]):
        return named[0].answer
    listed = "; ".join(f"{found.name}: {_summary(found.answer)}" for found in named)
    first, example = named[0].answer, named[0].name.removesuffix("()")
    reason = f"Several settings clip actions differently: {listed}. Name one: --config {path}:{example}"
    return NotUnderstood(first.line, reason, first.style, joints=first.joints)


def read_named(path: str, robot: Robot | None = None, *, only: str = "") -> list[NamedAnswer]:
    """Return what each set of settings in a file says; none if the file does not speak of clipping.

    Args:
        path: the file.
        robot: joints and limits from the robot's own file.
        only: the name of one class, variable or function.

    Raises:
        UserError: if the file is not there, or has nothing of that name.
    """
    file = user_path(path)
    joints = tuple(robot.limits) if robot is not None else ()
    try:
        found = _answers(file, path, joints, only)
    except OSError as error:
        raise UserError(f"Cannot read the configuration file '{path}': {error.strerror}.") from error
    except SyntaxError as error:
        found = [_unreadable(f"{path}:{error.lineno or 1}", f"It is not valid Python: {error.msg}.")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        found = [_unreadable(f"{path}:{mark.line + 1 if mark else 1}", f"It is not valid YAML: {problem}.")]
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is 0x{error.object[error.start]:02x}"
        found = [_unreadable(path, f"It is not a text file in UTF-8: {what}.")]
    except (RecursionError, MemoryError):
        found = [_unreadable(path, "It is nested too deeply, or contains itself.")]
    except TooLongError:
        found = [_unreadable(path, "It takes too long to follow.")]
    except ValueError as error:
        found = [_unreadable(path, f"It is not valid Python: {error}.")]
    if robot is None:
        return found
    return [
        NamedAnswer(entry.name, replace(entry.answer, joints=robot.with_limits(entry.answer.joints))) for entry in found
    ]


def _answers(file: Path, path: str, joints: Sequence[str], only: str) -> list[NamedAnswer]:
    size = file.stat().st_size if file.is_file() else 0
    if size > _LARGEST:
        return [_unreadable(path, f"It has {size:,} bytes, which is no configuration file.")]
    if file.suffix == ".py":
        return _python_answers(file, path, joints, only)
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix not in YAML_SUFFIXES:
        return [_unreadable(path, f"It does not end in {', '.join(SUFFIXES)}, so its format is not known.")]
    try:
        root = load_yaml(file, path)
    except TypeError as error:
        return [_unreadable(path, f"It holds a {error}, not keys and values.")]
    line = division(text)
    answer = _of_section(root, path, joints, lambda: f"{path}:{line}" if line else "")
    missing = missing_defaults(root)
    if missing and (answer is None or isinstance(answer, NotUnderstood)):
        return [_unreadable(path, f"Files in its defaults were not found beside it: {', '.join(missing)}.")]
    if answer is None and root.get("action_space") is not None:
        reason = "An environment of Isaac Lab's direct workflow clips in its code, if at all."
        return [NamedAnswer("", NotUnderstood(path, reason, joints=known_joints(root)))]
    return [] if answer is None else [NamedAnswer("", answer)]


def _python_answers(file: Path, path: str, joints: Sequence[str], only: str) -> list[NamedAnswer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of strings with odd backslashes, in other people's code
        roots, files = read_roots(file, path)
    if only:
        names = {root.name.removesuffix("()") for root in roots}
        if only.removesuffix("()") not in names:
            raise unknown_name("class", only, names, where=f"in {path}")
        roots = [root for root in roots if root.name.removesuffix("()") == only.removesuffix("()")]
    find_division = cache(lambda: _divided_at(file, path, files))
    read = [(root, _of_section(root.section, path, joints, find_division)) for root in roots]
    read = [(root, answer or _replaced_by_unknown(root, read)) for root, answer in read]
    speaking = [(root, answer) for root, answer in read if answer is not None]
    if any(answer.place for _, answer in speaking):  # otherwise the file only hands on what is set elsewhere
        speaking = [(root, answer) for root, answer in speaking if answer.place]
    if not speaking:
        missing = _missing_bases(roots)
        return [] if not missing else [NamedAnswer("", _inherits(path, missing, _joints_of(roots)))]
    replaced = {name for root, _ in speaking for name in root.replaces}
    kept = [(root, answer) for root, answer in speaking if root.name not in replaced] or speaking[-1:]
    return _together([NamedAnswer(root.name, _overriding(root, answer, speaking)) for root, answer in kept])


def _replaced_by_unknown(root: Root, read: list[tuple[Root, Answer | None]]) -> NotUnderstood | None:
    """Return the answer of settings whose base has a clip where they have something that cannot be computed."""
    for other, answer in read:
        if answer is None or other.name not in root.replaces:
            continue
        section = root.section
        for name in answer.place.split(".")[:-1]:
            value = section.get(name)
            if isinstance(value, Unknown):
                reason = (
                    f"{root.name} replaces {name} by {shown(value)}, which cannot be computed without running the code."
                )
                return NotUnderstood(section.places.get(name, ""), reason, answer.style, answer.place, answer.joints)
            if not isinstance(value, Section):
                break
            section = value
    return None


def _together(named: list[NamedAnswer]) -> list[NamedAnswer]:
    """Return one answer for an environment and its trainer in one file; otherwise all that there are."""
    agents = [entry for entry in named if _AGENT.search(entry.name)]
    environments = [entry for entry in named if entry not in agents]
    alike = all(same([entry.answer for entry in group]) for group in (agents, environments))
    if not (agents and environments and alike):
        return named
    return [NamedAnswer(environments[0].name, both(environments[0].answer, agents[0].answer))]


def _of_section(section: Section, path: str, joints: Sequence[str], find_division: Callable[[], str]) -> Answer | None:
    terms = read_action_terms(section, path, joints)
    output = read_output_clip(section, path, find_division)
    if terms is not None and output is not None:
        return both(terms, output)
    return terms if output is None else output


def _overriding(root: Root, answer: Answer, speaking: list[tuple[Root, Answer]]) -> Answer:
    """Return the answer with a note if a function gives the settings another box than their class has."""
    if not root.name.endswith("()"):
        return answer
    before = [(other.name, found) for other, found in speaking if other.name in root.replaces]
    changed = [f"{name} has {_summary(found)}" for name, found in before if not same([found, answer])]
    if not changed:
        return answer
    note = f"{root.name} sets this; without that call {', '.join(changed)}."
    return replace(answer, notes=(note, *answer.notes))


def _divided_at(file: Path, path: str, files: frozenset[Path]) -> str:
    """Return where the clip is divided by the action scale: in the files read, or in an environment that imports one.

    Such environments are looked for beside the files. A comment that says so counts in the file itself.
    """
    own = division(_text(file))
    if own is not None:
        return f"{path}:{own}"
    beside = [other for folder in {found.parent for found in files} for other in sorted(folder.glob("*.py"))]
    modules = "|".join(re.escape(found.stem) for found in files)
    imports = re.compile(rf"^\s*(from\s+[\w.]*\b({modules})\s+import|import\s+[\w.]*\b({modules})\b)", re.MULTILINE)
    for other in beside[:_NEIGHBOURS]:
        text = _text(other)
        line = division(text)
        if line is not None and (other in files or imports.search(text)):
            return f"{other}:{line}"
    return ""


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace") if file.stat().st_size <= _LARGEST else ""
    except OSError:
        return ""


def _missing_bases(roots: list[Root]) -> list[str]:
    classes = [root.section.of if isinstance(root.section, Instance) else root.section for root in roots]
    missing = dict.fromkeys(name for found in classes if isinstance(found, Class) for name in found.missing)
    return [name for name in missing if "imported from" in name]


def _inherits(path: str, missing: list[str], joints: PartialTargets) -> NotUnderstood:
    reason = f"{_LOOKED_FOR}. Its classes inherit from others that were not found: {', '.join(missing)}. "
    reason += "Audit the file that defines them, or put it where Python would find it."
    return NotUnderstood(path, reason, joints=joints)


def _joints_of(roots: list[Root]) -> PartialTargets:
    """Return the joints of the settings that say most about them."""
    found = [known_joints(root.section) for root in roots]
    return max(found, key=lambda joints: len(joints.names) + sum(scale is not None for scale in joints.scale))


def _silent(path: str) -> NotUnderstood:
    return NotUnderstood(path, f"{_LOOKED_FOR}; the file says nothing of these.")


def _unreadable(line: str, reason: str) -> NamedAnswer:
    return NamedAnswer("", NotUnderstood(line, reason))


def _summary(answer: Answer) -> str:
    if isinstance(answer, ActionSettings):
        boxes = sorted(set(zip(answer.low, answer.high, strict=True)))
        return ", ".join(f"{low:g} … {high:g}" for low, high in boxes[:3]) + (", …" if len(boxes) > 3 else "")
    return "not understood" if isinstance(answer, NotUnderstood) else "no clipping"
