"""What commands have in common: the exit code of a stopped one, how counts are read, which options go together."""

from collections.abc import Callable

from tuner.cli._format import parse_count, parse_duration
from tuner.errors import UserError

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended, as shells have it: 128 and the signal's number."""


def count_of(option: str) -> Callable[[str], int]:
    """Return a parser for a whole number above zero whose errors name the option."""

    def parse(text: str) -> int:
        try:
            return parse_count(text)
        except UserError as error:
            raise UserError(f"{option}: {error}") from None

    return parse


def timeout_seconds(timeout: str) -> float:
    """Return the seconds that `--timeout` names; an error names the option."""
    try:
        return parse_duration(timeout)
    except UserError as error:
        raise UserError(f"--timeout: {error}") from None


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
