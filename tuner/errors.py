"""The errors that users can see, with the exit codes of the command line."""

from collections.abc import Iterable
from difflib import get_close_matches

from tuner.passwords import mask_passwords


class TunerError(Exception):
    """The study or a training failed for a reason that is not the user's mistake.

    The message is one the user can act on; the command line prints it without a traceback. Passwords of databases in it
    are masked, because messages quote what the user gave.
    """

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(mask_passwords(message))


class UserError(TunerError):
    """The user's mistake: the message says what was given, what is allowed and what to do."""

    exit_code = 2


class MemoryLimitError(TunerError):
    """A configuration needs more memory than it may have; raised before anything is allocated."""

    def __init__(self, message: str, *, bytes_asked: int, bytes_allowed: int) -> None:
        """Take the number of bytes that it needs and the number that it may have."""
        super().__init__(message)
        self.bytes_asked = bytes_asked
        self.bytes_allowed = bytes_allowed


def nearest(given: str, allowed: Iterable[str]) -> str | None:
    """Return the name among `allowed` that `given` most likely means, or None if none is close."""
    matches = get_close_matches(given, list(allowed), n=1, cutoff=0.6)
    return matches[0] if matches else None


def unknown_name(kind: str, given: str, allowed: Iterable[str], *, where: str = "") -> UserError:
    """Build the error for a name that does not exist.

    Args:
        kind: what the name should have been, as a noun ("task", "sampler").
        given: the name as the user wrote it.
        allowed: the names that exist.
        where: the place it was looked for, with its preposition ("in 'fixed'"); may be empty.
    """
    names = sorted(allowed)
    guess = nearest(given, names)
    hint = f" Did you mean '{guess}'?" if guess else ""
    place = f" {where}" if where else ""
    return UserError(f"Unknown {kind} '{given}'{place}.{hint} Known: {', '.join(names) or 'none'}.")
