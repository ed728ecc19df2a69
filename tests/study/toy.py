"""A study whose trials are formulas: curves that rise in a straight line, played on a clock that jumps.

The parameter `x` in [0, 1] decides how fast a trial learns: the target of 10 is reached after 20 + 400 · (x − 0.3)²
seconds, so 20 s at best (x = 0.3) and 216 s at worst (x = 1); the budget is 100 s in 20 ticks of 5 s, so x up to 0.747
reaches it. Launching takes 3 s. `y` does nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial

from tuner.clock import ManualClock
from tuner.config import AgentConfig, StudyConfig, TrialSpec
from tuner.listener import SilentListener
from tuner.records import Calibration, Device, Milestone, Outcome, OutcomeKind, Tick
from tuner.spaces import SearchSpace
from tuner.storage import StudySummary, open_storage
from tuner.study import Manager
from tuner.workers import Recording, ReplayPool

TARGET = 10.0
BUDGET = 100.0
TICKS = 20
LAUNCH_SECONDS = 3.0


def toy(trial: Any) -> AgentConfig:
    """The search space."""
    x = trial.suggest_float("x", 0.0, 1.0)
    trial.suggest_categorical("y", ["a", "b"])
    return AgentConfig(algorithm="sac", arguments={"learning_rate": x})


def space(
    function: Callable[..., AgentConfig] = toy, source_hash: str = "1", **warm_starts: dict[str, Any]
) -> SearchSpace:
    """Return the search space, with warm starts by name."""
    functions = {name: (lambda task, parameters=parameters: parameters) for name, parameters in warm_starts.items()}
    return SearchSpace(name="toy", function=function, warm_starts=functions, source_hash=source_hash)


def seconds_to_target(x: float) -> float:
    """Return the time to return of a configuration."""
    return 20.0 + 400.0 * (x - 0.3) ** 2


def x_of(spec: TrialSpec) -> float:
    """Return the parameter that decides."""
    value = spec.agent.arguments["learning_rate"]
    assert isinstance(value, float)
    return value


def play(spec: TrialSpec) -> Recording:
    """Return what a trial would do if nobody stopped it."""
    needed = seconds_to_target(x_of(spec))
    end = min(needed, spec.budget_seconds)
    times = [tick * spec.budget_seconds / spec.ticks for tick in range(1, spec.ticks + 1)]
    ticks = tuple(
        Tick(index=index, clock_seconds=time, estimate=TARGET * time / needed, best=TARGET * time / needed)
        for index, time in enumerate(times, start=1)
        if time <= end and time < needed
    )
    reached = needed <= spec.budget_seconds
    outcome = Outcome(
        kind=OutcomeKind.REACHED if reached else OutcomeKind.EXHAUSTED,
        reached_seconds=needed if reached else None,
        best_return=TARGET * end / needed,
        final_return=TARGET * end / needed,
        clock_seconds=end,
        env_steps=int(1000 * end),
        ledger={"launch": LAUNCH_SECONDS, "simulate": end},
        agent=spec.agent.to_json(),
        milestones=milestones(spec, needed),
    )
    return Recording(ticks=ticks, outcome=outcome, overhead_seconds=LAUNCH_SECONDS)


def on_devices(device_of: Callable[[float], str]) -> Callable[[TrialSpec], Recording]:
    """Return the recordings of `play`, on processors whose models depend on the parameter."""

    def played(spec: TrialSpec) -> Recording:
        device = Device(device_of(x_of(spec)), threads=2)
        return replace(play(spec), calibration=Calibration(device, 1000.0, 100.0))

    return played


def two_classes() -> optuna.Study:
    """Return a study whose trials 0 and 1 (36 s and 24 s to the target) ran on another device than trial 2 (20 s)."""
    lab = Lab(None)
    starts = {"fair": {"x": 0.5, "y": "a"}, "good": {"x": 0.4, "y": "a"}, "elsewhere": {"x": 0.3, "y": "a"}}
    config = lab.config(budget={"trials": 3}, warm_start=[*starts])
    lab.run(config, space(**starts), recordings=on_devices(lambda x: "New CPU" if x == 0.3 else "Old CPU"))
    return lab.load(config)


def milestones(spec: TrialSpec, needed: float) -> list[dict[str, Any]]:
    """Return when a trial that needs so many seconds to the target reaches the milestones of its objective."""
    times = {goal: goal / TARGET * needed for goal in spec.objective.milestones}
    return [Milestone(goal, at if at <= spec.budget_seconds else None).to_json() for goal, at in times.items()]


def failing(kind: OutcomeKind, spec: TrialSpec, *, after_ticks: int = 4, **facts: Any) -> Recording:
    """Return a trial that begins like `play`'s and ends in a fault."""
    healthy = play(spec)
    outcome = Outcome(kind=kind, message=f"{kind.value} on purpose", **facts)
    return replace(healthy, ticks=healthy.ticks[:after_ticks], outcome=outcome)


