"""How fast the embedded A1 task steps, and what its `VecEnv` costs on top of the bare physics.

Bare is `Batch.step` of the same model with the same motors and controls, which any simulator would have to do. The
environment adds contact records, rewards, observations with noise, commands, resets and infos. Both are measured in
turns on the same robots and actions, so that other load on the machine affects both; the table shows medians. For
comparison, `mujoco.rollout` steps the same bare model, without the differences between robots.

    python benchmarks/simulator_speed.py --seconds 1 --threads 2
"""

import argparse
import statistics
from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np
from mujoco.rollout import Rollout

from tuner.clock import MonotonicClock
from tuner.config import TaskConfig
from tuner.simulators import open_task

ACTION_RANGE = 1.0
"""Actions are uniform within ± this, about the range of a policy that walks."""
SETTLING_STEPS = 50
ACTIONS = 50


def open_env(robots: int, threads: int) -> Any:
    """Open the task; MuJoCo's tasks also have the `batch` that MuJoCo steps, and views of its arrays."""
    env = open_task(TaskConfig(id="Velocity-Flat-A1", num_envs=robots), seed=0, threads=threads)
    env.spread_ages = True
    env.reset()
    return env


def rate(step: Callable[[int], None], robots: int, seconds: float) -> float:
    """Return control steps per second of `step`, called for about `seconds`."""
    clock = MonotonicClock()
    calls, start = 0, clock.now()
    while (passed := clock.now() - start) < seconds:
        step(calls % ACTIONS)
        calls += 1
    return robots * calls / passed


def measure(robots: int, threads: int, seconds: float, repeats: int) -> tuple[float, float, float, float]:
    """Return control steps/s of `mujoco.rollout`, of the bare batch and of the environment, and the overhead in %."""
    env, bare_env = open_env(robots, threads), open_env(robots, threads)
    random = np.random.default_rng(0)
    actions = random.uniform(-ACTION_RANGE, ACTION_RANGE, (ACTIONS, robots, 12)).astype(np.float32)
    targets = bare_env.joint_targets
    controls = np.asarray(targets.default) + np.asarray(targets.scale) * actions
    decimation = round(bare_env.control_period_seconds / bare_env.model.opt.timestep)

    def step_bare(index: int) -> None:
        bare_env.ctrl[:] = controls[index]
        bare_env.batch.step(nstep=decimation)

    def step_env(index: int) -> None:
        env.step(actions[index])

    pool = Rollout(nthread=threads)
    data = [mujoco.MjData(env.model) for _ in range(threads)]
    held = np.repeat(controls[:, :, None], decimation, axis=2)

    def step_rollout(index: int) -> None:
        nonlocal states
        states = pool.rollout(env.model, data, states, held[index])[0][:, -1]

    for index in range(SETTLING_STEPS):
        step_env(index)
    rollout_rates, bare_rates, env_rates, overheads = [], [], [], []
    for _ in range(repeats):
        bare_env.set_state(env.get_state())  # the same postures, so the same contacts
        states = np.hstack([env.batch.bind("time")[:, None], env.qpos, env.qvel])
        rollout_rates.append(rate(step_rollout, robots, seconds))
        bare_rates.append(rate(step_bare, robots, seconds))
        env_rates.append(rate(step_env, robots, seconds))
        overheads.append(100.0 * (bare_rates[-1] / env_rates[-1] - 1.0))
    pool.close()
    env.close()
    bare_env.close()
    rollout_rate, bare_rate, env_rate = (statistics.median(rates) for rates in (rollout_rates, bare_rates, env_rates))
    return rollout_rate, bare_rate, env_rate, statistics.median(overheads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one measurement")
    parser.add_argument("--repeats", type=int, default=9, help="measurements of each")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads for the physics")
    parser.add_argument("--robots", type=int, nargs="+", default=[64, 256, 1024, 4096])
    arguments = parser.parse_args()
    print(f"Velocity-Flat-A1, {arguments.threads} threads, control steps/s, medians of {arguments.repeats}")
    print(f"{'robots':>7} {'rollout':>9} {'bare':>9} {'VecEnv':>9} {'overhead':>9}")
    for robots in arguments.robots:
        rollout, bare, vec_env, overhead = measure(robots, arguments.threads, arguments.seconds, arguments.repeats)
        print(f"{robots:7d} {rollout:9.0f} {bare:9.0f} {vec_env:9.0f} {overhead:8.1f}%")


if __name__ == "__main__":
    main()
