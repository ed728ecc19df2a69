"""`tuner init`: the bundled search spaces and studies, copied out to be edited."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tuner.errors import UserError

_FOLDERS = ("search_spaces", "studies")


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made if it does not exist.")],
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that are there; others in those folders are kept.")
    ] = False,
) -> None:
    """Copy the bundled search spaces and studies into DIR, to edit them."""
    for file in copy_bundled(directory, force=force):
        typer.echo(file)
    typer.echo(
        f"\nRun a copied study with: tuner run {directory / 'studies' / 'quickstart.yaml'}\n"
        "The copied studies still name the bundled search spaces. To use a copy that you edited, write in the study\n"
        "file, relative to it and with the function's name:\n"
        "    search_space: ../search_spaces/sac.py:sac_speed\n"
        "and give the study a new name, so that its trials are not mixed with those of the bundled space."
    )


def copy_bundled(directory: Path, *, force: bool) -> list[Path]:
    """Copy the bundled folders into `directory`: all of them, or on an error none.

    Args:
        directory: made if it does not exist.
        force: overwrite files that exist; otherwise one that exists is an error.

    Returns:
        The copies, in order.

    Raises:
        UserError: if a folder to copy exists already and `force` is not set, or `directory` cannot be written.
    """
    present = [directory / name for name in _FOLDERS if (directory / name).exists()]
    if present and not force:
        names = " and ".join(str(path) for path in present)
        raise UserError(f"{names} exists already. Name another folder, or give --force to overwrite the files in it.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        # Staged on the same file system, so that moving into place cannot fail half-way for want of space.
        with tempfile.TemporaryDirectory(dir=directory, prefix=".tuner-init-") as stage:
            return _move(_stage(Path(stage)), Path(stage), directory)
    except OSError as error:
        raise UserError(
            f"Cannot write to '{directory}': {error.strerror}. Name a folder that you can write to."
        ) from error


def _stage(stage: Path) -> list[Path]:
    from tuner.resources import bundled_dir

    for name in _FOLDERS:
        shutil.copytree(bundled_dir(name), stage / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return sorted(path for path in stage.rglob("*") if path.is_file())


def _move(staged: list[Path], stage: Path, directory: Path) -> list[Path]:
    copies = []
    for source in staged:
        target = directory / source.relative_to(stage)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        copies.append(target)
    return copies
