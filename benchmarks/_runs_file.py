"""The runs that a benchmark has finished, one JSON object a line, so that an interrupted benchmark can go on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tuner.machine import machine_text
from tuner.records import Outcome, Tick


@dataclass(frozen=True)
class Run:
    """One configuration trained once."""

    task: str
    variant: str
    """What distinguishes its configuration from the others that it is compared with, for example the learner."""
    seed: int
    target: float
    budget_seconds: float
    threads: int
    kind: str
    """As in `Outcome`."""
    reached_seconds: float | None
    clock_seconds: float
    env_steps: int
    updates: int
    best_return: float | None
    contended: bool
    ledger: dict[str, float]
    evaluations: list[dict[str, Any]]
    curve: list[tuple[float, float | None, int, int]]
    """Training clock, estimated return, environment steps and updates at every tick."""
    agent: dict[str, Any] | None
    """As in `Outcome`: with its action box resolved to numbers."""
    details: dict[str, Any]
    final_return: float | None = None
    """As in `Outcome`."""
    final_evaluation: dict[str, Any] | None = None
    """As in `Outcome`."""
    jobs: int = 1
    """Number of runs at the same time, each on its own CPUs."""
    stop_at_target: bool = True
    """False if it trained for the whole budget, whatever it reached on the way."""
    milestones: list[dict[str, Any]] = field(default_factory=list)
    """As in `Outcome`."""
    configuration: dict[str, Any] | None = None
    """The `AgentConfig` that was asked for, as JSON; None in runs from before it was kept."""

    @classmethod
    def of(cls, outcome: Outcome, ticks: Iterable[Tick], **asked: Any) -> "Run":
        """Return the run with this outcome; `asked` are the fields from `task` to `threads`, and others as needed."""
        return cls(
            **asked,
            kind=str(outcome.kind),
            reached_seconds=outcome.reached_seconds,
            clock_seconds=outcome.clock_seconds,
            env_steps=outcome.env_steps,
            updates=outcome.updates,
            best_return=outcome.best_return,
            contended=outcome.contended,
            ledger=outcome.ledger,
            evaluations=outcome.evaluations,
            curve=[(tick.clock_seconds, tick.estimate, tick.env_steps, tick.updates) for tick in ticks],
            agent=outcome.agent,
            details=outcome.details,
            final_return=outcome.final_return,
            final_evaluation=outcome.final_evaluation,
            milestones=outcome.milestones,
        )

    @property
    def goals(self) -> tuple[float, ...]:
        """The returns that it was watched for: milestones and target, in rising order."""
        return *(each["goal"] for each in self.milestones), self.target

    def seconds_to(self, goal: float) -> float | None:
        """Return the training clock at which it reached one of its goals; None if it did not."""
        times = {each["goal"]: each["reached_seconds"] for each in self.milestones}
        return self.reached_seconds if goal == self.target else times[goal]

    def steps_to(self, goal: float) -> float | None:
        """Return the environment steps at which it reached one of its goals, between two ticks; None if it did not."""
        seconds = self.seconds_to(goal)
        if seconds is None:
            return None
        ticks = [(0.0, 0), *((clock, steps) for clock, _, steps, _ in self.curve), (self.clock_seconds, self.env_steps)]
        return float(np.interp(seconds, *zip(*sorted(ticks), strict=True)))

    @property
    def machine(self) -> str:
        """The machine that it ran on: processor and number of CPUs."""
        return machine_text(self.details.get("machine")) or "unknown machine"

    @property
    def question(self) -> tuple[Any, ...]:
        """The settings that identify a run; two runs that agree in them are the same."""
        return (
            self.task,
            self.variant,
            self.seed,
            self.goals,
            self.budget_seconds,
            self.threads,
            self.stop_at_target,
        )


def read_runs(path: Path) -> list[Run]:
    """Return the runs in a file, none if it does not exist; an incomplete last line is left out."""
    return [Run(**line) for line in read_lines(path)]


def append_run(path: Path, run: Run) -> None:
    """Append a run to the file; an incomplete line, which an interruption may have left, is removed first."""
    append_line(path, asdict(run))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects in a file of one JSON object a line, as `read_runs` does."""
    if not path.exists():
        return []
    lines = path.read_text().split("\n")[:-1]  # a line without its end is incomplete
    return [json.loads(line) for line in lines]


def append_line(path: Path, line: Mapping[str, Any]) -> None:
    """Append an object to such a file, as `append_run` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    complete = path.read_bytes() if path.exists() else b""
    with path.open("ab") as file:
        file.truncate(complete.rfind(b"\n") + 1)
        file.write(json.dumps(line).encode() + b"\n")
