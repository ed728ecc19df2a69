"""Small trials on the point mass, with and without a fault; a manager's clock that can jump."""

from typing import Any

from tests.support import faulty
from tuner.clock import MonotonicClock
from tuner.config import AgentConfig, Network, ObjectiveConfig, TaskConfig, TrialSpec

SIMULATOR = f"{faulty.__file__}:FaultySimulator"
# On-policy agents compile in a third of the time; the workers do not care.
AGENT = AgentConfig(
    algorithm="ppo", arguments={"n_steps": 8, "batch_size": 32, "n_epochs": 1}, network=Network(pi=(8,), qf=(8,))
)
TICKS = 4


def point_mass(
    number: int, *, seconds: float = 0.2, simulator: str = SIMULATOR, num_envs: int = 4, **options: Any
) -> TrialSpec:
    """Return a trial whose target is out of reach: the best possible return is 10."""
    return TrialSpec(
        study="test",
        number=number,
        seed=number,
        task=TaskConfig(id="PointMass", simulator=simulator, num_envs=num_envs, options=options),
        agent=AGENT,
        objective=ObjectiveConfig(target=100.0),
        budget_seconds=seconds,
        ticks=TICKS,
        threads=1,
    )


def endless(number: int, **options: Any) -> TrialSpec:
    """Return a trial with more budget than any test, whose first tick comes after a tenth of a second."""
    return point_mass(number, seconds=1e5, **options).model_copy(update={"ticks": 1_000_000})


class JumpingClock(MonotonicClock):
    """The real clock, but a test can let hours pass for the manager, while the workers' own clocks go on as usual."""

    def __init__(self) -> None:
        self._jumped = 0.0

    def now(self) -> float:
        return super().now() + self._jumped

    def jump(self, seconds: float) -> None:
        self._jumped += seconds
