"""`tuner doctor`: whether this machine can train, and how to fix what does not work."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from tuner.cli.opened_tasks import is_study_file, open_task, task_of
from tuner.cli.options import TASK_HELP, TaskOptions, count_option
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.text import number_text
from tuner.clock import MonotonicClock
from tuner.config import TaskConfig
from tuner.errors import TunerError, UserError, unknown_name
from tuner.machine import describe_machine, granted_cpu_count, memory_limit_bytes, visible_gpus
from tuner.resources import is_file_reference
from tuner.simulators.server import SERVED, is_isaaclab_2, server_for, simulator_version

if TYPE_CHECKING:
    from tuner.simulators import TaskEnv

TASKS = {
    "mujoco": "Cartpole",
    "gymnasium": "Pendulum-v1",
    "isaaclab": "Isaac-Cartpole",
    "mjlab": "Mjlab-Velocity-Flat-Unitree-Go1",
}
"""The task of each simulator that is tried if none is named."""
_PACKAGES = ("optuna", "jax", "sbx-rl", "stable-baselines3", "numpy")
_INTERPRETER = "interpreter"
_STEPS = 20
ROBOTS = 64
"""Robots that are tried if their number is not given."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    check: str
    ok: bool
    text: str
    """What is there, or what is wrong and what to do about it."""


