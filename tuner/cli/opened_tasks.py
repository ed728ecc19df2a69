"""Tasks named on the command line: found, opened, and recorded while a policy acts on them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

from rich.text import Text

from tuner import actions, policies, simulators
from tuner.cli.printing.output import console
from tuner.cli.watching.start_watcher import StartWatcher
from tuner.config import Algorithm, TaskConfig, given_options, load_task, with_absolute_files
from tuner.errors import UserError, unknown_name
from tuner.machine import granted_cpu_count
from tuner.workers import check_device

DEFAULT_STEPS = 500
DEFAULT_ROBOTS = 256


def task_of(
    given: str, simulator: str | None, num_envs: int | None, assignments: Sequence[str] | None = None
) -> TaskConfig:
    """Return a task named on the command line.

    Args:
        given: its id, or the path of a study file, whose task is taken.
        simulator: the simulator's name, or a user's own file, relative to the working directory; None for the
            study file's, or the simulator that knows the task.
        num_envs: number of robots; None for the study file's, or `DEFAULT_ROBOTS`.
        assignments: options as `name=value`, in addition to the study file's.

    Raises:
        UserError: if the id is empty, there is no such study file, or no simulator was given and none knows the task.
    """
    if not given:
        raise UserError("The task's id is empty. `tuner tasks` lists all tasks.")
    if is_study_file(given):
        found = load_task(given)
        if simulator is not None:
            raise UserError(
                f"--simulator goes with a task's id only: {given} says that its task is on {found.simulator}."
            )
        return with_options(found if num_envs is None else _with_robots(found, num_envs), assignments)
    registered = "import" in given_options(assignments or [])  # an option of Gymnasium's only
    name = simulator or ("gymnasium" if registered else simulators.find_simulator(given))
    data = {"id": given, "simulator": name, "num_envs": num_envs or DEFAULT_ROBOTS}
    return with_options(TaskConfig.model_validate(with_absolute_files(data, Path.cwd())), assignments)


def is_study_file(given: str) -> bool:
    """Return whether a study file is named and not a task's id, which may have a slash in it."""
    return given.endswith((".yaml", ".yml"))


def with_options(task: TaskConfig, assignments: Sequence[str] | None) -> TaskConfig:
    """Return a task with more options, or with other values of those it has.

    Args:
        task: the task.
        assignments: each `name=value`, the value in YAML; the user's own files are relative to the working directory.

    Raises:
        UserError: for an assignment without a name or a value.
    """
    if not assignments:
        return task
    options = {**task.options, **given_options(assignments)}
    return TaskConfig.model_validate(with_absolute_files({**task.model_dump(), "options": options}, Path.cwd()))


def open_task(task: TaskConfig, *, seed: int, threads: int) -> "simulators.TaskEnv":
    """Open a task, and say on stderr what its simulator is doing if that takes long."""
    with StartWatcher() as watcher:
        return simulators.open_task(task, seed=seed, threads=threads, say=watcher.say)


@contextmanager
def opened(task: TaskConfig, *, seed: int, threads: int) -> "Iterator[simulators.TaskEnv]":
    """Open a task, ready for a policy to act on it, and close it.

    On stderr it says if JAX cannot use this machine's GPU, or if there are fewer CPUs than `threads`.
    """
    # Imported here because they load PyTorch and JAX, which `--help` and errors in options must not wait for.
    import torch

    from tuner.agents import enable_compilation_cache

    granted, fewer = granted_cpu_count(), None
    if threads > granted:
        fewer = f"WARNING: {threads} threads were asked for, but there are CPUs for {granted} only."
    for line in (fewer, check_device()):
        if line is not None:
            console(stderr=True).print(Text(line, style="bold red"))
    torch.set_num_threads(1)  # SBX computes in JAX; torch is only what Stable-Baselines3 brings along
    with suppress(OSError):  # if the home folder cannot be written to, programs are compiled again
        enable_compilation_cache()
    env = open_task(task, seed=seed, threads=threads)
    try:
        yield env
    finally:
        env.close()


def record_trial(
    folder: Path,
    *,
    steps: int,
    num_envs: int | None,
    seed: int,
    threads: int,
    deterministic: bool,
    assignments: Sequence[str] | None = None,
) -> actions.Recording:
    """Return what the policy in a trial's folder does on its task, which may get other options."""
    policy = policies.Policy.load(folder)
    task = with_options(policy.task if num_envs is None else _with_robots(policy.task, num_envs), assignments)
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
    assignments: Sequence[str] | None = None,
) -> actions.Recording:
    """Return what a policy that has learned nothing does on a task; the arguments are those of `task_of`.

    Raises:
        UserError: for an unknown task or algorithm.
    """
    for known in get_args(Algorithm):
        if known == algorithm:
            task = task_of(task_id, simulator, num_envs, assignments)
            with opened(task, seed=seed, threads=threads) as env:
                policy = policies.untrained_policy(task, known, env, seed=seed)
                return actions.record_actions(policy, env, steps=steps, seed=seed, deterministic=deterministic)
    raise unknown_name("algorithm", algorithm, get_args(Algorithm))


def _with_robots(task: TaskConfig, num_envs: int) -> TaskConfig:
    return task.model_copy(update={"num_envs": num_envs})
