"""How commands print: JSON for programs, tables for people."""

import json
import math
import os
from typing import IO, Any

import typer
from rich.console import Console

_PIPED_WIDTH = 200
"""Characters in a line when the output is no terminal, so that tables in files and pipes are not cut to 80."""


def print_json(data: Any) -> None:
    """Print one JSON object on stdout; numbers that JSON does not have (NaN, infinity) become null."""
    typer.echo(json.dumps(_finite(data), indent=2, ensure_ascii=False, default=str))


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Go on without output: who reads it (`| head -3`) has seen enough, but the study is not over."""
        self.quiet = True
        discard_output(self.file)


def discard_output(stream: IO[str]) -> None:
    """Let what is still to be written to `stream` vanish, so that nothing complains at exit either."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for a table where there is none."""
    found = _Console(stderr=stderr, highlight=False)
    return found if found.is_terminal else _Console(stderr=stderr, highlight=False, width=_PIPED_WIDTH)


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data
