"""Where the dashboard's password comes from."""

from collections.abc import Mapping
from pathlib import Path

from tuner.errors import UserError
from tuner.resources import user_path

PASSWORD_VARIABLE = "TUNER_DASHBOARD_PASSWORD"
"""The environment variable that holds the password where no file is named."""

_SHORTEST = 8
"""Characters: a password is guessed over the network, where nothing but its length slows a guesser down."""


def read_password(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """Return the password that browsers have to give, or None if none was set.

    Args:
        file: holds the password in its first line; it comes before the environment.
        environment: of this process.

    Raises:
        UserError: if the file cannot be read, or the password is shorter than eight characters.
    """
    if file is not None:
        password, source = _first_line(file), f"The password in {file}"
    elif PASSWORD_VARIABLE in environment:
        password, source = environment[PASSWORD_VARIABLE], f"The password in {PASSWORD_VARIABLE}"
    else:
        return None
    if len(password) < _SHORTEST:
        raise UserError(f"{source} has {len(password)} characters, but needs at least {_SHORTEST}.")
    return password


def _first_line(file: Path) -> str:
    try:
        lines = user_path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise UserError(f"Cannot read the password file {file}: {reason}.") from error
    return lines[0] if lines else ""
