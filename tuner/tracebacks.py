"""Tracebacks as text, and the line in them that is the user's own.

They are read as text because they come from several places: an exception here, a simulator in an interpreter of its
own, the log of a process that died.
"""

import re
import traceback
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import indent
from typing import Any

_PACKAGE = str(Path(__file__).resolve().parent)
LONGEST_MESSAGE = 4_000
_LONGEST_TRACEBACK = 20_000
"""Characters that are kept: an exception may carry an array of a million numbers, or a thousand frames of recursion."""

_FRAME = re.compile(r'^(?P<margin>[ |+]*)File "(?P<file>[^"]+)", line (?P<line>\d+),? in (?P<function>.+)$')
_NOT_THE_USERS = re.compile(r"[/\\](site-packages|dist-packages|lib[/\\]python\d[\d.]*|server_side)[/\\]|^<")
"""Files of installed packages, of Python itself and of the simulator's server, and code without a file."""
_BEGINNINGS = ("Traceback (most recent call last)", "Fatal Python error")
_LAST_CALL_FIRST = "(most recent call first)"
"""How Python's fault handler announces a stack, which it prints in the other order, the crashed thread's at the end."""


def described(error: BaseException) -> str:
    """Return an exception as `Type: message`, shortened if it is very long."""
    try:
        message = str(error)
    except Exception:  # its own __str__ fails
        message = "(it cannot be printed)"
    return shortened(f"{type(error).__name__}: {message}" if message else type(error).__name__, LONGEST_MESSAGE)


def failure_details(error: BaseException) -> dict[str, Any]:
    """Return an exception's traceback, with its causes and notes, and the user's own frame in it, JSON-safe.

    Returns:
        `traceback`, shortened if it is very long, and `user_frame`, as `user_frame` gives it, if there is one.
    """
    return details_of("".join(traceback.format_exception(error)))


def users_details(error: BaseException) -> dict[str, Any]:
    """Return the same as `failure_details` if the user's own code failed, and nothing if only its message helps."""
    details = failure_details(error)
    return details if "user_frame" in details else {}


def details_of(text: str) -> dict[str, Any]:
    """Return the same as `failure_details`, of a traceback that is text already."""
    frame = user_frame(text)
    return {"traceback": shortened(text, _LONGEST_TRACEBACK), **({} if frame is None else {"user_frame": frame})}


def user_frame(text: str) -> str | None:
    """Return the last call in the user's own code, as Python prints it: file, line and function, then the line's text.

    Code that is not the user's is that of installed packages, of Python and of this package. Of an exception that was
    raised while another was handled, the later one's counts, if it passed through the user's code.

    Args:
        text: tracebacks, with anything between them; of Python's fault handler too.

    Returns:
        One line, or two where the source is known; None if no call is in the user's code.
    """
    stack = text.rpartition(_LAST_CALL_FIRST)
    frames = list(_user_frames((stack[2] if stack[1] else text).splitlines()))
    if not frames:
        return None
    return frames[0] if stack[1] else frames[-1]


def with_frame(message: str, frame: str | None) -> str:
    """Return a message followed by the user's own frame, or by what the message does not say of it already.

    Args:
        message: it may name file and line itself, as `FILE, line N`.
        frame: as `user_frame` gives it; None adds nothing.
    """
    if frame is None:
        return message
    place, _, source = frame.partition("\n")
    if place in message:
        return message
    file, _, line = place.removeprefix('File "').partition('", line ')
    if re.search(rf"{re.escape(file)}, line {line.partition(',')[0]}\b", message):
        return f"{message}\n{source}" if source else message
    return f"{message}\n{indent(frame, '  ')}"


def with_users_line(message: str, error: BaseException) -> str:
    """Return a message about an exception, followed by the line of the user's code that raised it; see `with_frame`."""
    return with_frame(message, failure_details(error).get("user_frame"))


def traceback_in(log: str) -> str | None:
    """Return the last traceback in a log with all that follows it, None if there is none."""
    begins = max(log.rfind(beginning) for beginning in _BEGINNINGS)
    return log[begins:] if begins >= 0 else None


def error_in(text: str) -> str | None:
    """Return the first line of the error that ends the last traceback in a text, None if there is none."""
    lines = text.splitlines()
    frames = [number for number, line in enumerate(lines) if _FRAME.match(line)]
    after = lines[frames[-1] + 1 :] if frames else []
    return next((line for line in after if line and not line[0].isspace()), None)


def shortened(text: str, longest: int) -> str:
    """Return a text whose middle is left out if it has more than `longest` characters."""
    left_out = len(text) - longest
    if left_out <= 0:
        return text
    half = longest // 2
    return f"{text[:half]}\n… {left_out:,} characters left out …\n{text[-half:]}"


def _user_frames(lines: list[str]) -> Iterator[str]:
    for line, following in pairwise([*lines, ""]):
        found = _FRAME.match(line)
        if found is None or _NOT_THE_USERS.search(found["file"]) or found["file"].startswith(_PACKAGE):
            continue
        place = f'File "{found["file"]}", line {found["line"]}, in {found["function"]}'
        deeper = found["margin"] + "  "
        yield f"{place}\n  {following.removeprefix(deeper)}" if following.startswith(deeper) else place
