"""What commands have in common: options and arguments of the same kind, and which options go together."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import typer

from tuner.errors import UserError

Value = TypeVar("Value")

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended, as shells have it: 128 and the signal's number."""

NOT_FINE = 3
"""Exit code of `tuner audit --check` if an action box is not fine, or nothing is clipped."""

RUNS_DIR = Path("runs")
"""Studies and trainings write their files below this folder of the working directory."""

StoredStudy = Annotated[
    str, typer.Argument(metavar="STUDY", help="A study file, a bundled study, or a study's name in the storage.")
]
Storage = Annotated[
    str | None,
    typer.Option("--storage", metavar="URL", help="Where trials are stored, if not where the study file says."),
]

TASK_HELP = "A task's id, as `tuner tasks` lists it, or a study file, whose task is taken."
TaskOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="One of the task's options (`task.options` in a study file), such as import=my_module; repeatable.",
    ),
]

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


class Duration(float):
    """A length of time in seconds that remembers how it was written."""

    text: str
    """As it was given: `90`, `1h30m`."""

    def __new__(cls, text: str) -> Self:
        """Read a length of time; the errors are those of `parse_duration`."""
        duration = super().__new__(cls, parse_duration(text))
        duration.text = text
        return duration


@dataclass(frozen=True)
class Workers:
    """How many workers train, or where."""

    text: str
    """As it was given: `8`, `ray`, `ray://host:10001`."""

    @property
    def values(self) -> dict[str, Any]:
        """The values of the section `workers` that it stands for."""
        if self.text.isdecimal():
            return {"count": int(self.text)}
        return {"kind": "ray"} | ({} if self.text == "ray" else {"address": self.text})

    def __str__(self) -> str:
        return self.text


def workers_option() -> Any:
    """Return the option for a `Workers`; its errors name it."""
    return typer.Option(
        "--workers",
        metavar="N|ray|URL",
        parser=_naming("--workers", parse_workers),
        help="How many workers train side by side; ray for a Ray that is started here, ray://… for a Ray cluster.",
    )


def count_option(name: str, description: str, metavar: str = "N") -> Any:
    """Return an option that takes a whole number above zero; its errors name it."""
    return typer.Option(name, metavar=metavar, parser=_naming(name, parse_count), help=description)


def duration_option(name: str, description: str) -> Any:
    """Return an option that takes a `Duration`; its errors name it."""
    return typer.Option(name, metavar="TIME", parser=_naming(name, Duration), help=description)


def check_partner(option: str, value: object, partner: str, *, given: bool) -> None:
    """Refuse an option that would be ignored.

    Args:
        option: its name.
        value: the value that was given, or None.
        partner: the option or argument that it needs, for the message.
        given: whether the partner was given.

    Raises:
        UserError: if the option was given without its partner.
    """
    if value is not None and not given:
        raise UserError(f"{option} goes with {partner} only. Leave it out.")


def parse_duration(text: str) -> float:
    """Return the seconds that `text` means: `90`, `90s`, `30m`, `1h30m`.

    Raises:
        UserError: if it is not a duration, or is zero.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is not None and any(match.groups()):
        hours, minutes, seconds = (float(group or 0) for group in match.groups())
        total = 3600 * hours + 60 * minutes + seconds
        if 0 < total < math.inf:
            return total
        if total == 0:
            raise UserError(
                f"'{text}' is not a length of time to run for. It must be more than zero: 90, 30m or 1h30m."
            )
    raise UserError(
        f"'{text}' is not a duration. Write seconds (90 or 90s), minutes (30m) or both with hours (1h30m), more than "
        "zero in all."
    )


def parse_count(text: str) -> int:
    """Return the whole number that `text` means.

    Raises:
        UserError: if it is not a whole number above zero.
    """
    # isdecimal alone would let digits of other scripts pass, which the study file's checks would not.
    if text.isascii() and text.isdecimal() and int(text) > 0:
        return int(text)
    raise UserError(f"'{text}' was given, but it must be a whole number above zero.")


def parse_workers(text: str) -> Workers:
    """Return the workers that `text` means: a number, `ray`, or the address of a Ray cluster.

    Raises:
        UserError: if it is none of these.
    """
    if text == "ray" or text.startswith("ray://"):  # the study file's checks look at the rest
        return Workers(text)
    try:
        return Workers(str(parse_count(text)))
    except UserError as error:
        raise UserError(f"{str(error)[:-1]}, ray, or the address of a Ray cluster as ray://HOST:10001.") from None


def _naming(option: str, read: Callable[[str], Value]) -> Callable[[Any], Value]:
    """Return `read` with errors that name the option; it reads the option's default too, which may be a number."""

    def parse(given: Any) -> Value:
        try:
            return read(str(given))
        except UserError as error:
            raise UserError(f"{option}: {error}") from None

    return parse
