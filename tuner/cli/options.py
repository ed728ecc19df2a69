"""What commands have in common: the exit code of a stopped one, how numbers are read, which options go together."""

from collections.abc import Callable
from typing import Any, TypeVar

import typer

from tuner.cli.printing.text import parse_count, parse_duration
from tuner.errors import UserError

Number = TypeVar("Number", int, float)

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended, as shells have it: 128 and the signal's number."""


def count_option(name: str, description: str, metavar: str = "N") -> Any:
    """Return an option that takes a whole number above zero; its errors name it."""
    return typer.Option(name, metavar=metavar, parser=_naming(name, parse_count), help=description)


def duration_option(name: str, description: str) -> Any:
    """Return an option that takes a duration, in seconds; its errors name it."""
    return typer.Option(name, metavar="TIME", parser=seconds_of(name), help=description)


def seconds_of(option: str) -> Callable[[str], float]:
    """Return a parser for a duration, in seconds, whose errors name the option."""
    return _naming(option, parse_duration)


def check_partner(option: str, value: object, partner: str, *, given: bool) -> None:
    """Refuse an option that would be ignored.

    Args:
        option: its name.
        value: what was given for it, None for nothing.
        partner: what it goes with, for the message.
        given: whether that was given.

    Raises:
        UserError: if the option was given without its partner.
    """
    if value is not None and not given:
        raise UserError(f"{option} goes with {partner} only. Leave it out.")


def _naming(option: str, read: Callable[[str], Number]) -> Callable[[str], Number]:
    def parse(text: str) -> Number:
        try:
            return read(text)
        except UserError as error:
            raise UserError(f"{option}: {error}") from None

    return parse
