"""`tuner init`: copy the bundled search spaces and studies, to edit them."""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tuner.errors import UserError
from tuner.resources import bundled_dir
from tuner.spaces import bundled_spaces, load_space

_FOLDERS = ("search_spaces", "studies")


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Target folder; created if it does not exist.")],
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that exist; other files in the folders are kept.")
    ] = False,
) -> None:
    """Copy the bundled search spaces and studies into DIR, to edit them."""
    for file in copy_bundled(directory, force=force):
        typer.echo(file)
    typer.echo(
        f"\nRun a copied study with: tuner run {directory / 'studies' / 'quickstart.yaml'}\n"
        "The copied studies use the copied search spaces. They have new names, so that their trials are not mixed\n"
        "with those of the bundled studies. After you edit a search space, give its study a new name again."
    )


def copy_bundled(directory: Path, *, force: bool) -> list[Path]:
    """Copy the bundled folders into `directory`: all of them, or none if there is an error.

    Two lines of each copied study change: it uses the copied search space, and the folder's name is added to its name.

    Args:
        directory: created if it does not exist.
        force: overwrite files that exist; otherwise one that exists is an error.

    Returns:
        The copies, in order.

    Raises:
        UserError: if a folder to copy exists already and `force` is not set, or `directory` cannot be written.
    """
    present = [directory / name for name in _FOLDERS if (directory / name).exists()]
    if present and not force:
        names = " and ".join(str(path) for path in present)
        verb = "exists" if len(present) == 1 else "exist"
        raise UserError(f"{names} {verb} already. Name another folder, or give --force to overwrite the files in it.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        # On the same file system, so that moving the files into place cannot fail half-way on a full disk.
        with tempfile.TemporaryDirectory(dir=directory, prefix=".tuner-init-") as stage:
            return _move(_stage(Path(stage), directory.resolve().name), Path(stage), directory)
    except OSError as error:
        raise UserError(
            f"Cannot write to '{directory}': {error.strerror}. Name a folder that you can write to."
        ) from error


def _stage(stage: Path, suffix: str) -> list[Path]:
    for name in _FOLDERS:
        shutil.copytree(bundled_dir(name), stage / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    files = _space_files()
    for study in (stage / "studies").glob("*.yaml"):
        study.write_text(adapt(study.read_text("utf-8"), files, suffix), "utf-8")
    return sorted(path for path in stage.rglob("*") if path.is_file())


def _space_files() -> dict[str, str]:
    """Return the file name of every bundled search space."""
    return {name: Path(load_space(name).function.__code__.co_filename).name for name in bundled_spaces()}


def adapt(study: str, space_files: dict[str, str], suffix: str) -> str:
    """Return the text of a study file in `studies/`, changed to use the spaces in `search_spaces/` beside it.

    Args:
        study: the text. Comments and everything else are kept.
        space_files: the file name of each copied search space.
        suffix: added to the study's name, without the characters that a name cannot have.
    """

    def reference(line: re.Match[str]) -> str:
        file = space_files.get(line[2])
        return line[0] if file is None else f"{line[1]}../search_spaces/{file}:{line[2]}"

    study = re.sub(r"^(search_space: *)([\w-]+)", reference, study, flags=re.MULTILINE)
    clean = re.sub(r"[^A-Za-z0-9_.-]+", "-", suffix)
    return re.sub(r"^(study: *[\w.-]+)", rf"\1-{clean}", study, flags=re.MULTILINE)


def _move(staged: list[Path], stage: Path, directory: Path) -> list[Path]:
    copies = []
    for source in staged:
        target = directory / source.relative_to(stage)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        copies.append(target)
    return copies
