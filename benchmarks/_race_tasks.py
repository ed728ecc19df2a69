"""What is raced on in against_zoo.py, and SBX's own SAC for the rivals, built from the same search space as ours.

A course is a bundled study without its warm starts: its task, its pinned parameters, its target and its budget. RL Zoo
and Ray Tune suggest its free parameters through the project's own search space, and train SBX's SAC on the project's
own batched simulators, with the same normalisation of observations and the same action box as a trial of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecMonitor, VecNormalize

from tuner.agents import build_agent, enable_compilation_cache, normalize_observations, set_up_devices
from tuner.clock import Ledger, MonotonicClock
from tuner.config import AgentConfig, StudyConfig, TaskConfig, load_study
from tuner.simulators import bound_actions, open_task
from tuner.spaces import SearchSpace, Suggester, load_space

ZOO_STORAGE, ZOO_STUDY = "zoo.log", "zoo"
"""RL Zoo's storage in the folder of a search, and its study there."""
RAY_RESULTS = "ray.jsonl"
"""What trials of Ray Tune reported, in the folder of a search: lines with the trial, the event, and its result."""
NO_LIMIT = 2**60
"""Environment steps: something else ends the training."""
STUDIES = {"Cartpole": "quickstart", "Pendulum-v1": "pendulum"}
"""The bundled study of each course, by its task."""
ZOO_STEPS = {"Cartpole": 250_000, "Pendulum-v1": 50_000}
"""Environment steps of a trial of RL Zoo, which has no budget in seconds: about those that SBX's own SAC makes on one
CPU within the study's budget, as measured over ten seconds of a configuration that can solve the task: 11,000 a
second on Cartpole, for 24 s, and 2,100 to 2,900 on Pendulum-v1, for 20 s."""


class FreeParameters:
    """A trial that suggests what a study searches. What the study pins has its value, and the trial never hears of it.

    Args:
        trial: suggests values: a trial of Optuna.
        pinned: the values of the others, by their names in the search space.
    """

    def __init__(self, trial: Suggester, pinned: Mapping[str, Any]) -> None:
        self._trial = trial
        self._pinned = pinned

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        if name in self._pinned:
            return self._pinned[name]
        return self._trial.suggest_float(name, low, high, step=step, log=log)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        if name in self._pinned:
            return self._pinned[name]
        return self._trial.suggest_int(name, low, high, step=step, log=log)

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        if name in self._pinned:
            return self._pinned[name]
        return self._trial.suggest_categorical(name, choices)


@dataclass(frozen=True)
class Course:
    """What is searched and trained, the same for all contestants."""

    name: str
    """Of the bundled study."""
    study: StudyConfig
    space: SearchSpace
    zoo_steps: int
    """Environment steps of a trial of RL Zoo."""

    @classmethod
    def of(cls, task: str, budget_seconds: float | None = None) -> "Course":
        """Return the course of a task; RL Zoo's steps change with the budget, if it is not the study's own."""
        study = load_study(STUDIES[task])
        seconds = budget_seconds or study.budget.seconds
        return cls(
            STUDIES[task],
            study.model_copy(update={"budget": study.budget.model_copy(update={"seconds": seconds})}),
            load_space(study.search_space),
            round(ZOO_STEPS[task] * seconds / study.budget.seconds),
        )

    @property
    def task(self) -> TaskConfig:
        return self.study.task

    @property
    def target(self) -> float:
        return self.study.objective.target or 0.0

    def suggest(self, trial: Suggester) -> AgentConfig:
        """Return the agent that a trial of Optuna suggests."""
        return self.space.configure(FreeParameters(trial, self.study.fixed), self.task)

    def free(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters that are not pinned."""
        return {name: value for name, value in parameters.items() if name not in self.study.fixed}

    def agent(self, parameters: Mapping[str, Any]) -> AgentConfig:
        """Return the agent of the free parameters."""
        return self.space.agent({**self.study.fixed, **parameters}, self.task)


def set_up_process() -> None:
    """Prepare this process as our workers are prepared: for one CPU, quick to compile, programs kept on the disk.

    Neither RL Zoo nor SBX keeps compiled programs by itself.
    """
    import torch

    torch.set_num_threads(1)
    set_up_devices()
    enable_compilation_cache()


class StockTrial:
    """One trial of a rival: SBX's SAC with SBX's own learner, and robots for it.

    Args:
        course: what is raced on.
        agent: what the search space suggested.
        seed: seeds robots, networks and exploration.
    """

    def __init__(self, course: Course, agent: AgentConfig, seed: int) -> None:
        self._task, self._seed = course.task, seed
        robots = open_task(course.task, seed=seed, threads=1)
        robots.spread_ages = True  # as in a trial of ours, so that time-outs do not arrive in bursts
        box = robots.action_space
        resolved = agent.resolved(box.low.tolist(), box.high.tolist(), robots.joint_targets)
        self._config = resolved.model_copy(update={"learner": "stock"})
        self.robots: VecEnv = bound_actions(normalize_observations(robots, self._config), self._config)
        """The robots that it trains on."""

    def evaluation_robots(self, count: int) -> VecEnv:
        """Return so many other robots, monitored; Stable-Baselines3 gives them the training's statistics."""
        task = self._task.model_copy(update={"num_envs": count})
        robots = VecMonitor(open_task(task, seed=self._seed + 1, threads=1))
        normalized = normalize_observations(robots, self._config)
        if isinstance(normalized, VecNormalize):
            normalized.training = False
        return bound_actions(normalized, self._config)

    def build(self) -> BaseAlgorithm:
        """Return the agent, which trains on `robots`."""
        return build_agent(self._config, self.robots, seed=self._seed, ledger=Ledger(MonotonicClock()))
