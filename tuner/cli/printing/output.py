"""How commands print: JSON for programs, tables for people."""

import json
import math
import os
from typing import IO, Any

import typer
from rich.console import Console
from rich.text import Text

from tuner.passwords import mask_passwords

_PIPED_WIDTH = 200
"""Characters in a line if the output is not a terminal, so that tables in files and pipes are not cut to 80."""


def print_json(data: Any) -> None:
    """Print one JSON object on stdout; numbers that JSON does not have (NaN, infinity) become null.

    Passwords of databases are masked.
    """
    typer.echo(json.dumps(_printable(data), indent=2, ensure_ascii=False, default=str))


class _Console(Console):
    def print(self, *objects: Any, **options: Any) -> None:
        """Print texts without the passwords of databases in them; other things, such as tables, as they are."""
        super().print(*map(_masked, objects), **options)

    def on_broken_pipe(self) -> None:
        """Continue without output: the reader (`| head -3`) has seen enough, but the study has not ended."""
        self.quiet = True
        discard_output(self.file)


def discard_output(stream: IO[str]) -> None:
    """Discard what is still written to `stream`, so that there is no error at exit either."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for a table if there is no terminal."""
    found = _Console(stderr=stderr, highlight=False)
    return found if found.is_terminal else _Console(stderr=stderr, highlight=False, width=_PIPED_WIDTH)


def _masked(item: Any) -> Any:
    if isinstance(item, str):
        return mask_passwords(item)
    if isinstance(item, Text) and (masked := mask_passwords(item.plain)) != item.plain:
        return Text(masked, style=item.style)
    return item


def _printable(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _printable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_printable(value) for value in data]
    if isinstance(data, str):  # a lone surrogate, which a message may hold, cannot be written
        return mask_passwords(data).encode("utf-8", "backslashreplace").decode()
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data
