"""A study whose simulators run in processes of their own, with any of its processes killed at any moment."""

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.study.test_processes import trials_in

ROOT = Path(__file__).parents[2]
TRIALS = 10
KILLS = 20


def start(folder: Path) -> subprocess.Popen[str]:
    """Start the manager; what it says goes into a file."""
    command = [sys.executable, "-m", "tests.study.real_manager", str(folder), str(TRIALS), json.dumps({})]
    with (folder / "said").open("a") as said:
        return subprocess.Popen([*command, sys.executable], stdout=said, text=True, cwd=ROOT)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_run_twice_or_left_behind(tmp_path: Path) -> None:
    """The victims are the manager, its workers, the simulators and their keepers, by chance."""
    chance = random.Random(4)
    manager = start(tmp_path)
    everyone: set[psutil.Process] = set()
    killed: Counter[str] = Counter()
    while sum(killed.values()) < KILLS and manager.poll() is None:
        threading.Event().wait(chance.uniform(0.2, 4.0))
        family = [psutil.Process(manager.pid), *psutil.Process(manager.pid).children(recursive=True)]
        everyone.update(family)
        role = chance.choice(["manager", "worker", "server"])
        candidates = [process for process in family if role_of(process) == role]
        if not candidates:
            continue  # it has not been started yet
        victim = chance.choice(candidates)
        victim.kill()
        killed[role] += 1
        if victim.pid == manager.pid:
            manager.wait()
            manager = start(tmp_path)
    manager.wait(600)
    while manager.returncode != 0:  # the last one killed was the manager itself
        manager = start(tmp_path)
        manager.wait(600)

    assert set(killed) == {"manager", "worker", "server"}
    trials = trials_in(tmp_path)
    states = Counter(trial.state.name for trial in trials)
    assert states["COMPLETE"] == TRIALS
    assert states["RUNNING"] == states["WAITING"] == 0
    completed = Counter(trial.params["lr"] for trial in trials if trial.state.name == "COMPLETE")
    assert set(completed.values()) == {1}
    assert set(completed) == {trial.params["lr"] for trial in trials}  # what failed was made up for
    _, alive = psutil.wait_procs(list(everyone), timeout=30)
    assert alive == []


def role_of(process: psutil.Process) -> str:
    """Return what a process is in the study."""
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return "gone"
    if "server_side" in command:
        return "server"
    if "tuner.workers.child" in command:
        return "worker"
    return "manager" if "real_manager" in command else "gone"
