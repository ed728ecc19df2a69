"""What commands have in common: the exit code of a stopped one, and how an option's count is read."""

from collections.abc import Callable

from tuner.cli._format import parse_count
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