def doctor(
    simulator: Annotated[
        str | None,
        typer.Option(
            "--simulator",
            metavar="NAME",
            help="The simulator to try, mujoco if not given, or your own as path/to/file.py:ClassName.",
        ),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(
            "--python", metavar="PATH", help="The interpreter that has the simulator, if it has one of its own."
        ),
    ] = None,
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help=f"The task to try. {TASK_HELP}")] = None,
    option: TaskOptions = None,
    num_envs: Annotated[
        int | None, count_option("--num-envs", f"Robots to simulate at once; {ROBOTS}, or the study file's.")
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", metavar="NAME", help="Where Isaac Lab and mjlab simulate: cpu, cuda:0.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Check that this machine can train: packages, devices, and that a simulator starts and steps.

    Each line says ok, or what to do. The exit code is 1 if something is not ok, and 2 if the interpreter that was given
    cannot be used.
    """
    out = console(stderr=as_json)
    found = []
    for finding in findings(_task(simulator, python, task, num_envs, option, device)):
        found.append(finding)
        if not as_json:
            mark = Text("ok   ", style="green") if finding.ok else Text("FAIL ", style="bold red")
            out.print(mark.append(f"{finding.check}: {finding.text}", style="default"), soft_wrap=True)
    healthy = all(finding.ok for finding in found)
    if as_json:
        print_json({"ok": healthy, "checks": [asdict(finding) for finding in found]})
    if not healthy:
        raise typer.Exit(2 if any(finding.check == _INTERPRETER and not finding.ok for finding in found) else 1)


def findings(task: TaskConfig) -> Iterator[Finding]:
    """Check one thing after another; checks whose requirements are missing are skipped.

    Args:
        task: what is opened and stepped.
    """
    yield Finding("Python", True, f"{python_version()}, {_versions()}")
    machine = describe_machine()
    memory = memory_limit_bytes() / 2**30
    yield Finding("machine", True, f"{machine['cpu']}, {granted_cpu_count()} CPUs granted, {memory:.1f} GiB of memory")
    yield _learning_device()
    interpreter = _checked(_INTERPRETER, lambda: _interpreter(task))
    yield interpreter
    if interpreter.ok:
        yield from _simulation(task)


def _task(
    simulator: str | None,
    python: str | None,
    task: str | None,
    num_envs: int | None,
    option: list[str] | None,
    device: str | None,
) -> TaskConfig:
    if task is None and simulator is not None and simulator not in TASKS:
        if not is_file_reference(simulator):
            raise unknown_name("simulator", simulator, TASKS)
        raise UserError(f"Name a task of the simulator '{simulator}' to try: --task TASK.")
    given = task or _usual_task(simulator or "mujoco", python)
    robots = num_envs or (None if is_study_file(given) else ROBOTS)
    assignments = [*(option or []), *([] if device is None else [f"device={device}"])]
    found = task_of(given, simulator, robots, assignments)
    if device is not None and found.simulator not in SERVED:
        raise UserError(f"--device goes with --simulator {' or '.join(SERVED)} only. Leave it out.")
    return found if python is None else found.model_copy(update={"python": python})


def _usual_task(simulator: str, python: str | None) -> str:
    usual = TASKS[simulator]
    version = simulator_version(TaskConfig(id=usual, simulator=simulator, python=python))
    old = simulator == "isaaclab" and version is not None and is_isaaclab_2(version)
    return f"{usual}-v0" if old else usual  # Isaac Lab 2 has versions in the names of tasks


def _versions() -> str:
    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} MISSING")
    return ", ".join(found)


def _learning_device() -> Finding:
    import jax  # late: it takes a second, and the lines about Python and the machine come first

    gpus = visible_gpus()
    backend = jax.default_backend()
    if gpus and backend == "cpu":
        remedy = "Install the JAX build for it: pip install -U 'jax[cuda12]', and check the driver with nvidia-smi."
        return Finding("learning", False, f"JAX {jax.__version__} uses the CPU, though there is a GPU. {remedy}")
    return Finding("learning", True, f"JAX {jax.__version__} on {backend}: {jax.devices()[0].device_kind}")


def _checked(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, True, look())
    except Exception as error:  # a user's own simulator may raise anything
        return Finding(check, False, _described(error))


def _described(error: Exception) -> str:
    return str(error) if isinstance(error, TunerError) else f"{type(error).__name__}: {error}"


def _interpreter(task: TaskConfig) -> str:
    server = server_for(task)
    if server is None:
        return "the simulator runs in this one"
    server.check()
    if task.simulator not in SERVED:
        return f"{server.python}"
    found = simulator_version(task)
    if found is None:
        raise UserError(
            f"{server.python} has no package '{task.simulator}'. Name the interpreter that has it, or install it there."
        )
    return f"{server.python} with {task.simulator} {found}"


def _simulation(task: TaskConfig) -> Iterator[Finding]:
    clock = MonotonicClock()
    begun = clock.now()
    try:
        env = open_task(task, seed=0, threads=granted_cpu_count())
    except Exception as error:  # a user's own simulator may raise anything
        yield Finding("launch", False, _described(error))
        return
    try:
        what = f"{task.id} with {task.num_envs} robots"
        yield Finding("launch", True, f"{what} after {clock.now() - begun:.1f} s{_provenance(env)}")
        step = _checked("step", lambda: _stepped(env, clock))
        yield step
        trip = getattr(env, "round_trip_seconds", None)
        if trip is not None and step.ok:
            yield _checked("server", lambda: f"{1e6 * trip(clock):.0f} µs for a message there and back")
    finally:
        env.close()


def _provenance(env: "TaskEnv") -> str:
    if env.provenance is None:
        return ""
    facts = {name: value for name, value in env.provenance.items() if name != "versions"}
    isaac_sim = env.provenance.get("versions", {}).get("isaacsim")
    if isaac_sim is not None:
        facts["Isaac_Sim"] = isaac_sim
    return "".join(f", {name.replace('_', ' ')} {value}" for name, value in facts.items())


def _stepped(env: "TaskEnv", clock: MonotonicClock) -> str:
    import numpy as np

    env.reset()
    shape = (env.num_envs, *env.action_space.shape)
    actions = np.clip(np.zeros(shape, np.float32), env.action_space.low, env.action_space.high)
    env.step(actions)  # the first one may compile
    begun = clock.now()
    for _ in range(_STEPS):
        result, rewards, _, _ = env.step(actions)
    observations = np.asarray(result)
    seconds = (clock.now() - begun) / _STEPS
    if not (np.isfinite(observations).all() and np.isfinite(rewards).all()):
        raise TunerError("Observations or rewards are not finite. The physics of this task has broken down.")
    rate = number_text(env.num_envs / seconds)
    return f"{1e3 * seconds:.2f} ms for all robots, {rate} steps/s, observations of {observations.shape[1]} numbers"
