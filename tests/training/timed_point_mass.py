"""The point mass on a manual clock: every step costs the same, so whole trials are deterministic to the last bit."""

from typing import Any

import numpy as np

from tests.support.point_mass import PERIOD, PointMassEnv
from tuner.clock import ManualClock
from tuner.config import AgentConfig, Network, ObjectiveConfig, TaskConfig, TrialSpec
from tuner.records import OutcomeKind, Tick
from tuner.training import Phase, StopRequest

STEP_SECONDS = 0.125
"""What one step of all robots costs; a power of two, so that sums of it are exact."""


class TimedPointMassEnv(PointMassEnv):
    """Moves the clock at every step, in training and in evaluation alike; resets are free."""

    def __init__(self, num_envs: int, clock: ManualClock, *, restorable: bool = True, **options: Any) -> None:
        super().__init__(num_envs, **options)
        self.clock = clock
        self.restorable = restorable
        self.steps = 0

    def step_wait(self) -> Any:
        self.clock.sleep(STEP_SECONDS)
        self.steps += 1
        return super().step_wait()

    def get_state(self) -> Any:
        return super().get_state() if self.restorable else None


class MeasuringEnv(TimedPointMassEnv):
    """Measures each robot's number, its distance from the origin, which steps it makes, and what never applies."""

    def __init__(self, num_envs: int, clock: ManualClock, **options: Any) -> None:
        super().__init__(num_envs, clock, **options)
        self.metrics = {name: np.full(num_envs, np.nan) for name in ("robot", "distance", "step", "never")}

    def step_wait(self) -> Any:
        before = self.steps
        observations, rewards, dones, infos = super().step_wait()
        distance = np.sqrt(np.maximum(0.0, 1.0 - rewards.astype(float) / PERIOD))  # of the episode that ended, too
        everywhere = np.ones(self.num_envs)
        self.metrics = {
            "robot": np.arange(float(self.num_envs)),
            "distance": distance,
            "step": (before + 1) * everywhere,
            "never": np.nan * everywhere,
        }
        return observations, rewards, dones, infos


class ListeningChannel:
    """Keeps all that a trial says, and asks it to stop after a number of signs of life."""

    def __init__(self, stop: StopRequest | None = None, after_alive: int = 0, after_phase: Phase | None = None) -> None:
        self.ticks: list[Tick] = []
        self.phases: list[Phase] = []
        self.notices: list[str] = []
        self.signs_of_life = 0
        self._stop = stop
        self._after_alive = after_alive
        self._after_phase = after_phase

    def phase(self, phase: Phase) -> None:
        self.phases.append(phase)

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def alive(self) -> None:
        self.signs_of_life += 1

    def tick(self, tick: Tick) -> None:
        self.ticks.append(tick)

    def stop_requested(self) -> StopRequest | None:
        waiting = self._after_phase is not None and self._after_phase not in self.phases
        return None if waiting or self.signs_of_life < self._after_alive else self._stop


def interrupt() -> StopRequest:
    return StopRequest(OutcomeKind.INTERRUPTED)


def sac(**arguments: Any) -> AgentConfig:
    """A SAC that learns the point mass within about 150 steps of 16 robots."""
    given = {"learning_starts": 160, "gradient_steps": 8, "batch_size": 64, "buffer_size": 20_000, "gamma": 0.95}
    given |= {"learning_rate": 3e-3, "ent_coef": "auto_0.01", "tau": 0.02}
    return AgentConfig(
        algorithm="sac", arguments=given | arguments, network=Network(pi=(32, 32), qf=(32, 32)), initial_std=0.5
    )


def ppo(**arguments: Any) -> AgentConfig:
    given = {"n_steps": 16, "batch_size": 64, "n_epochs": 4, "learning_rate": 3e-3, "gamma": 0.95}
    return AgentConfig(algorithm="ppo", arguments=given | arguments, network=Network(pi=(32, 32), qf=(32, 32)))


def make_spec(
    agent: AgentConfig,
    *,
    target: float | None = 8.5,
    milestones: tuple[float, ...] = (),
    budget_seconds: float = 50.0,
    **fields: Any,
) -> TrialSpec:
    kind = "return_at_budget" if target is None else "time_to_return"
    given: dict[str, Any] = {"study": "test", "number": 0, "seed": 3, "ticks": 10}
    return TrialSpec(
        **(given | fields),
        task=TaskConfig(id="PointMass", simulator="tests", num_envs=16),
        agent=agent,
        objective=ObjectiveConfig(kind=kind, target=target, milestones=milestones),
        budget_seconds=budget_seconds,
    )
