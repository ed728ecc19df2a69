"""Ray Tune's search, for against_zoo.py, which starts it. Never started by hand.

Two trials at a time on one CPU each: `OptunaSearch` over the project's search space, and `ASHAScheduler` by the
seconds that a trial has run (`time_attr="time_total_s"`), from the first report, a tenth of the budget, up to all of it
(Ray's own grace period of a second lies before any report on most budgets), with its other settings as they are. A
trial reports ten times within its budget: the mean return of five episodes without exploration noise. It is written
down at once. Nothing limits the search here: whoever started it ends it.

In Ray Tune's favour a trial takes over the process of the one before it, with all that is imported there.

    python benchmarks/_race_ray.py TASK BUDGET_SECONDS FOLDER SEED
"""

import os
import sys
import time
from functools import cache, partial
from pathlib import Path
from typing import Any

import ray
from _race_tasks import NO_LIMIT, RAY_RESULTS, Course, StockTrial, set_up_process
from _runs_file import append_line
from filelock import FileLock
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecEnv, sync_envs_normalization

from tuner.machine import allowed_cpus
from tuner.workers import claim_cpus

METRIC = "mean_return"
EPISODES = 5
REPORTS = 10
"""How often a trial reports within its budget. The first report is also when ASHA may stop it."""
TRIALS = 2
_STORE_BYTES = 80 * 2**20


class Reports(BaseCallback):
    """Evaluates and reports at equal intervals of time, as Stable-Baselines3's `EvalCallback` does of steps.

    Args:
        robots: to evaluate on, one for each episode.
        every: seconds from the end of one evaluation to the next.
    """

    def __init__(self, robots: VecEnv, every: float) -> None:
        super().__init__()
        self._robots, self._every = robots, every
        self._next = time.monotonic() + every

    def _on_step(self) -> bool:
        if time.monotonic() >= self._next:
            sync_envs_normalization(self.training_env, self._robots)
            mean, _ = evaluate_policy(self.model, self._robots, n_eval_episodes=EPISODES)
            tune.report({METRIC: float(mean)})
            self._next = time.monotonic() + self._every
        return True


class Written(tune.Callback):
    """Writes down what trials report when they do."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        self._write(trial, "started")

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **_: Any) -> None:
        if METRIC in result:
            self._write(trial, "result", value=result[METRIC], parameters=trial.config)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        self._write(trial, "finished")

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        self._write(trial, "failed")

    def _write(self, trial: Any, event: str, **more: Any) -> None:
        append_line(self._file, {"trial": trial.trial_id, "event": event, **more})


@cache
def pin(folder: Path) -> list[FileLock]:
    """Pin this process, for as long as it lives, to a CPU that no other trial has; return the lock that holds it."""
    cpus, locks = claim_cpus(allowed_cpus(), 1, folder)
    if cpus and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(os.getpid(), cpus)
    return locks


def suggest(trial: Any, *, task: str, budget_seconds: float) -> None:
    """Suggest a trial's parameters; Ray Tune keeps those that were asked for."""
    Course.of(task, budget_seconds).suggest(trial)


def train(config: dict[str, Any], *, task: str, budget_seconds: float, folder: Path, seed: int) -> None:
    """Train a trial until Ray Tune stops it."""
    pin(folder)
    set_up_process()
    course = Course.of(task, budget_seconds)
    trial = StockTrial(course, course.agent(config), seed)
    evaluation = trial.evaluation_robots(EPISODES)
    try:
        trial.build().learn(NO_LIMIT, Reports(evaluation, budget_seconds / REPORTS))
    finally:
        trial.robots.close()
        evaluation.close()


def search(task: str, budget_seconds: float, folder: Path, seed: int) -> None:
    """Search until this process is ended."""
    space = partial(suggest, task=task, budget_seconds=budget_seconds)
    trainable = partial(train, task=task, budget_seconds=budget_seconds, folder=folder, seed=seed)
    tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            search_alg=OptunaSearch(space, metric=METRIC, mode="max", seed=seed),
            scheduler=ASHAScheduler(
                time_attr="time_total_s",
                metric=METRIC,
                mode="max",
                max_t=budget_seconds,
                grace_period=budget_seconds / REPORTS,
            ),
            num_samples=-1,
            max_concurrent_trials=TRIALS,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="ray", storage_path=str(folder / "results"), callbacks=[Written(folder / RAY_RESULTS)], verbose=1
        ),
    ).fit()


def main() -> None:
    task, budget_seconds, folder, seed = sys.argv[1:]
    ray.init(
        address="local",
        num_cpus=TRIALS,
        include_dashboard=False,
        object_store_memory=_STORE_BYTES,
        _temp_dir=folder,  # of a short name: Ray's sockets lie below it
    )
    search(task, float(budget_seconds), Path(folder), int(seed))


if __name__ == "__main__":
    main()
