"""The export file: a configuration, what it was tuned for, and its provenance."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, ValidationError, model_validator

from tuner.config import AgentConfig, Frozen, Listed, ObjectiveConfig, PositiveCount, TaskConfig, describe_problems
from tuner.errors import UserError
from tuner.resources import user_path

SCHEMA_VERSION: Literal[1] = 1
_WARNING = "warning"
"""The first key of an export of a configuration that never reached its target."""

_HOW = "Write one with: tuner export STUDY --format json -o FILE.json"


def _instant(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"needs a date and time such as 2026-01-31T12:00:00+00:00, but {text!r} was given") from None
    return text


class Machine(Frozen):
    """A computer, without its name; what only another version knows is left out."""

    model_config = ConfigDict(extra="ignore")

    cpu: str
    """The processor's model."""
    cores: PositiveCount
    """CPUs that the system counts."""
    system: str
    """Operating system and architecture."""
    accelerator: str | None = None
    """What JAX computes on, if not the processor."""
    recorded: Literal["training", "export"] = "training"
    """Whether the trials ran on it, or it only exported them because their machine was not recorded."""


class Provenance(Frozen):
    """Where a configuration comes from, and how well it did there; what only another version knows is left out."""

    model_config = ConfigDict(extra="ignore")

    study: str = Field(min_length=1)
    trial: int = Field(ge=0)
    """The trial's number in the study."""
    confirmed: bool
    """Whether the configuration was retrained on fresh seeds. Seeds and times are then those of the retraining;
    otherwise those of the trial, which are too good to be repeated because it is the best of many."""
    seeds: Annotated[tuple[int, ...], Listed] = ()
    times_seconds: Annotated[tuple[float | None, ...], Listed] = ()
    """Time to return on the training clock for each seed; None if it did not reach the target within its budget."""
    mean_seconds: float | None = None
    """Restricted mean time to return: a seed that did not reach the target counts with the whole budget."""
    mean_seconds_interval: Annotated[tuple[float, float] | None, Listed] = None
    """Bootstrap interval of that mean."""
    best_return: float | None = None
    """The trial's best return in the study."""
    env_steps: int | None = Field(default=None, ge=0)
    """Environment steps that the trial took in the study, over all robots."""
    parameters: dict[str, bool | int | float | str | None] = Field(default_factory=dict)
    """The trial's parameters in its search space, so that the space finds the configuration again as a warm start."""
    machine: Machine
    versions: dict[str, str] = Field(default_factory=dict)
    """Versions of the packages that the trial used."""
    simulator: dict[str, JsonValue] = Field(default_factory=dict)
    """What a simulator in an interpreter of its own says about itself, such as versions, physics, device, assets."""
    joints: Annotated[tuple[str, ...], Listed] = ()
    """Joints that the actions command, in their order, if they are joint targets."""
    flattened: dict[str, str] = Field(default_factory=dict)
    """Spaces of the task that were made flat for the agent, as they were, by `observations` and `actions`."""
    created: Annotated[str, AfterValidator(_instant)]
    """When it was exported, ISO 8601."""

    @model_validator(mode="after")
    def _one_time_for_each_seed(self) -> Self:
        if len(self.seeds) != len(self.times_seconds):
            raise ValueError(f"there are {len(self.seeds)} seeds but {len(self.times_seconds)} times_seconds")
        return self


class ExportedConfiguration(Frozen):
    """Everything that training needs (task, agent, objective, clock), and where the configuration comes from."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    schema_version: Literal[1] = Field(default=SCHEMA_VERSION, alias="schema")
    task: TaskConfig
    objective: ObjectiveConfig
    budget_seconds: float = Field(gt=0)
    """Training clock that a trial of the study had."""
    threads: PositiveCount
    """CPU threads that a trial of the study had."""
    agent: AgentConfig
    """With its action box in absolute numbers."""
    provenance: Provenance

    @property
    def missed_target(self) -> str | None:
        """The sentence that warns of a configuration that never reached its target; None for one that did."""
        target, provenance = self.objective.target, self.provenance
        if self.objective.kind != "time_to_return" or target is None or any(provenance.times_seconds):
            return None
        best = "" if provenance.best_return is None else f"; its best return was {provenance.best_return:.4g}"
        return f"Trial {provenance.trial} did not reach the target of {target:g}{best}."

    @model_validator(mode="after")
    def _box_in_numbers(self) -> Self:
        if self.agent.action_box is None:
            raise ValueError("agent.action_box is missing: an export has the action box in absolute numbers")
        return self


def load_configuration(path: str | Path) -> ExportedConfiguration:
    """Read an export file.

    Raises:
        UserError: if there is none, it is of another version, or something in it is wrong; all mistakes at once.
    """
    data = _parsed(user_path(path), str(path))
    if not isinstance(data, dict) or "schema" not in data:
        raise UserError(f"{path} is no export of a configuration: it has no key 'schema'. {_HOW}")
    data.pop(_WARNING, None)  # for people; it follows from the rest
    if data["schema"] != SCHEMA_VERSION or isinstance(data["schema"], bool):
        raise UserError(
            f"{path} has schema {json.dumps(data['schema'])[:40]}, but this version of tuner reads schema "
            f"{SCHEMA_VERSION}. Export the configuration again with this version, or use the one that wrote it."
        )
    try:
        return ExportedConfiguration.model_validate(data)
    except ValidationError as error:
        problems = describe_problems(error, ExportedConfiguration, data)
        raise UserError("\n  ".join([f"{path} cannot be used as an export:", *problems])) from error


def dump_configuration(configuration: ExportedConfiguration) -> str:
    """Return the text of an export file, which `load_configuration` reads back as the same configuration."""
    data = configuration.model_dump(mode="json")
    if configuration.missed_target is not None:
        data = {_WARNING: configuration.missed_target, **data}
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _parsed(file: Path, given: str) -> Any:
    try:
        text = file.read_text(encoding="utf-8-sig")
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=lambda pairs: _unique(pairs, given))
    except OSError as error:
        raise UserError(f"Cannot read the export {given}: {error.strerror}. {_HOW}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{given} is not JSON. {_HOW}") from error
    except ValueError as error:
        raise UserError(f"{given} is not JSON: {error}. {_HOW}") from error


def _unique(pairs: list[tuple[str, Any]], given: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UserError(f"{given} gives the key {json.dumps(twice)} twice in one place. Remove the one that is wrong.")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number that JSON has")
