"""Run a search space's function with given values, to see which agent comes out."""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import TrialPruned

from tuner.config import AgentConfig, TaskConfig
from tuner.errors import UserError
from tuner.spaces._space import SearchSpace
from tuner.spaces.fitting._traits import Trait, traits_of

Choose = Callable[[str, BaseDistribution], Any]
"""Gives a value for a parameter that has none yet."""


@dataclass(frozen=True)
class Tried:
    """One run of the function."""

    parameters: dict[str, Any]
    """What it asked for, and the values it got."""
    ranges: dict[str, BaseDistribution]
    agent: AgentConfig | None
    """None if it gave the combination up."""
    traits: dict[str, Trait]
    """The agent's; empty without one."""
    problem: UserError | None = None
    """Why there is no agent, if it failed."""

    @property
    def built(self) -> AgentConfig:
        """The agent of a run that gave one; any other raises ValueError."""
        if self.agent is None:
            raise ValueError("the space gave this combination up")
        return self.agent


class TryOut:
    """Runs the function of a search space for one task."""

    def __init__(self, space: SearchSpace, task: TaskConfig) -> None:
        self.space = space
        self.task = task

    def __call__(self, values: Mapping[str, Any], choose: Choose | None = None) -> Tried:
        """Run it once.

        Args:
            values: parameters; a number outside of its range is moved to the nearest end.
            choose: gives the others; by default the middle of their ranges.
        """
        answers = _Answers(values, choose or _middle)
        agent, problem = None, None
        try:
            agent = self.space.configure(answers, self.task)
        except TrialPruned:
            pass
        except UserError as error:
            problem = error
        traits = {} if agent is None else traits_of(agent, self.task.num_envs)
        return Tried(answers.given, answers.ranges, agent, traits, problem)

    def begin(self, values: Mapping[str, Any], draws: int = 100) -> Tried:
        """Return a run that gave an agent: with the given values and the middle of the rest, or with random ones.

        Raises:
            UserError: if there is none.
        """
        generator = random.Random(0)
        tried = self(values)
        runs = 0
        while tried.agent is None and runs < draws:
            tried, runs = self(values, lambda _, among: _random(among, generator)), runs + 1
        if tried.agent is None:
            raise tried.problem or self.space.gives_all_up(runs + 1, values)
        return tried


class _Answers:
    """Answers what a search space asks; see `Suggester`."""

    def __init__(self, values: Mapping[str, Any], choose: Choose) -> None:
        self._values = values
        self._choose = choose
        self.given: dict[str, Any] = {}
        self.ranges: dict[str, BaseDistribution] = {}

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        return float(self._answer(name, FloatDistribution(low, high, log=log, step=step)))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return int(self._answer(name, IntDistribution(low, high, log=log, step=step)))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        return self._answer(name, CategoricalDistribution(choices))

    def _answer(self, name: str, among: BaseDistribution) -> Any:
        value = nearest_in(among, self._values[name]) if name in self._values else None
        if value is None:
            value = self._choose(name, among)
        self.ranges[name], self.given[name] = among, value
        return value


def nearest_in(among: BaseDistribution, value: Any) -> Any:
    """Return the value of a range that is next to a value; None if there is nothing like it."""
    if isinstance(among, CategoricalDistribution):
        return value if value in among.choices else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    low, high, step = among.low, among.high, among.step  # type: ignore[attr-defined]
    inside = min(max(value, low), high)
    if step is not None:
        inside = min(low + round((inside - low) / step) * step, high)
    return int(inside) if isinstance(among, IntDistribution) else float(inside)


def _middle(_: str, among: BaseDistribution) -> Any:
    if isinstance(among, CategoricalDistribution):
        return among.choices[0]
    low, high = among.low, among.high  # type: ignore[attr-defined]
    between = math.sqrt(low * high) if among.log else (low + high) / 2  # type: ignore[attr-defined]
    return nearest_in(among, between)


def _random(among: BaseDistribution, generator: random.Random) -> Any:
    if isinstance(among, CategoricalDistribution):
        return generator.choice(among.choices)
    return nearest_in(among, generator.uniform(among.low, among.high))  # type: ignore[attr-defined]


def random_values(tried: Tried, generator: random.Random) -> dict[str, Any]:
    """Return random values of everything that a run asked for."""
    return {name: _random(among, generator) for name, among in tried.ranges.items()}
