"""From a study file, or the name of a bundled one, to a checked `StudyConfig`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tuner.config._overrides import apply_overrides
from tuner.config._own_files import absolute_path, with_absolute_files
from tuner.config._problems import describe_problems
from tuner.config._yaml import dump_yaml, parse_yaml
from tuner.config.action_bounds import load_bounds
from tuner.config.recipes import as_recipe_file, read_recipe
from tuner.config.study import StudyConfig, TaskConfig
from tuner.errors import UserError, nearest, unknown_name
from tuner.passwords import mask_passwords
from tuner.resources import bundled_files, is_file_reference, user_path

SUFFIXES = (".yaml", ".yml")


def load_study(path: str | Path, overrides: Sequence[str] = ()) -> StudyConfig:
    """Read a study.

    Args:
        path: a study file, or the bare name of a bundled study (no folder, no `.yaml`).
        overrides: values that replace the file's, each `dotted.path=value`, the value in YAML.

    Returns:
        The study. Paths of the user's Python files and modules (in `search_space` and `task`) are absolute, and the
        paths in `action_bounds` and `warm_start` are replaced by the content of those files. Relative paths in the
        study file start at its folder, those in `overrides` at the working directory; modules are looked for in both.

    Raises:
        UserError: if there is no such study, it cannot be read, or something in it is wrong; all mistakes at once.
    """
    data = _with_absolute_files(apply_overrides(_study_data(path), overrides), Path.cwd())
    source = f"{path} with --set {' --set '.join(map(mask_passwords, overrides))}" if overrides else str(path)
    return _checked(_with_recipes(_with_bounds(data), source), source)


def load_task(path: str | Path) -> TaskConfig:
    """Read the task of a study, whose bounds file need not exist: its task is what bounds are measured on.

    Raises:
        UserError: as `load_study` does, for mistakes anywhere but in the bounds file.
    """
    data = _with_absolute_files(_study_data(path), Path.cwd())
    return _checked(_with_recipes({**data, "action_bounds": None}, str(path)), str(path)).task


def dump_study(config: StudyConfig) -> str:
    """Return the study as the YAML text that `load_study` reads back as the same study."""
    return dump_yaml(config.model_dump(mode="json"))


def bundled_studies() -> dict[str, Path]:
    """Return the files of the bundled studies by name."""
    return bundled_files("studies", ".yaml")


def find_study(path: str | Path) -> Path:
    """Return the file of a study; it exists.

    Args:
        path: a study file, or the bare name of a bundled study.

    Raises:
        UserError: if there is none; the nearest name is offered.
    """
    given = str(path)
    if not given:
        raise UserError("The study's name is empty. Give a bundled study's name, or a path such as ./my_study.yaml.")
    if not is_study_path(given):
        return _find_bundled(given)
    file = user_path(given)
    if file.is_dir():
        inside = sorted(entry.name for entry in file.iterdir() if entry.suffix in SUFFIXES)
        raise UserError(f"{given} is a folder, not a study file. Studies in it: {', '.join(inside) or 'none'}.")
    if not file.exists():
        raise UserError(f"There is no study file {given}.{_hint(file)}")
    return file


def is_study_path(given: str) -> bool:
    """Return whether a text names a study file by its path, and not a study by its name.

    It does if it has a folder in it, starts with `~` or ends in `.yaml` or `.yml`; the file need not exist.
    """
    separators = [os.sep, os.altsep or os.sep]
    return given.endswith(SUFFIXES) or any(separator in given for separator in separators) or given.startswith("~")


def _find_bundled(name: str) -> Path:
    studies = bundled_studies()
    if name in studies:
        return studies[name]
    own = next((f"./{name}{suffix}" for suffix in SUFFIXES if Path(f"{name}{suffix}").is_file()), None)
    hint = (
        f"To use the file {own}, give its path: {own}." if own else "To use your own, give its path: ./my_study.yaml."
    )
    raise UserError(f"{unknown_name('study', name, studies)} {hint}")


def _hint(missing: Path) -> str:
    """Return what the user may have meant by a file that does not exist."""
    folder = missing.parent
    if folder.is_dir():
        beside = [entry.name for entry in folder.iterdir() if entry.suffix in SUFFIXES]
        guess = nearest(missing.name, beside)
        if guess:
            return f" Did you mean {folder / guess}?"
    bundled = bundled_studies()
    guess = nearest(missing.stem, bundled)
    names = f"Bundled studies have names without a path: {', '.join(bundled)}."
    return f" Did you mean the bundled study '{guess}'? {names}" if guess else f" {names}"


def _study_data(path: str | Path) -> dict[str, Any]:
    """Return what a study file holds, with paths that start at its folder."""
    file = find_study(path)
    data = parse_yaml(_read(file), str(path))
    if data is None:
        raise UserError(f"{path} is empty. A study needs at least: study, task, search_space, objective.")
    if not isinstance(data, dict):
        raise UserError(f"{path} holds a {type(data).__name__}, not keys and values such as 'study: my-study'.")
    return _with_absolute_files(data, file.resolve().parent)


def _checked(data: dict[str, Any], source: str) -> StudyConfig:
    try:
        return StudyConfig.model_validate(data)
    except ValidationError as error:
        problems = describe_problems(error, StudyConfig, data)
        count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        raise UserError("\n  ".join([f"{source} has {count}:", *problems])) from error


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file} is not a text file in UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}."
        ) from error
    except OSError as error:
        raise UserError(f"Cannot read the study file {file}: {error.strerror}.") from error


def _with_absolute_files(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a copy in which the references to the user's own files are absolute paths."""
    data = dict(data)
    if _is_own_file(data.get("search_space")):
        data["search_space"] = absolute_path(data["search_space"], folder)
    if isinstance(data.get("action_bounds"), str):
        data["action_bounds"] = absolute_path(data["action_bounds"], folder)
    if isinstance(data.get("warm_start"), list):
        data["warm_start"] = [_with_absolute_file(start, folder) for start in data["warm_start"]]
    if isinstance(data.get("task"), dict):
        data["task"] = with_absolute_files(data["task"], folder)
    return data


