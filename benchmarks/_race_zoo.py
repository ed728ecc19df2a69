"""A runner of RL Zoo's own search, for against_zoo.py, which starts two of them. Never started by hand.

It is `rl_zoo3.train` with `-optimize` and RL Zoo's own sampler, pruner, evaluations and storage. Replaced is what the
race holds equal: the search space (`HYPERPARAMS_SAMPLER`), the algorithm (`ALGOS`, as SBX's documentation shows) and,
in RL Zoo's favour, how robots are made: its own `create_envs` would step robots one by one.

    python benchmarks/_race_zoo.py TASK BUDGET_SECONDS FOLDER SEED
"""

import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import rl_zoo3.train
import yaml
from _race_tasks import ZOO_STORAGE, ZOO_STUDY, Course, StockTrial, set_up_process
from rl_zoo3.exp_manager import ExperimentManager
from rl_zoo3.hyperparams_opt import HYPERPARAMS_SAMPLER
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from tuner.simulators import open_task


class Trials:
    """Makes what RL Zoo asks for in each trial, one after the other: parameters, robots, agent, robots to evaluate on.

    Args:
        course: what is raced on.
        seed: seeds the trials, together with their numbers.
    """

    def __init__(self, course: Course, seed: int) -> None:
        self._course = course
        self._seed = seed
        self._suggested: Any = None
        self._number = 0
        self._trial: StockTrial | None = None

    def sample(self, trial: Any, *_: Any) -> dict[str, Any]:
        """Suggest parameters, as an entry of `HYPERPARAMS_SAMPLER`; the agent needs nothing else."""
        self._suggested, self._number, self._trial = self._course.suggest(trial), trial.number, None
        return {}

    def create_envs(self, n_envs: int, eval_env: bool = False, no_log: bool = False) -> VecEnv:
        """Return robots, as `ExperimentManager.create_envs`. Before the first trial it is asked for the spaces only."""
        if self._suggested is None:
            return open_task(self._course.task, seed=0, threads=1)
        if eval_env and self._trial is not None:
            return self._trial.evaluation_robots(n_envs)
        self._trial = StockTrial(self._course, self._suggested, 1000 * self._seed + self._number)
        return self._trial.robots

    def build(self, **_: Any) -> BaseAlgorithm:
        """Return the agent, as an entry of `ALGOS`."""
        assert self._trial is not None  # RL Zoo makes the robots first
        return self._trial.build()


def configuration(course: Course) -> dict[str, Any]:
    """Return RL Zoo's file of hyperparameters: how many robots there are. All others are sampled."""
    entry = {"n_envs": course.task.num_envs, "n_timesteps": course.zoo_steps, "policy": "MlpPolicy"}
    return {course.task.id: entry}


def arguments(course: Course, folder: Path, seed: int) -> list[str]:
    """Return the command line of `rl_zoo3.train`; what is not given is its default."""
    return [
        *("--algo", "sac", "--env", course.task.id, "--conf-file", str(folder / "zoo.yml")),
        *("-optimize", "-n", str(course.zoo_steps)),
        *("--storage", str(folder / ZOO_STORAGE), "--study-name", ZOO_STUDY),
        *("--log-folder", str(folder / f"zoo-{seed}"), "--seed", str(seed)),
    ]


def install(course: Course, seed: int) -> None:
    """Give RL Zoo the course's task, search space and algorithm."""
    trials = Trials(course, seed)
    if course.task.id not in gym.registry:
        gym.register(course.task.id, entry_point="tuner.simulators:open_task")  # a name; `create_envs` makes the robots
    HYPERPARAMS_SAMPLER["sac"] = trials.sample
    rl_zoo3.ALGOS["sac"] = trials.build
    ExperimentManager.create_envs = lambda _, *given, **named: trials.create_envs(*given, **named)


def main() -> None:
    task, budget_seconds, folder, seed = sys.argv[1:]
    set_up_process()
    course = Course.of(task, float(budget_seconds))
    install(course, int(seed))
    (Path(folder) / "zoo.yml").write_text(yaml.safe_dump(configuration(course)))
    sys.argv = [*sys.argv[:1], *arguments(course, Path(folder), int(seed))]
    rl_zoo3.train.train()


if __name__ == "__main__":
    main()
