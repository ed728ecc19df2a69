"""Files that commands write: never over another one unasked."""

import os
from pathlib import Path

from tuner.errors import UserError


def check_output(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot or must not be written, before anything is computed for it.

    Raises:
        UserError: if it exists and `force` is not set or it is no file but a device, say, or its folder does not exist
            or cannot be written to.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder. Name a file in it.")
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is a device or the like, which is not replaced. Name a file.")
    if path.exists() and not force:
        raise UserError(f"{path} exists already. Name another file, or give --force to replace it.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise UserError(f"{path} cannot be written: there is no folder {folder}. Make it first.")
    if not os.access(folder, os.W_OK):
        raise UserError(f"{path} cannot be written: nothing may be written to the folder {folder}.")
