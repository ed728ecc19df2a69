"""What `vectorization: subprocess` costs and brings, for Gymnasium tasks whose step takes long or short.

Pendulum's step is made longer by work of a known length. Robots are stepped one after the other, in as many processes
as there are threads, and in a process each; all in turns, so that other load on the machine affects all. The table
shows medians of control steps per second.

    python benchmarks/robot_processes.py --robots 16 --threads 2
"""

import argparse
import statistics
import time
from typing import Any

import gymnasium as gym
import numpy as np

from tuner.clock import MonotonicClock
from tuner.config import TaskConfig
from tuner.simulators import open_task

WAYS: dict[str, dict[str, Any]] = {
    "one after the other": {},
    "a process for each CPU": {"vectorization": "subprocess"},
    "a process for each robot": {"vectorization": "subprocess", "processes": 10_000},
}


class Busy(gym.Wrapper):
    """Computes for so many seconds in every step."""

    def __init__(self, env: gym.Env, seconds: float) -> None:
        super().__init__(env)
        self._seconds = seconds

    def step(self, action: Any) -> Any:
        """Step, and keep the CPU busy."""
        until = time.perf_counter() + self._seconds
        result = self.env.step(action)
        while time.perf_counter() < until:
            pass
        return result


def open_way(way: str, work: float, robots: int, threads: int) -> Any:
    """Open the task in one of the `WAYS`, with steps that take `work` seconds."""
    wrapper = {f"{__file__}:Busy": {"seconds": work}}
    task = TaskConfig(
        id="Pendulum-v1", simulator="gymnasium", num_envs=robots, options={**WAYS[way], "env_wrapper": [wrapper]}
    )
    env = open_task(task, seed=0, threads=threads)
    env.reset()
    return env


def rate(env: Any, seconds: float) -> float:
    """Return control steps per second of all robots, measured for about `seconds`."""
    clock = MonotonicClock()
    actions = np.zeros((env.num_envs, 1), np.float32)
    calls, start = 0, clock.now()
    while (passed := clock.now() - start) < seconds:
        env.step(actions)
        calls += 1
    return env.num_envs * calls / passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robots", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2, help="CPUs")
    parser.add_argument("--milliseconds", type=float, nargs="+", default=[0.0, 0.1, 1.0], help="added to each step")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one measurement")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each")
    given = parser.parse_args()
    print(f"Pendulum-v1, {given.robots} robots, {given.threads} CPUs, control steps/s, medians of {given.repeats}")
    print(f"{'ms a step':>9} " + " ".join(f"{way:>25}" for way in WAYS))
    for milliseconds in given.milliseconds:
        envs = {way: open_way(way, milliseconds / 1000, given.robots, given.threads) for way in WAYS}
        rates: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(given.repeats):
            for way, env in envs.items():
                rates[way].append(rate(env, given.seconds))
        for env in envs.values():
            env.close()
        print(f"{milliseconds:9g} " + " ".join(f"{statistics.median(rates[way]):25.0f}" for way in WAYS))


if __name__ == "__main__":
    main()
