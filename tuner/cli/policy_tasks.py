"""What the commands share that let a policy act: opening its task, recording, showing how far training has come."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

from tuner import actions, policies, simulators
from tuner.cli.printing.output import console
from tuner.cli.printing.text import duration_text, number_text
from tuner.cli.watching.interrupt import StopOnSignal
from tuner.config import Algorithm, TaskConfig, TrialSpec
from tuner.errors import UserError, unknown_name
from tuner.records import Tick
from tuner.resources import is_file_reference, user_path

DEFAULT_STEPS = 500
DEFAULT_ROBOTS = 256


def checked_count(option: str, value: int | None) -> None:
    """Refuse a number that is not at least one.

    Raises:
        UserError: if it is less.
    """
    if value is not None and value < 1:
        raise UserError(f"{option} {value}: give a whole number of at least one.")


def task_of(task_id: str, simulator: str | None, num_envs: int | None) -> TaskConfig:
    """Return a task named on the command line.

    Args:
        task_id: its id.
        simulator: what opens it, a user's own from the working directory; None for the simulator that lists it.
        num_envs: robots; `DEFAULT_ROBOTS` if None.

    Raises:
        UserError: if the id is empty, or no simulator was given and none lists it.
    """
    if not task_id:
        raise UserError("The task's id is empty. `tuner tasks` lists what there is.")
    name = simulators.find_simulator(task_id) if simulator is None else simulator
    found = os.path.normpath(Path.cwd() / user_path(name)) if is_file_reference(name) else name
    return TaskConfig(id=task_id, simulator=found, num_envs=num_envs or DEFAULT_ROBOTS)


@contextmanager
def opened(task: TaskConfig, *, seed: int, threads: int) -> "Iterator[simulators.TaskEnv]":
    """Open a task, ready for a policy to act on it, and close it."""
    # Late, as they load PyTorch and JAX, which help and mistakes in the options must not wait for.
    import torch

    from tuner.agents import enable_compilation_cache

    torch.set_num_threads(1)  # SBX computes in JAX; torch is only what Stable-Baselines3 brings along
    with suppress(OSError):  # a home that cannot be written to: programs compile anew, and that is all
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
    policy = policies.load_policy(folder)
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


def train_first(spec: TrialSpec) -> None:
    """Run a pretraining and show its progress on stderr; Ctrl-C ends it and keeps what was learned.

    Raises:
        TunerError: if it failed, or was stopped before anything was learned.
    """
    out = console(stderr=True)

    def show(tick: Tick) -> None:
        out.print(progress_line(tick, spec.budget_seconds), markup=False)

    channel = actions.PretrainingChannel(show)

    def stop(signals: int) -> None:
        if signals > 1:
            raise KeyboardInterrupt
        out.print("Stopping the training; the bounds are made of what it has learned. Ctrl-C again to give up.")
        channel.stop()

    algorithm = spec.agent.algorithm.upper()
    out.print(f"Training {algorithm} on {spec.task.id} for {duration_text(spec.budget_seconds)}; Ctrl-C ends it early.")
    with StopOnSignal(stop), opened(spec.task, seed=spec.seed, threads=spec.threads) as env:
        outcome = actions.pretrain(spec, env, channel)
    earned = number_text(outcome.final_return)
    out.print(f"{algorithm}'s return is {earned}; its policy lies in {spec.directory}.", markup=False, soft_wrap=True)


def progress_line(tick: Tick, budget_seconds: float) -> str:
    """Return a tick as a line: the clock, the return and its interval, the steps so far."""
    clock = f"{duration_text(tick.clock_seconds)} of {duration_text(budget_seconds)}"
    interval = f" ({number_text(tick.low)} to {number_text(tick.high)})" if tick.low is not None else ""
    return f"{clock}   return {number_text(tick.estimate)}{interval}   {tick.env_steps:,} steps"
