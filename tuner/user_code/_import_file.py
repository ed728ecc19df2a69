"""Import a user's Python file or module by its path, and tell what it was made of."""

import importlib
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from tuner.errors import UserError, unknown_name
from tuner.resources import user_path
from tuner.tracebacks import described, with_users_line
from tuner.user_code._isolated_folder import IsolatedFolder, folder_of, loaded_folder_of


def load_object(reference: str) -> Any:
    """Import a user's Python file and return one of its objects.

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
    """Import a user's Python file.

    Its import statements find modules and packages that lie beside it first, as a script's do, also those inside
    functions that are called later. They belong to its folder: two folders may have modules of the same name. A file is
    imported once; when it or anything it imported from its folder has changed, all are imported again.

    Raises:
        UserError: if the file does not exist, cannot be read, or raises on import.
    """
    file = user_path(path).resolve()
    folder = folder_of(file)
    try:
        return folder.load(file)
    except OSError as error:
        if file in folder.sources:
            raise _failed(path, file, folder, error) from error
        raise UserError(f"Cannot read the Python file '{path}': {error.strerror}. Looked at {file}.") from error
    except (Exception, SystemExit) as error:
        raise _failed(path, file, folder, error) from error


def load_named(name: str) -> ModuleType:
    """Import what a study file names: a Python file, a module after the folder that it lies in, or an installed module.

    Raises:
        UserError: if it does not exist, or raises on import.
    """
    if "://" in name:  # quoted whole, so that a password in it is masked
        raise UserError(f"'{name}' is a URL, but the name of a module or the path of a Python file is needed.")
    if name.endswith(".py"):
        return load_file(name)
    if os.sep in name:
        return load_module(name)
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and f"{name}.".startswith(f"{missing}."):
            raise UserError(
                f"There is no module '{name}': it is neither installed, nor beside the study file, nor in the current "
                f"folder. Name your own by its path, such as ./path/to/{missing.partition('.')[0]}."
            ) from error
        raise UserError(with_users_line(f"Importing '{name}' failed: {described(error)}", error)) from error


def load_module(path: str | Path) -> ModuleType:
    """Import a user's module or package from the folder that it lies in, by its own name.

    It is imported as `load_file` imports a file: what lies in its folder goes first, and for Gymnasium, which imports
    an environment by the name of its module, the package has its plain name.

    Args:
        path: the folder, then the module's name: `robots/mypkg`, `/home/me/mypkg.envs`.

    Raises:
        UserError: if there is no such module, or it raises on import.
    """
    given = user_path(path)
    place = given.parent.resolve() / given.name
    folder = folder_of(place)
    file = folder.module_file(given.name)
    if file is None:
        raise UserError(f"There is no module '{given.name}' in the folder {given.parent}.")
    try:
        return folder.load_module(given.name)
    except (Exception, SystemExit) as error:
        raise _failed(file, file, folder, error) from error


def loaded_sources(path: str | Path) -> dict[str, bytes]:
    """Return the source of a loaded file and of everything in its folder that it imports, directly or indirectly.

    Modules that are imported later, inside a function, are among them and will be imported as they are here.

    Args:
        path: the file, as it was given to `load_file`.

    Returns:
        The sources by their paths from the folder, such as `recipes/walk.py`, sorted.
    """
    file = user_path(path).resolve()
    folder = loaded_folder_of(file)
    sources = {file: folder.read(file)}
    waiting = [file]
    while waiting:
        importer = waiting.pop()
        for found in folder.imports(importer, sources[importer]):
            if found not in sources:
                sources[found] = folder.read(found)
                waiting.append(found)
    return {found.relative_to(folder.path).as_posix(): sources[found] for found in sorted(sources)}


def _defined_in(module: ModuleType) -> list[str]:
    """Return the names of the public functions and classes that a module defines itself, without what it imports."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", None) == module.__name__
    ]


def _failed(path: str | Path, file: Path, folder: IsolatedFolder, error: BaseException) -> UserError:
    text = described(error)
    hidden = "".join(
        f" {hiding} is imported instead of the installed '{name}'." for name, hiding in folder.hides.items()
    )
    message = (
        f"The Python file '{path}' failed on import{_line(error, file)}: {text.replace(f'{folder.name}.', '')}{hidden}"
    )
    return UserError(with_users_line(message, error))


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
