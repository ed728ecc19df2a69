"""Files that commands write: never over another one unasked, and whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from tuner.errors import UserError


def check_output(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot or must not be written, before anything is computed for it.

    Raises:
        UserError: if it exists and `force` is not set, or its folder does not exist or cannot be written to.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder. Name a file in it, such as {path / 'bounds.yaml'}.")
    if path.exists() and not force:
        raise UserError(f"{path} exists already. Name another file, or give --force to replace it.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise UserError(f"{path} cannot be written: there is no folder {folder}. Make it first.")
    if not os.access(folder, os.W_OK):
        raise UserError(f"{path} cannot be written: nothing may be written to the folder {folder}.")


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
