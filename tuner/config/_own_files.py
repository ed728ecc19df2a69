"""The user's own files and modules that a task names, found from the folder in which they were written down."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuner.config.study import TaskConfig
from tuner.resources import is_file_reference, user_path

_OWN_OPTIONS = ("import", "env_wrapper")
"""The options that name files and modules of the user."""


def with_absolute_files(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a copy of a task's data in which the user's own files and modules have absolute paths.

    These are the interpreter (`python`), a simulator as `file.py:Class`, and the options `import` and `env_wrapper` of
    the simulator `gymnasium`. Data of another form is left as it is: it is checked later.

    Args:
        task: the data, such as the section `task` of a study file.
        folder: relative paths start here, and modules that lie here are found.
    """
    task = dict(task)
    python, simulator, options = task.get("python"), task.get("simulator"), task.get("options", {})
    if isinstance(python, str) and os.sep in python:  # without one it is a program's name
        task["python"] = absolute_path(python, folder)
    if isinstance(simulator, str) and is_file_reference(simulator):
        task["simulator"] = absolute_path(simulator, folder)
    if isinstance(options, dict):
        found = _with_absolute_modules(options, folder)
        if simulator == "gymnasium":
            found = _with_registering_module(task.get("id"), found, folder)
        if found or "options" in task:
            task["options"] = found
    return task


def own_folders(task: TaskConfig) -> list[str]:
    """Return the folders of the user's own files and modules that a task names with absolute paths, sorted.

    The interpreter is not among them.
    """
    names = [task.simulator] if is_file_reference(task.simulator) else []
    names += [name for option in _OWN_OPTIONS for name in _texts(task.options.get(option))]
    return sorted({str(Path(name).parent) for name in names if Path(name).is_absolute()})


def moved(task: TaskConfig, folders: Mapping[str, str]) -> TaskConfig:
    """Return a task whose own files and modules lie elsewhere.

    Args:
        task: with absolute paths.
        folders: where each of `own_folders` is now.
    """

    def move(given: Any) -> Any:
        if isinstance(given, str):
            folder, _, name = given.rpartition(os.sep)
            return f"{folders[folder]}{os.sep}{name}" if folder in folders else given
        if isinstance(given, list | tuple):
            return [move(item) for item in given]
        if isinstance(given, dict):
            return {move(name): value for name, value in given.items()}
        return given

    options = {name: move(value) if name in _OWN_OPTIONS else value for name, value in task.options.items()}
    return task.model_copy(update={"simulator": move(task.simulator), "options": options})


def absolute_path(reference: str, folder: Path) -> str:
    """Return a path, or a reference that begins with one, as an absolute path."""
    return os.path.normpath(folder / user_path(reference))


def own_module(name: str, folder: Path) -> str:
    """Return a module's name with the folder that it lies in, or the name alone if the module is not the user's.

    Args:
        name: `mypkg.envs`, a path such as `./mypkg`, or a Python file; `./mypkg/__init__.py` stands for its package.
        folder: where a module or package of that name is looked for.

    Returns:
        Such as `/home/me/mypkg.envs`, which `tuner.user_code.load_module` takes, or `/home/me/envs.py`.
    """
    if "://" not in name and (os.sep in name or name.endswith(".py")):  # a URL is refused later, as it was given
        path = Path(absolute_path(name, folder))
        return str(path.parent if path.name == "__init__.py" else path)
    top = name.partition(".")[0]
    if top and ((folder / top / "__init__.py").is_file() or (folder / f"{top}.py").is_file()):
        return str(folder / name)
    return name


def _with_absolute_modules(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    found = dict(options)
    if isinstance(found.get("import"), str):
        found["import"] = own_module(found["import"], folder)
    if "env_wrapper" in found:
        found["env_wrapper"] = _absolute_wrapper(found["env_wrapper"], folder)
    return found


def _with_registering_module(task_id: Any, options: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the options with the module of an id such as `mypkg:MyEnv-v0`, if it lies in the folder."""
    module = task_id.rpartition(":")[0] if isinstance(task_id, str) else ""
    own = own_module(module, folder)
    return options if own == module or "import" in options else {**options, "import": own}


def _absolute_wrapper(given: Any, folder: Path) -> Any:
    """Return wrappers as they were given (one, a list, or with arguments), with absolute paths of the user's own."""
    if isinstance(given, str):
        module, colon, name = given.rpartition(":")
        return f"{own_module(module, folder)}:{name}" if colon else own_module(given, folder)
    if isinstance(given, list | tuple):
        return [_absolute_wrapper(wrapper, folder) for wrapper in given]
    if isinstance(given, dict):
        return {_absolute_wrapper(name, folder): arguments for name, arguments in given.items()}
    return given


def _texts(given: Any) -> list[str]:
    """Return the names in wrappers as they were given (one, a list, or with arguments)."""
    if isinstance(given, str):
        return [given]
    return [name for item in given for name in _texts(item)] if isinstance(given, list | tuple | dict) else []
