"""Files outside the package: what came with the installation, what users wrote, and files written whole."""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from tuner.errors import TunerError, UserError, unknown_name

_PACKAGE = Path(__file__).resolve().parent


def bundled_dir(name: str) -> Path:
    """Return the folder `search_spaces` or `studies` that came with this installation.

    A wheel carries them inside the package; a checkout (editable install) has them beside it.

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
        suffix: with its dot, such as ".yaml". Files whose names start with an underscore are helpers and left out.
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


def load_object(reference: str) -> Any:
    """Import a user's Python file and return one of its objects.

    The file can import modules that lie beside it, as a script can.

    Args:
        reference: `path/to/file.py:Name`; a relative path is relative to the working directory.

    Raises:
        UserError: if the reference is malformed, the file or the name does not exist, or the file raises on import.
    """
    path, _, name = reference.rpartition(":")
    if not path.endswith(".py") or not name.isidentifier():
        raise UserError(f"'{reference}' does not name an object in a Python file. Write path/to/file.py:Name.")
    module = load_file(path)
    try:
        return getattr(module, name)
    except AttributeError:
        raise unknown_name("name", name, _defined_in(module), where=f"in {path}") from None


def load_file(path: str | Path) -> ModuleType:
    """Import a user's Python file under a module name of its own.

    The name depends on the file's place and content, so that the same file is imported once, an edited one again, and
    two files of the same name do not meet.

    Raises:
        UserError: if the file does not exist, cannot be read, or raises on import.
    """
    file = user_path(path).resolve()
    try:
        source = file.read_bytes()
    except OSError as error:
        raise UserError(f"Cannot read the Python file '{path}': {error.strerror}. Looked at {file}.") from error
    digest = hashlib.sha256(str(file).encode() + b"\0" + source).hexdigest()[:16]
    name = f"_tuner_user_{file.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UserError(f"'{path}' is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs, as dataclasses and pickle look their module up there
    sys.path.insert(0, str(file.parent))
    try:
        exec(compile(source, str(file), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise UserError(
            f"The Python file '{path}' failed on import{_line(error, file)}: {_described(error)}"
        ) from error
    finally:
        if str(file.parent) in sys.path:
            sys.path.remove(str(file.parent))
    return module


def _defined_in(module: ModuleType) -> list[str]:
    """Return the names of the public functions and classes that a module defines itself, without what it imports."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", None) == module.__name__
    ]


def _line(error: BaseException, file: Path) -> str:
    """Return ", line N" for the last line of the user's own file that the error passed through."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f", line {error.lineno}"
    number = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            number = trace.tb_lineno
        trace = trace.tb_next
    return f", line {number}" if number is not None else ""


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


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
