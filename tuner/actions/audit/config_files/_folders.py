"""Reads several configuration files, and folders: a run's `params/`, or a whole repository."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.actions.audit._robot_file import Robot
from tuner.actions.audit.config_files._answers import Answer, NotUnderstood, both, same
from tuner.actions.audit.config_files._read import (
    SUFFIXES,
    NamedAnswer,
    read_action_settings,
    read_named,
    split_reference,
)
from tuner.errors import UserError
from tuner.resources import user_path

_MOST_FILES = 20_000
_LARGEST = 2_000_000
_SKIPPED = frozenset(
    {"__pycache__", "node_modules", "site-packages", "venv", "build", "dist", "logs", "wandb", "outputs"}
)
_SPEAKS = re.compile(
    rb"clip_?actions|action_clip|ActionCfg\b|(self|cfg)\.actions\.|^(actions|defaults)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
"""A file without any of these says nothing about the action box."""
_ENVIRONMENT, _AGENT = "env.yaml", "agent.yaml"


@dataclass(frozen=True)
class Configuration:
    """A file, a set of settings in it, or a run's folder, and what it says."""

    source: str
    """The path; with `:Name` for one of several sets of settings."""
    answer: Answer


def read_configurations(references: Sequence[str], robot: Robot | None = None) -> list[Configuration]:
    """Read files and folders.

    Of a folder, the files that say something about actions are read. `env.yaml` and `agent.yaml` in one folder are
    read together: the trainer's clip and the environment's both hold.

    Args:
        references: paths of files and folders; `path/to/file.py:Name` for one set of settings.
        robot: joints and limits from the robot's own file.

    Raises:
        UserError: if a file or folder is not there, or a folder has no file that speaks of actions.
    """
    found: list[Configuration] = []
    for reference in references:
        folder = user_path(split_reference(reference)[0])
        if reference and folder.is_dir():
            found += _of_folder(folder, reference, robot)
        else:
            found.append(Configuration(reference, read_action_settings(reference, robot)))
    return found


def _of_folder(folder: Path, reference: str, robot: Robot | None) -> list[Configuration]:
    found: list[Configuration] = []
    pairs = set()
    for file in _files(folder):
        shown = str(Path(reference) / file.relative_to(folder))
        if file.name in (_ENVIRONMENT, _AGENT) and _is_pair(file.parent):
            if file.parent not in pairs:
                pairs.add(file.parent)
                found.append(_run(file.parent, str(Path(shown).parent), robot))
        elif _speaks(file):
            found += _of_file(shown, robot)
    if not found:
        kinds = ", ".join(SUFFIXES)
        raise UserError(
            f"No file in '{reference}' says how actions are clipped (looked through {kinds} files for clip_actions, "
            "action_clip_value and action terms). Name a file: --config FILE, or audit the task: tuner audit TASK."
        )
    return found


def _is_pair(folder: Path) -> bool:
    return (folder / _ENVIRONMENT).is_file() and (folder / _AGENT).is_file()


def _run(folder: Path, shown: str, robot: Robot | None) -> Configuration:
    """Return what a run's two files say together; a file that says nothing leaves it to the other one."""
    environment = read_named(str(Path(shown) / _ENVIRONMENT), robot)
    agent = read_named(str(Path(shown) / _AGENT), robot)
    if environment and agent:
        return Configuration(shown, both(environment[0].answer, agent[0].answer))
    if environment or agent:
        return Configuration(shown, (environment or agent)[0].answer)
    return Configuration(shown, read_action_settings(str(Path(shown) / _ENVIRONMENT), robot))


def _of_file(shown: str, robot: Robot | None) -> list[Configuration]:
    """Return each different answer of a file; files that only use what others set have none."""
    kept: list[NamedAnswer] = []
    for entry in read_named(shown, robot):
        if not any(same([entry.answer, other.answer]) for other in kept):
            kept.append(entry)
    if all(isinstance(entry.answer, NotUnderstood) and not entry.answer.place for entry in kept):
        return []  # it speaks of actions, but sets no clip
    named = len(kept) > 1
    return [Configuration(f"{shown}:{entry.name}" if named else shown, entry.answer) for entry in kept]


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder that can be configurations, in order.

    Raises:
        UserError: if there are too many to be a project's.
    """
    count = 0
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        for name in sorted(names):
            file = Path(path, name)
            if file.suffix in SUFFIXES and file.is_file():
                count += 1
                if count > _MOST_FILES:
                    raise UserError(f"'{folder}' has more than {_MOST_FILES:,} files. Name a folder inside it.")
                yield file


def _speaks(file: Path) -> bool:
    try:
        return file.stat().st_size <= _LARGEST and _SPEAKS.search(file.read_bytes()) is not None
    except OSError:
        return False
