"""A point mass whose simulator fails on purpose, for the tests of workers and manager.

Named in a study as `…/tests/support/faulty.py:FaultySimulator`, with these options beside the point mass's own:

- `fault`: one of `FAULTS`, "none" by default; or a list of them, of which every opening takes the next one, and "none"
  after the last;
- `at_step`: the step, counted from 1 over the life of the environment, at which it strikes (1 by default); faults of
  opening and closing pay no heed to it;
- `once`: a path; the fault strikes only while no file lies there, and puts one there when it strikes, so that a retry
  succeeds. Files beside it tell which faults of a list are taken.
"""

import os
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from tuner.config import TaskConfig
from tuner.errors import UserError, unknown_name
from tuner.simulators import Simulator, TaskEnv
from tuner.user_code import load_object

FAULTS = {
    "none": "nothing happens",
    "raise": "an exception",
    "exit": "the process ends with exit code 0, as some simulators do when they fail",
    "sigkill": "the process is killed, as by the kernel when memory runs out",
    "hang": "a step never returns",
    "hang_deaf": "a step never returns, and SIGTERM is ignored",
    "nan_observation": "one robot's observation is NaN from then on",
    "nan_reward": "one robot's reward is NaN from then on",
    "memory": "an allocation fails with MemoryError",
    "print": "text, among it JSON, on stdout, as simulators print; nothing is wrong",
    "open_raise": "opening raises",
    "open_hang": "opening never returns",
    "close_raise": "closing raises",
    "close_hang": "closing never returns",
}

# By path, because this file is loaded both as part of the tests package and as a user's own file.
PointMassEnv = load_object(f"{Path(__file__).with_name('point_mass.py')}:PointMassEnv")
PointMassSimulator = load_object(f"{Path(__file__).with_name('point_mass.py')}:PointMassSimulator")


class FaultyEnv(PointMassEnv):  # type: ignore[misc, valid-type]
    """The point mass with one fault."""

    def __init__(self, healthy: Any, fault: str, at_step: int, once: Path | None) -> None:
        self._fault = fault
        self._at_step = at_step
        self._once = once
        self._steps = 0
        self._struck = False
        super().__init__(
            healthy.num_envs,
            max_episode_steps=healthy.max_episode_steps,
            action_limit=float(healthy.action_space.high[0]),
        )

    def step_wait(self) -> Any:
        self._steps += 1
        if self._steps >= self._at_step and not self._struck and not self._fault.startswith(("open_", "close_")):
            self._struck = may_strike(self._fault, self._once)
            if self._struck:
                strike(self._fault)
        observations, rewards, dones, infos = super().step_wait()
        if self._struck and self._fault == "nan_observation":
            observations[0] = np.nan
        if self._struck and self._fault == "nan_reward":
            rewards[0] = np.nan
        return observations, rewards, dones, infos

    def close(self) -> None:
        super().close()
        if self._fault.startswith("close_") and may_strike(self._fault, self._once):
            strike(self._fault.removeprefix("close_"))


class FaultySimulator(Simulator):
    """Opens `PointMass` with a fault."""

    name = "faulty"

    def tasks(self) -> list[str]:
        return PointMassSimulator().tasks()

    def open(self, task: TaskConfig, *, seed: int, threads: int) -> TaskEnv:
        options = dict(task.options)
        fault, at_step, once = options.pop("fault", "none"), options.pop("at_step", 1), options.pop("once", None)
        if not isinstance(at_step, int) or not isinstance(once, str | None):
            raise UserError("at_step is a whole number, once is a path.")
        marker = None if once is None else Path(once)
        if isinstance(fault, list) and marker is not None:
            fault, marker = take_one(fault, marker), None
        if fault not in FAULTS:
            raise unknown_name("fault", str(fault), FAULTS)
        healthy = PointMassSimulator().open(task.model_copy(update={"options": options}), seed=seed, threads=threads)
        if str(fault).startswith("open_") and may_strike(fault, marker):
            strike(fault.removeprefix("open_"))
        env = FaultyEnv(healthy, fault, at_step, marker)
        env.seed(seed)
        return env


def take_one(faults: list[str], marker: Path) -> str:
    """Return the first fault that no process has taken yet, and "none" after the last."""
    for fault in faults:
        try:
            marker.with_name(f"{marker.name}-{fault}").touch(exist_ok=False)
        except FileExistsError:
            continue
        return fault
    return "none"


def may_strike(fault: str, once: Path | None) -> bool:
    """Say whether the fault strikes now, and note that it did."""
    if fault == "none" or (once is not None and once.exists()):
        return False
    if once is not None:
        once.touch()
    return True


def strike(fault: str) -> None:
    """Do what the fault says; the NaN faults are the environment's own."""
    if fault == "raise":
        raise RuntimeError("the simulator failed on purpose")
    if fault == "exit":
        os._exit(0)
    if fault == "sigkill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault in ("hang", "hang_deaf"):
        if fault == "hang_deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("hangs on purpose", file=sys.stderr, flush=True)
        threading.Event().wait()
    if fault == "memory":
        run_out_of_memory()
    if fault == "print":
        print('{"kind": "outcome", "not": "yours"}\nWarning: the simulator talks', flush=True)


def run_out_of_memory() -> None:
    """Let one real allocation fail, without taking the machine's memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize(), hard))
    try:
        np.ones(1 << 30, dtype=np.float64)  # 8 GiB
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
