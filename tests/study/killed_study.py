"""A study with a simulator in a process of its own, whose processes a test kills."""

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

from tests.study.test_processes import trials_in

ROOT = Path(__file__).parents[2]


class KilledStudy:
    """Runs `real_manager.py`, and runs it again when it was killed.

    Args:
        folder: for everything that it writes.
        trials: how many it has.
        task: fields of the task, `python` or a simulator that always has an interpreter of its own among them.
        workers: how many train side by side.
        places: where, as in the section `workers` of a study file.
    """

    def __init__(
        self, folder: Path, trials: int, task: dict[str, Any], *, workers: int = 2, places: dict[str, Any] | None = None
    ) -> None:
        self._folder = folder
        self._trials = trials
        patient = {"count": workers, "silence_seconds": 60.0, "retries": 40, **(places or {})}
        arguments = [str(folder), str(trials), json.dumps({}), json.dumps({"task": task, "workers": patient})]
        self._command = [sys.executable, "-m", "tests.study.real_manager", *arguments]
        self._everyone: set[psutil.Process] = set()
        self.killed: Counter[str] = Counter()
        """How many of each role."""
        self._start()

    def _start(self) -> None:
        with (self._folder / "said").open("a") as said:
            self._manager = subprocess.Popen(self._command, stdout=said, text=True, cwd=ROOT)

    @property
    def running(self) -> bool:
        """Whether the manager runs."""
        return self._manager.poll() is None

    def said(self, word: str) -> int:
        """Return how many lines of the managers begin with a word."""
        return sum(line.startswith(word) for line in (self._folder / "said").read_text().splitlines())

    def kill(self, role: str, chance: random.Random) -> None:
        """Kill a process of a role, if there is one.

        Args:
            role: manager, worker, or server, which is a simulator or its keeper; on Ray also driver and actor.
            chance: chooses among several.
        """
        manager = psutil.Process(self._manager.pid)
        family = [manager, *(self._processes() if self.running else [])]
        self._everyone.update(family)
        candidates = [process for process in family if role_of(process) == role]
        if not candidates or len(family) == 1:
            return  # it has not been started yet, or is a manager that has started nothing yet
        victim = chance.choice(candidates)
        victim.kill()
        self.killed[role] += 1
        if victim == manager:
            self._manager.wait()
            self._start()

    def _processes(self) -> list[psutil.Process]:
        """Return all that the manager has started."""
        return psutil.Process(self._manager.pid).children(recursive=True)

    def go_on(self) -> bool:
        """Start the manager again if it has ended with an error; return whether it runs."""
        if self._manager.poll():
            self._start()
        return self.running

    def finish(self) -> None:
        """Let the study run to its end; start the manager again if the last one killed was the manager itself."""
        self._manager.wait(600)
        while self._manager.returncode != 0:
            self._start()
            self._manager.wait(600)

    def check(self) -> None:
        """Assert that no trial was lost or run twice, and that nothing is left behind."""
        trials = trials_in(self._folder)
        states = Counter(trial.state.name for trial in trials)
        assert states["COMPLETE"] == self._trials
        assert states["RUNNING"] == states["WAITING"] == 0
        completed = Counter(trial.params["lr"] for trial in trials if trial.state.name == "COMPLETE")
        assert set(completed.values()) == {1}
        assert set(completed) == {trial.params["lr"] for trial in trials}  # what failed was made up for
        _, alive = psutil.wait_procs(list(self._everyone), timeout=30)
        assert [" ".join(process.cmdline()) for process in alive] == []

    def end(self) -> None:
        """Kill the manager if it still runs, as after a failed assertion; its workers end with it."""
        self._manager.kill()
        self._manager.wait()


def role_of(process: psutil.Process) -> str:
    """Return the role of a process in a study, as in `KilledStudy.kill`, or else `another`."""
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return "another"
    if "server_side" in command:
        return "server"
    if "tuner.workers.child" in command:
        return "worker"
    if "tuner.workers.ray_driver" in command:
        return "driver"
    if command.startswith("ray::Holder"):
        return "actor"
    return "manager" if "real_manager" in command else "another"
