"""Audits of configuration files: what each says about actions, and whether SAC can learn in that box."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tuner.actions.audit._audit import Audit, audit_box
from tuner.actions.audit._robot_file import Robot
from tuner.actions.audit.config_files import (
    ActionSettings,
    Answer,
    NoClipping,
    NotUnderstood,
    by_hand,
    read_configurations,
)
from tuner.errors import UserError

AnswerName = Literal["box", "no_clipping", "not_understood"]

_SUREST = "The surest way is to open the task itself in its simulator: tuner audit TASK."


@dataclass(frozen=True)
class ConfigurationAudit:
    """What a configuration says about actions; its box is judged if it has one."""

    source: str
    """The file, a set of settings in it (`FILE.py:Name`), or a run's folder."""
    found: Answer
    audit: Audit | None
    """None unless the answer is a box."""

    @property
    def answer(self) -> AnswerName:
        """Which of the three answers it is."""
        if self.audit is not None:
            return "box"
        return "no_clipping" if isinstance(self.found, NoClipping) else "not_understood"

    @property
    def reason(self) -> str:
        """Why, in sentences."""
        if self.audit is not None:
            return self.audit.reason
        return "" if isinstance(self.found, ActionSettings) else self.found.reason

    @property
    def command(self) -> str | None:
        """The command that audits a box given by hand, filled in as far as the file goes; None for a box."""
        return None if self.audit is not None else by_hand(self.found.joints)

    @property
    def remedy(self) -> str:
        """What to do, in sentences."""
        if self.audit is not None:
            return self.audit.remedy
        if self.answer == "no_clipping":
            return f"SAC needs a finite box. Audit the one that the agent will be given: {self.command}. {_SUREST}"
        return f"Look there for the box and give it by hand: {self.command}. {_SUREST}"

    def to_json(self) -> dict[str, Any]:
        """Return everything as a JSON-safe dictionary; all three answers have the same fields."""
        judged = {"verdict": None, "dimensions": []} if self.audit is None else self.audit.to_json()
        source = {"config": self.source, "style": self.found.style, "place": self.found.place}
        return {
            "source": source | {"line": self.found.line, "notes": list(self.found.notes)},
            "answer": self.answer,
            **judged,
            "reason": self.reason,
            "remedy": self.remedy,
            "command": self.command,
        }


def audit_configurations(references: Sequence[str], robot: Robot | None = None) -> list[ConfigurationAudit]:
    """Read configuration files and folders, and judge the boxes in them.

    Args:
        references: files, `path/to/file.py:Name`, and folders.
        robot: joints and limits from the robot's own file.

    Raises:
        UserError: as `read_configurations` does.
    """
    return [_audited(entry.source, entry.answer) for entry in read_configurations(references, robot)]


def _audited(source: str, found: Answer) -> ConfigurationAudit:
    if not isinstance(found, ActionSettings):
        return ConfigurationAudit(source, found, None)
    try:
        audit = audit_box(found.low, found.high, found.joints, rescaled=found.rescaled)
    except UserError as error:
        unclear = NotUnderstood(found.line, str(error), found.style, found.place, found.joints, found.notes)
        return ConfigurationAudit(source, unclear, None)
    return ConfigurationAudit(source, found, audit)
