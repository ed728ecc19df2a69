"""The toy study of `tests/study/toy.py`, and what its configurations do on fresh seeds.

The study's warm starts reach the target, by its formula 20 + 400 · (x − 0.3)², after 20 s (`lucky`, x = 0.3,
trial 0), 24 s (`steady`, x = 0.4, trial 1) and 36 s (`slow`, x = 0.5, trial 2); `never` (x = 1, trial 3) would take
216 s of its 100. On the i-th fresh seed, counted from 0, they take what `TIMES` says.
"""

from collections.abc import Callable
from typing import Any

from tests.study import toy
from tests.study.toy import Lab
from tuner.clock import ManualClock
from tuner.config import ConfirmConfig, StudyConfig, TrialSpec
from tuner.confirm import Confirmation, Confirmer, confirmation_data
from tuner.listener import SilentListener
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.storage import StudySummary, confirm_name
from tuner.workers import Recording, ReplayPool

STARTS = {
    "lucky": {"x": 0.3, "y": "a"},
    "steady": {"x": 0.4, "y": "a"},
    "slow": {"x": 0.5, "y": "a"},
    "never": {"x": 1.0, "y": "a"},
}
TIMES: dict[float, tuple[float | None, ...]] = {
    0.3: (50.0, 30.0, None, 45.0, 60.0),
    0.4: (26.0, 22.0, 25.0, 24.0, 23.0),
    0.5: (66.0, 60.0, 63.0, 64.0, 62.0),
    1.0: (None, None, None, None, None),
}
"""Time to return by x: means with 100 s for None are 57, 24 and 63 s."""


def play(seeds: dict[int, int]) -> Callable[[TrialSpec], Recording]:
    """Return recordings of confirm runs; `seeds` numbers the fresh seeds as they come up, across runs of a test."""

    def played(spec: TrialSpec) -> Recording:
        index = seeds.setdefault(spec.seed, len(seeds))
        needed = TIMES[toy.x_of(spec)][index % 5]
        end = toy.BUDGET if needed is None else needed
        ticks = tuple(Tick(index=k, clock_seconds=5.0 * k, estimate=1.0, best=1.0) for k in range(1, int(end // 5) + 1))
        kind = OutcomeKind.EXHAUSTED if needed is None else OutcomeKind.REACHED
        outcome = Outcome(
            kind=kind,
            reached_seconds=needed,
            best_return=1.0 if needed is None else toy.TARGET,
            clock_seconds=end,
            agent=spec.agent.to_json(),
            milestones=toy.milestones(spec, 2 * toy.BUDGET if needed is None else needed),
        )
        return Recording(ticks, outcome, overhead_seconds=toy.LAUNCH_SECONDS)

    return played


class Race:
    """A study that was run, and what confirms it."""

    def __init__(self, lab: Lab, *starts: str, **sections: Any) -> None:
        self.lab = lab
        names = starts or tuple(STARTS)
        self.space = toy.space(**STARTS)
        self.config = lab.config(**{"warm_start": names, "budget": {"trials": len(names)}, **sections})
        self.seeds: dict[int, int] = {}
        self.specs: list[TrialSpec] = []
        """Every run that was given to a worker."""
        self.summary: StudySummary | None = None
        if names:
            lab.run(self.config, self.space)

    @property
    def study(self) -> Any:
        """The study as the storage has it."""
        return self.lab.load(self.config)

    @property
    def confirm_study(self) -> Any:
        """The Optuna study of the confirm runs."""
        return toy.optuna.load_study(study_name=confirm_name(self.config.study), storage=self.study._storage)

    def confirmer(
        self,
        *,
        recordings: Callable[[TrialSpec], Recording] | None = None,
        slots: int = 1,
        clock: ManualClock | None = None,
        config: StudyConfig | None = None,
        listener: Any = None,
        race_reference: bool = False,
        restart: bool = False,
        runs_dir: Any = None,
        **settings: Any,
    ) -> Confirmer:
        """Return what confirms the study on a replayed pool."""
        clock = clock or ManualClock()
        training = recordings or play(self.seeds)

        def watched(spec: TrialSpec) -> Recording:
            self.specs.append(spec)
            return training(spec)

        return Confirmer(
            config or self.config,
            ConfirmConfig(**settings),
            ReplayPool(watched, slots, clock),
            space=self.space,
            race_reference=race_reference,
            restart=restart,
            listener=listener,
            clock=clock,
            runs_dir=runs_dir,
            storage=self.lab._memory,
        )

    def run(self, **options: Any) -> Confirmation:
        """Confirm the study to its end; return what is then read from the storage."""
        self.summary, returned = self.confirmer(**options).run()
        found = confirmation_data(self.study)
        assert found == returned
        return returned

    def trained(self) -> list[tuple[float, int]]:
        """Return every run given to a worker as x and the number of its seed."""
        return [(toy.x_of(spec), self.seeds[spec.seed]) for spec in self.specs]


class Hears(SilentListener):
    """Keeps what is said, and what starts."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.started: list[str] = []

    def on_message(self, text: str) -> None:
        self.messages.append(text)

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        self.started.append(label)


def remade(race: Race, **sections: Any) -> None:
    """Delete the study and run another one under its name."""
    toy.optuna.delete_study(study_name="toy", storage=race.study._storage)
    race.config = race.lab.config(
        **{"warm_start": ("lucky", "steady"), "budget": {"trials": 2, **sections.pop("budget", {})}, **sections}
    )
    race.lab.run(race.config, race.space)
