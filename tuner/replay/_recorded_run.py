"""One configuration trained once without pruning, as it is kept for replays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from optuna.distributions import BaseDistribution

from tuner.config import StudyConfig
from tuner.machine import machine_text
from tuner.records import Outcome, OutcomeKind, Tick, known_fields

RANDOM = "random"
"""Origin of a configuration that was drawn from the whole space."""
SAMPLED = "sampled"
"""Origin of one that the sampler of a study proposed."""
NEAR = "near "
"""Begins the origin of one that was drawn near another."""
_LEFT_OUT = ("metrics", "exploring", "finished")
"""Fields of ticks that no pruner reads."""
_KEPT = tuple(column.name for column in fields(Tick) if column.name not in _LEFT_OUT)
_DIGITS = 6
"""Significant digits of the numbers in a file: a millisecond of ten minutes."""


@dataclass(frozen=True)
class RecordedRun:
    """One configuration trained once: its curve, and how it ended."""

    configuration: str
    """Its name; runs that share it differ in nothing but their seeds."""
    origin: str
    """How the configuration was found: `random`, `sampled`, `near NAME` or the name of a warm start."""
    parameters: Mapping[str, Any]
    """Its values of the search space's parameters."""
    seed: int
    ticks: tuple[Tick, ...]
    """In order, without what the learner and the task measure."""
    outcome: Outcome
    asking_seconds: float = 0.0
    """Wall-clock seconds that the sampler and the manager took for it, beside those of its ledger."""

    machine: str = ""
    """What it ran on: processor and number of CPUs; empty if that is not known."""

    def ended(self, ticks: Sequence[Tick], outcome: Outcome) -> "RecordedRun":
        """Return the run with its curve and how it ended."""
        machine = machine_text(outcome.details.get("machine"))
        return replace(self, ticks=tuple(ticks), outcome=outcome, machine=machine)

    @property
    def is_start(self) -> bool:
        """Whether it is a warm start."""
        return self.origin not in (RANDOM, SAMPLED) and not self.origin.startswith(NEAR)

    @property
    def cut(self) -> bool:
        """Whether a pruner stopped it: nobody knows how its curve goes on."""
        return self.outcome.kind is OutcomeKind.PRUNED

    def to_json(self) -> dict[str, Any]:
        """Return the run for a file: one list for each field of its ticks, numbers rounded to six digits."""
        outcome = {**self.outcome.to_json(), "agent": None, "details": {}, "kind": self.outcome.kind.value}
        return {
            "configuration": self.configuration,
            "origin": self.origin,
            "parameters": dict(self.parameters),
            "seed": self.seed,
            "asking_seconds": _rounded(self.asking_seconds),
            "machine": self.machine,
            "outcome": {name: _rounded(value) for name, value in outcome.items() if not _is_nothing(value)},
            "ticks": {name: [_rounded(getattr(tick, name)) for tick in self.ticks] for name in _KEPT},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "RecordedRun":
        """Return the run that `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: if it is something else.
        """
        columns = known_fields(Tick, data["ticks"])
        ticks = (Tick(**dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True))
        return cls(
            configuration=str(data["configuration"]),
            origin=str(data["origin"]),
            parameters=dict(data["parameters"]),
            seed=int(data["seed"]),
            ticks=tuple(ticks),
            outcome=Outcome.from_json(data["outcome"]),
            asking_seconds=float(data["asking_seconds"]),
            machine=str(data.get("machine", "")),
        )


@dataclass(frozen=True)
class Recordings:
    """Runs of configurations of one search space on one task, whose seconds can be compared."""

    name: str
    """Where they come from, for messages."""
    config: StudyConfig
    """The study file: its task, search space, objective and budget, and the threads of its workers."""
    fingerprint: Mapping[str, Any]
    """What the seconds depend on; see `tuner.storage.fingerprint`."""
    distributions: Mapping[str, BaseDistribution]
    """The ranges of the parameters."""
    runs: tuple[RecordedRun, ...]
    elsewhere: int = 0
    """Trials of the study that ran on other kinds of device, and are not among the runs."""


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, dict | list | str) and not value)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, Mapping):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value
