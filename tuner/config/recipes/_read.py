"""Read a configuration: written in a study file or on the command line, from RL Zoo's files, or from exports."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tuner.config._problems import describe_problems
from tuner.config._yaml import CheckedLoader, parse_yaml
from tuner.config.agent import AgentConfig
from tuner.config.recipes._flatten import flatten
from tuner.config.recipes._recipe import Recipe
from tuner.config.recipes._vocabulary import ALGORITHMS, ELSEWHERE, SETTINGS, values_of
from tuner.errors import UserError, nearest, unknown_name
from tuner.resources import user_path

SUFFIXES = (".yml", ".yaml", ".json")
_OTHERS = ("a2c", "ars", "ddpg", "dqn", "her", "ppo_lstm", "qrdqn", "trpo")
"""Algorithms that RL Zoo has files for and this package does not have."""
_KEYS = ("name", "algorithm", "file", "entry")
"""What can stand beside the values of a configuration."""


def as_recipe_file(given: str) -> dict[str, str] | None:
    """Return a text such as `best.json` or `sac.yml:Pendulum-v1` as `file` and `entry`; None for any other name."""
    if given.endswith(SUFFIXES):
        return {"file": given}
    file, _, entry = given.rpartition(":")
    return {"file": file, "entry": entry} if file.endswith(SUFFIXES) else None


def read_recipe(given: Mapping[str, Any], *, name: str) -> Recipe:
    """Return the configuration that a mapping in a study file describes.

    Args:
        given: values in SBX's names; or `file`, for a file of RL Zoo with its `entry`, and values that win over it; or
            a `Recipe` as a study stores it. Beside any of them `name` and `algorithm`.
        name: what it is called if it has no name of its own.

    Raises:
        UserError: if there is no such file or entry, or it cannot be read.
    """
    if "values" in given or "file_values" in given:
        return _checked(dict(given), name)
    keys = {key: given[key] for key in ("name", "algorithm") if key in given}
    written = {key: value for key, value in given.items() if key not in _KEYS}
    if "file" not in given:
        if "entry" in given:
            raise UserError(f"The configuration '{name}' has an entry but no file. Add file: FILE.yml.")
        return _checked({"name": name, "values": flatten(written, f"'{name}'"), **keys}, name)
    file, entry = given["file"], given.get("entry")
    if not isinstance(file, str) or not isinstance(entry, str | None):
        raise UserError(f"The configuration '{name}' needs texts as file and entry, such as sac.yml and Pendulum-v1.")
    found = _read_file(file, entry)
    return _checked({**found, "values": flatten(written, f"'{found['name']}'"), **keys}, name)


def _checked(data: dict[str, Any], name: str) -> Recipe:
    if not data.get("values") and not data.get("file_values"):
        raise UserError(f"The configuration '{name}' has no values. Give some in SBX's names, as learning_rate: 1e-3.")
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        shown = data.get("name") if isinstance(data.get("name"), str) else name
        problems = describe_problems(error, Recipe, data)
        raise UserError("\n  ".join([f"The configuration '{shown}' cannot be used:", *problems])) from error


def _read_file(given: str, entry: str | None) -> dict[str, Any]:
    """Return the fields of a `Recipe` that a file gives."""
    file = user_path(given)
    if not given.endswith(SUFFIXES):
        raise UserError(f"{given} is no file with a configuration: its name must end in {', '.join(SUFFIXES)}.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        hint = _beside(file) if isinstance(error, FileNotFoundError) else ""
        raise UserError(f"Cannot read the configuration {given}: {reason}.{hint}") from error
    if file.suffix == ".json":
        if entry is not None:
            raise UserError(f"{given} is one configuration and has no entries. Leave out entry: {entry}.")
        return _exported(text, file)
    return _from_yaml(text, file, entry)


def _beside(missing: Path) -> str:
    folder = missing.parent
    beside = (
        [entry.name for entry in folder.iterdir() if entry.suffix in SUFFIXES and entry.is_file()]
        if folder.is_dir()
        else []
    )
    guess = nearest(missing.name, beside)
    return f" Did you mean {folder / guess}?" if guess else ""


class _Found(BaseModel):
    """What an export says of how its configuration was found; the rest of it does not matter here."""

    model_config = ConfigDict(extra="ignore")
    parameters: dict[str, bool | int | float | str | None] = Field(default_factory=dict)


class _Task(BaseModel):
    model_config = ConfigDict(extra="ignore")
    num_envs: int | None = None


class _Export(BaseModel):
    """The part of an export (`tuner export --format json`) that describes the agent."""

    model_config = ConfigDict(extra="ignore")
    schema_number: Literal[1] = Field(alias="schema")
    agent: AgentConfig
    task: _Task = _Task()
    provenance: _Found = _Found()


def _exported(text: str, file: Path) -> dict[str, Any]:
    try:
        data = json.loads(text)
        export = _Export.model_validate(data)
    except (ValueError, RecursionError) as error:
        problems = describe_problems(error, _Export, data) if isinstance(error, ValidationError) else [str(error)]
        how = "Write one with: tuner export STUDY --format json -o FILE.json"
        raise UserError("\n  ".join([f"{file} is no export of a configuration. {how}", *problems])) from error
    return {
        "name": file.name,
        "algorithm": export.agent.algorithm,
        "file_values": values_of(export.agent),
        "parameters": export.provenance.parameters,
        "num_envs": export.task.num_envs,
    }


class _ZooLoader(CheckedLoader):
    """Reads YAML 1.1 as RL Zoo does, and the Python objects that it writes into the config.yml of a training."""


def _list(loader: _ZooLoader, node: Any) -> list[Any]:
    return loader.construct_sequence(node, deep=True)


def _dictionary(loader: _ZooLoader, node: Any) -> dict[str, Any]:
    """Return an ordered dictionary, which YAML has as a call with one argument, a list of pairs."""
    (pairs,) = _list(loader, node)
    return dict(pairs)


_PYTHON = "tag:yaml.org,2002:python/"
_ZooLoader.add_constructor(f"{_PYTHON}tuple", _list)
_ZooLoader.add_constructor(f"{_PYTHON}object/apply:collections.OrderedDict", _dictionary)


def _from_yaml(text: str, file: Path, entry: str | None) -> dict[str, Any]:
    """Return what a YAML file says: one of RL Zoo's, with an entry for each task, or one configuration alone."""
    if file.stem in _OTHERS:
        raise UserError(
            f"{file} has configurations of {file.stem}, which this package does not train. It trains "
            f"{', '.join(ALGORITHMS)}."
        )
    data = parse_yaml(text, str(file), _ZooLoader)
    if not isinstance(data, Mapping) or not data:
        raise UserError(f"{file} holds no configurations: it needs names with values, such as learning_rate: 1e-3.")
    algorithm = file.stem if file.stem in ALGORITHMS else None
    if not all(isinstance(value, Mapping) for value in data.values()):
        if entry is not None:
            raise UserError(f"{file} is one configuration and has no entries. Leave out entry: {entry}.")
        return _one(data, file.name, algorithm)
    names = [str(name) for name in data]
    if entry is None:
        if len(names) > 1:
            raise UserError(
                f"{file} has {len(names)} configurations. Name one as its entry: {', '.join(sorted(names))}."
            )
        entry = names[0]
    if entry not in names:
        raise unknown_name("entry", entry, names, where=f"in {file}")
    found = dict(zip(names, data.values(), strict=True))[entry]
    # RL Zoo's own defaults.
    return _one({"normalize": False, "n_envs": 1, **found}, f"{file.name}:{entry}", algorithm)


def _one(values: Mapping[str, Any], name: str, algorithm: str | None) -> dict[str, Any]:
    flat = flatten({str(key): value for key, value in values.items()}, f"'{name}'")
    if not flat.keys() & (SETTINGS | ELSEWHERE.keys()):
        raise UserError(f"'{name}' has no argument of SBX: its names are {', '.join(sorted(flat)) or 'none'}.")
    count = flat.get("n_envs")
    num_envs = count if isinstance(count, int) and not isinstance(count, bool) and count >= 1 else None
    return {"name": name, "algorithm": algorithm, "file_values": flat, "num_envs": num_envs}
