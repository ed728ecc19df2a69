"""Tasks named on the command line: found, opened, and recorded while a policy acts on them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

from tuner import actions, policies, simulators
from tuner.config import Algorithm, TaskConfig
from tuner.errors import UserError, unknown_name
from tuner.resources import is_file_reference, user_path

DEFAULT_STEPS = 500
DEFAULT_ROBOTS = 256


def task_of(task_id: str, simulator: str | None, num_envs: int | None) -> TaskConfig:
    """Return a task named on the command line.

    Args:
        task_id: its id.
        simulator: the simulator's name, or a user's own file, relative to the working directory; None for the
            simulator that lists the task.
        num_envs: number of robots; `DEFAULT_ROBOTS` if None.

    Raises:
        UserError: if the id is empty, or no simulator was given and none lists it.
    """
    if not task_id:
        raise UserError("The task's id is empty. `tuner tasks` lists all tasks.")
    name = simulators.find_simulator(task_id) if simulator is None else simulator
    found = os.path.normpath(Path.cwd() / user_path(name)) if is_file_reference(name) else name
    return TaskConfig(id=task_id, simulator=found, num_envs=num_envs or DEFAULT_ROBOTS)


@contextmanager
def opened(task: TaskConfig, *, seed: int, threads: int) -> "Iterator[simulators.TaskEnv]":
    """Open a task, ready for a policy to act on it, and close it."""
    # Imported here because they load PyTorch and JAX, which `--help` and errors in options must not wait for.
    import torch

    from tuner.agents import enable_compilation_cache

    torch.set_num_threads(1)  # SBX computes in JAX; torch is only what Stable-Baselines3 brings along
    with suppress(OSError):  # if the home folder cannot be written to, programs are compiled again
        enable_compilation_cache()
    env = simulators.open_task(task, seed=seed, threads=threads)
    try:
        yield env
    finally:
        env.close()


def record_trial(
    folder: Path, *, steps: int, num_envs: int | None, seed: int, threads: int, deterministic: bool
) -> actions.Recording:
    """Return what the policy in a trial's folder does on its task."""
    policy = policies.Policy.load(folder)
    task = policy.task if num_envs is None else policy.task.model_copy(update={"num_envs": num_envs})
    with opened(task, seed=seed, threads=threads) as env:
        return actions.record_actions(
            replace(policy, task=task), env, steps=steps, seed=seed, deterministic=deterministic
        )


def record_untrained(
    task_id: str,
    simulator: str | None,
    algorithm: str,
    *,
    steps: int,
    num_envs: int | None,
    seed: int,
    threads: int,
    deterministic: bool,
) -> actions.Recording:
    """Return what a policy that has learned nothing does on a task.

    Raises:
        UserError: for an unknown task or algorithm.
    """
    for known in get_args(Algorithm):
        if known == algorithm:
            task = task_of(task_id, simulator, num_envs)
            with opened(task, seed=seed, threads=threads) as env:
                policy = policies.untrained_policy(task, known, env, seed=seed)
                return actions.record_actions(policy, env, steps=steps, seed=seed, deterministic=deterministic)
    raise unknown_name("algorithm", algorithm, get_args(Algorithm))
