"""How commands print: JSON for programs, tables for people."""

import json
import math
from typing import Any

import typer
from rich.console import Console

_PIPED_WIDTH = 200
"""Characters in a line when the output is no terminal, so that tables in files and pipes are not cut to 80."""


def print_json(data: Any) -> None:
    """Print one JSON object on stdout; numbers that JSON does not have (NaN, infinity) become null."""
    typer.echo(json.dumps(_finite(data), indent=2, ensure_ascii=False, default=str))


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for a table where there is none."""
    found = Console(stderr=stderr, highlight=False)
    return found if found.is_terminal else Console(stderr=stderr, highlight=False, width=_PIPED_WIDTH)


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data


def quiet_optuna() -> None:
    """Keep Optuna from reporting what this program reports itself, and from warning of what it uses knowingly."""
    import warnings

    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