class Lab:
    """A storage, and the studies run in it.

    Args:
        folder: where the SQLite database lies, which every run opens anew; None for a storage in memory, which does all
            the same a hundred times faster.
    """

    def __init__(self, folder: Path | None) -> None:
        self._url = "sqlite:///:memory:" if folder is None else f"sqlite:///{folder}/tuner.db"
        self._memory = open_storage(None) if folder is None else None

    def config(self, **sections: Any) -> StudyConfig:
        """Return the study file; a section given as a dictionary is merged."""
        data: dict[str, Any] = {
            "study": "toy",
            "task": {"id": "Toy", "num_envs": 4},
            "search_space": "toy",
            "objective": {"kind": "time_to_return", "target": TARGET},
            "budget": {"seconds": BUDGET, "trials": 12, "ticks": TICKS},
            "sampler": {"kind": "random", "seed": 1},
            "pruner": {"kind": "none"},
            "storage": self._url,
        }
        for name, value in sections.items():
            data[name] = {**data.get(name, {}), **value} if isinstance(value, dict) else value
        return StudyConfig.model_validate(data)

    def manager(
        self,
        study: StudyConfig,
        search_space: SearchSpace | None = None,
        *,
        recordings: Callable[[TrialSpec], Recording] = play,
        slots: int = 1,
        pool: type[ReplayPool] = ReplayPool,
        clock: ManualClock | None = None,
        **options: Any,
    ) -> Manager:
        """Return the manager of a study on a replayed pool."""
        clock = clock or ManualClock()
        workers = pool(recordings, slots, clock)
        return Manager(study, search_space or space(), workers, clock=clock, storage=self._memory, **options)

    def run(self, study: StudyConfig, search_space: SearchSpace | None = None, **options: Any) -> StudySummary:
        """Run a study to its end."""
        return self.manager(study, search_space, **options).run()

    def load(self, study: StudyConfig) -> optuna.Study:
        """Return the study as the storage has it."""
        storage = self._memory if self._memory is not None else open_storage(study.storage)
        return optuna.load_study(study_name=study.study, storage=storage)

    def trials(self, study: StudyConfig) -> list[FrozenTrial]:
        """Return the trials as the storage has them."""
        return self.load(study).get_trials()

    def states(self, study: StudyConfig) -> list[str]:
        """Return the trials' states, in the order of their numbers."""
        return [trial.state.name for trial in self.trials(study)]


class Stopper(SilentListener):
    """Asks the manager to stop at a given tick of a given trial; keeps all messages."""

    def __init__(self, number: int, tick: int, stop: Callable[[], None] | None = None) -> None:
        self._at = (number, tick)
        self.stop = stop
        self.messages: list[str] = []

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        if (spec.number, tick.index) == self._at and self.stop is not None:
            self.stop()

    def on_message(self, text: str) -> None:
        self.messages.append(text)


class Killed(BaseException):
    """Stands for SIGKILL where the test needs to choose the very line: nothing handles it."""


def kill_at(lab: Lab, config: StudyConfig, number: int, tick: int, **options: Any) -> None:
    """Run a study and kill the manager at a tick of a trial."""

    def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        lab.run(config, listener=Stopper(number, tick, die), **options)


def faulty(kind: OutcomeKind, numbers: set[int]) -> Callable[[TrialSpec], Recording]:
    """Return recordings in which some trials fail."""
    return lambda spec: failing(kind, spec) if spec.number in numbers else play(spec)


def final_parameters(lab: Lab, config: StudyConfig) -> list[float]:
    """Return the parameter of every trial that counts."""
    return [trial.params["x"] for trial in lab.trials(config) if trial.state.name in ("COMPLETE", "PRUNED")]
