"""Single values set from the command line, as `--set budget.seconds=60`."""

from collections.abc import Sequence
from typing import Any

from tuner.config._schema import keys_at, paths_near
from tuner.config._yaml import parse_yaml
from tuner.config.study import StudyConfig
from tuner.errors import UserError, nearest, unknown_name


def apply_overrides(data: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Return a copy of a study's data with some values replaced or added, in the order given.

    Args:
        data: the study file as plain values; it is not changed.
        overrides: each `dotted.path=value`, the value in YAML.

    Raises:
        UserError: if an override has no `=`, names no known path, or its value is not YAML.
    """
    for override in overrides:
        path, equals, value = override.partition("=")
        keys = path.strip().split(".")
        if not equals or not all(keys):
            raise UserError(f"--set takes path=value, such as budget.seconds=60, but was given '{override}'.")
        data = _replaced(data, keys, parse_yaml(value, f"The value in --set {override}"), override)
    return data


def given_options(
    assignments: Sequence[str], *, flag: str = "--option", example: str = "max_episode_steps=500"
) -> dict[str, Any]:
    """Return options from the command line, as `--option max_episode_steps=500`.

    Args:
        assignments: each `name=value`, the value in YAML; if a name is given twice, the last value counts.
        flag: the option of the command that gives them, for errors.
        example: one of them, for errors.

    Raises:
        UserError: if one has no `=` or no name, or its value is not YAML.
    """
    options = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or not name.strip():
            raise UserError(f"{flag} takes NAME=VALUE, such as {example}, but was given '{assignment}'.")
        options[name.strip()] = parse_yaml(value, f"The value in {flag} {assignment}")
    return options


def _replaced(data: Any, keys: list[str], value: Any, override: str, done: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a copy of `data` with the value at `keys` replaced; `done` is the path of `data` in the study."""
    known, where = keys_at(done, StudyConfig), ".".join(done)
    if known == []:
        raise UserError(f"--set {override}: '{where}' has no keys of its own. Set it as a whole: {where}=….")
    if known is not None and keys[0] not in known:
        raise UserError(f"--set {override}: {_unknown_key(keys[0], known, where)}")
    if data is not None and not isinstance(data, dict):
        raise UserError(f"--set {override}: '{where}' is {data!r} in the study file and has no keys.")
    copy = dict(data or {})
    below = copy.get(keys[0])
    copy[keys[0]] = value if len(keys) == 1 else _replaced(below, keys[1:], value, override, (*done, keys[0]))
    return copy


def _unknown_key(key: str, known: list[str], where: str) -> str:
    error = str(unknown_name("key", key, known, where=f"in {where}" if where else ""))
    deeper = [] if nearest(key, known) else paths_near(key, StudyConfig)
    return f"{error} Did you mean {' or '.join(map(repr, deeper))}?" if deeper else error
