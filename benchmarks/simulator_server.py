"""What it costs to run a simulator in a process of its own: milliseconds a step, and what is left of their overlap.

A task that computes nothing returns arrays of the real size, in this process and behind the server, so that the
difference is the server's. Then both wait as a simulator would while this process computes, to see whether a step and
an update still run at the same time. Processes take turns, so that a noisy machine treats them alike.

    python benchmarks/simulator_server.py [--robots 4096] [--observations 48] [--actions 12]
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from tuner.clock import MonotonicClock
from tuner.config import TaskConfig
from tuner.simulators.server import Client, ServedEnv, ServerProcess

BACKEND = """
import time

import numpy as np
from server_side.task import Backend, Facts, ServedTask


def create():
    return Idle()


class Idle(Backend):
    def tasks(self):
        return ["Idle"]

    def open(self, task, *, seed, threads):
        return IdleTask(task["num_envs"], **task["options"])


class IdleTask(ServedTask):
    def __init__(self, robots, observations, actions, milliseconds):
        self.milliseconds = milliseconds
        self.arrays = np.random.default_rng(0).normal(size=(robots, observations)).astype(np.float32)
        self.facts = Facts(observations, [-1.0] * actions, [1.0] * actions, 1000, None)

    def seed(self, seed):
        pass

    def reset(self, buffer, *, spread_ages):
        buffer.observations[:] = self.arrays

    def step(self, buffer):
        until = time.perf_counter() + self.milliseconds / 1000
        while time.perf_counter() < until:
            pass
        buffer.observations[:] = self.arrays
        buffer.rewards[:] = self.arrays[:, 0]
        buffer.terminated[:] = buffer.truncated[:] = False

    def close(self):
        pass
"""


class InProcess:
    """The same arrays without a server: what an environment in this process would hand out."""

    def __init__(self, robots: int, observations: int) -> None:
        self._arrays = np.random.default_rng(0).normal(size=(robots, observations)).astype(np.float32)

    def step(self, actions: np.ndarray) -> tuple:
        actions = np.array(actions)
        infos = [{} for _ in range(len(self._arrays))]
        return self._arrays.copy(), self._arrays[:, 0].copy(), np.zeros(len(actions), np.bool_), infos


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--robots", type=int, default=4096, help="robots; default: 4096")
    parser.add_argument("--observations", type=int, default=48, help="numbers in an observation; default: 48")
    parser.add_argument("--actions", type=int, default=12, help="numbers in an action; default: 12")
    parser.add_argument("--steps", type=int, default=200, help="steps in a round; default: 200")
    parser.add_argument("--rounds", type=int, default=7, help="rounds, of which the median counts; default: 7")
    given = parser.parse_args()
    clock = MonotonicClock()
    actions = np.zeros((given.robots, given.actions), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "backend.py").write_text(BACKEND)
        idle = opened(folder, given, milliseconds=0.0)
        busy = opened(folder, given, milliseconds=10.0)
        try:
            print_costs(clock, given, InProcess(given.robots, given.observations), idle, actions)
            print_overlap(clock, given, busy, actions)
        finally:
            idle.close()
            busy.close()


def opened(folder: str, given: argparse.Namespace, *, milliseconds: float) -> ServedEnv:
    """Open the idle task in a server, whose steps take so long."""
    process = ServerProcess(sys.executable, f"file:{folder}/backend.py", log_file=Path(folder) / f"{milliseconds}.log")
    options = {"observations": given.observations, "actions": given.actions, "milliseconds": milliseconds}
    task = TaskConfig(id="Idle", simulator="idle", num_envs=given.robots, options=options)
    env = ServedEnv(task, Client(process.connect(), process.log), seed=0, threads=1, process=process)
    env.reset()
    return env


def print_costs(
    clock: MonotonicClock, given: argparse.Namespace, inside: InProcess, served: ServedEnv, actions
) -> None:
    """Print milliseconds a step without and with a server."""
    times: dict[str, list[float]] = {"in this process": [], "behind a server": []}
    for _ in range(given.rounds):
        for name, env in zip(times, (inside, served), strict=True):
            begun = clock.now()
            for _ in range(given.steps):
                env.step(actions)
            times[name].append(1e3 * (clock.now() - begun) / given.steps)
    print(f"{given.robots} robots, {given.observations} observations, {given.actions} actions: milliseconds a step")
    for name, seconds in times.items():
        print(f"  {name:18s} {median(seconds):7.3f}   ({min(seconds):.3f} … {max(seconds):.3f})")
    differences = [served - inside for inside, served in zip(*times.values(), strict=True)]
    print(f"  {'the server costs':18s} {median(differences):7.3f}   ({min(differences):.3f} … {max(differences):.3f})")
    trip = 1e6 * served.round_trip_seconds(clock)
    print(f"  a message there and back: {trip:.0f} µs")


def print_overlap(clock: MonotonicClock, given: argparse.Namespace, busy: ServedEnv, actions: np.ndarray) -> None:
    """Print how long steps of 10 ms and updates of 10 ms take together: 10 ms if they overlap, 20 ms if not."""

    def update() -> None:
        until = clock.now() + 0.010
        while clock.now() < until:
            pass

    times = []
    for _ in range(given.rounds):
        begun = clock.now()
        for _ in range(50):
            busy.step_async(actions)
            update()
            busy.step_wait()
        times.append(1e3 * (clock.now() - begun) / 50)
    print("A step of 10 ms and an update of 10 ms at the same time: milliseconds for both")
    print(f"  {'behind a server':18s} {median(times):7.3f}   ({min(times):.3f} … {max(times):.3f})")


if __name__ == "__main__":
    main()
