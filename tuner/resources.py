"""Files outside the package: bundled files, paths as users write them, and files that are written whole."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from tuner.errors import TunerError, UserError

_PACKAGE = Path(__file__).resolve().parent


def bundled_dir(name: str) -> Path:
    """Return the folder `search_spaces` or `studies` that came with this installation.

    A wheel has them inside the package; a checkout (editable install) has them beside it.

    Raises:
        TunerError: if the installation is incomplete.
    """
    for folder in (_PACKAGE / "bundled" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise TunerError(f"This installation has no '{name}' folder. Reinstall sac-tuner.")


def bundled_files(name: str, suffix: str) -> dict[str, Path]:
    """Return the bundled files of one folder by their names without suffix, sorted.

    Args:
        name: `search_spaces` or `studies`.
        suffix: with its dot, such as ".yaml". Files that start with an underscore are helpers; they are left out.
    """
    files = sorted(bundled_dir(name).glob(f"*{suffix}"))
    return {file.stem: file for file in files if not file.name.startswith("_")}


def is_file_reference(reference: str) -> bool:
    """Say whether `reference` names an object in a user's own file, as `path/to/file.py:Name`."""
    return reference.rpartition(":")[0].endswith(".py")


def user_path(path: str | Path) -> Path:
    """Return a path as a user wrote it, with `~` and `~name` replaced by the home folders that they stand for.

    Raises:
        UserError: if there is no such home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        name = Path(path).parts[0]
        raise UserError(
            f"'{path}' begins with {name}, but there is no such home folder. Write the path out."
        ) from error


def write_whole(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file beside `path`, flush it to the disk, and move it into place."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def user_cache() -> Path:
    """Return the user's cache folder: $XDG_CACHE_HOME, or ~/.cache."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"


def check_output(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot or must not be written, before anything is computed.

    Raises:
        UserError: if it exists and `force` is not set, it is not a regular file, or its folder does not exist or cannot
            be written to.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder. Name a file in it.")
    if path.exists() and not path.is_file():
        raise UserError(
            f"{path} is not a regular file but, for example, a device, and is not replaced. Name another file."
        )
    if path.exists() and not force:
        raise UserError(f"{path} exists already. Name another file, or give --force to replace it.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise UserError(f"{path} cannot be written: there is no folder {folder}. Make it first.")
    if not os.access(folder, os.W_OK):
        raise UserError(f"{path} cannot be written: you have no permission to write to the folder {folder}.")