def _with_bounds(data: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which the path of a bounds file is replaced by what the file holds."""
    given = data.get("action_bounds")
    if given is None or isinstance(given, dict):  # a dictionary is the content, as in a study written by `dump_study`
        return data
    if not isinstance(given, str):
        raise UserError(f"action_bounds is {given!r}, but needs the path of a bounds file, such as bounds.yaml.")
    return {**data, "action_bounds": load_bounds(given).model_dump()}


def _with_absolute_file(start: Any, folder: Path) -> Any:
    """Return a warm start with the absolute path of its file, if it has one."""
    found = (as_recipe_file(start) or start) if isinstance(start, str) else start
    if isinstance(found, dict) and isinstance(found.get("file"), str):
        return {**found, "file": absolute_path(found["file"], folder)}
    return found


def _with_recipes(data: dict[str, Any], source: str) -> dict[str, Any]:
    """Return a copy in which warm starts other than names are replaced by what they say; `source` is for errors."""
    starts = data.get("warm_start")
    if not isinstance(starts, list):
        return data
    found: list[Any] = []
    for index, start in enumerate(starts):
        place = f"{source} has a mistake:\n  warm_start.{index}"
        if isinstance(start, str):
            found.append(start)
            continue
        if not isinstance(start, dict):
            raise UserError(
                f"{place}: needs the name of a warm start, a file such as best.json or {{file: sac.yml, entry: "
                f"Pendulum-v1}}, or values in SBX's names such as {{learning_rate: 1e-3}}, but {start!r} was given."
            )
        try:
            found.append(_unpinned(start) or read_recipe(start, name=f"values {index + 1}").model_dump())
        except UserError as error:
            raise UserError(f"{place}: {error}") from error
    return {**data, "warm_start": found}


def _unpinned(start: dict[str, Any]) -> dict[str, Any] | None:
    """Return a warm start that pinned values do not change; None if it is another kind of warm start."""
    if start.keys() != {"unpinned"}:
        return None
    if not isinstance(start["unpinned"], str):
        raise UserError(f"unpinned needs the name of a warm start, but {start['unpinned']!r} was given.")
    return start


def _is_own_file(reference: object) -> bool:
    return isinstance(reference, str) and is_file_reference(reference)
