"""How fast a worker's device is: at stepping the study's task, and at a reference update. No trial's clock runs."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import jax
import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout
from gymnasium import spaces

from tuner.agents import build_agent, multiplies_bfloat16, warm_up
from tuner.clock import Clock, Ledger, wall_time
from tuner.config import ActionBox, AgentConfig, TaskConfig
from tuner.machine import describe_machine, granted_cpu_count, workers_sharing_gpu
from tuner.records import Calibration, Device
from tuner.resources import user_cache
from tuner.simulators import TaskEnv, bound_actions
from tuner.training._conditions import is_contended, package_versions, read_cpu_times

_SECONDS = 0.5
"""Each of the two speeds is measured for at least this long, and over at least so many repetitions …"""
_REPETITIONS = 3
_KEPT_SECONDS = 24 * 3600.0
"""How long a measurement is taken for the device's speed."""
_PATIENCE_SECONDS = 60.0
_BATCH = 256
_GRADIENT_STEPS = 8
"""Of one call of the reference update: SAC with Stable-Baselines3's networks, two layers of 256, and batches of 256."""


def describe_device() -> Device:
    """Return what this process learns on."""
    learner = jax.devices()[0]
    cpu, threads = str(describe_machine()["cpu"]), granted_cpu_count()
    bfloat16 = multiplies_bfloat16(learner)
    if learner.platform == "cpu":
        return Device(cpu, threads, bfloat16=bfloat16)
    memory = (learner.memory_stats() or {}).get("bytes_limit")
    return Device(cpu, threads, learner.device_kind, memory, workers_sharing_gpu(), bfloat16)


def calibrate(env: TaskEnv, task: TaskConfig, clock: Clock) -> Calibration:
    """Measure how fast this process's device is at a task, in seconds; what was measured today is taken again.

    Processes that start together on one machine do it one after the other, so that all but the first find it done. A
    measurement beside other work says so and is not kept. The task is left to be seeded and reset. One that cannot be
    started again (`TaskEnv.restarts`) is not stepped.

    Args:
        env: the opened task; its random stream and its state change.
        task: what is open.
        clock: measures it.
    """
    blank = Calibration(describe_device(), task=task.model_dump(mode="json"), versions=package_versions())
    told = json.dumps([blank.device.to_json(), blank.task, blank.versions], sort_keys=True)
    file = user_cache() / "sac-tuner" / "calibrations" / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.json"
    with _alone(file.with_suffix(".lock")):
        kept = _kept(file)
        if kept is not None:
            return kept
        before = read_cpu_times(env.process_id)
        steps = _steps_per_second(env, clock) if env.restarts else None
        updates = _updates_per_second(env, clock)
        measured = Calibration(
            device=blank.device,
            env_steps_per_second=steps,
            updates_per_second=updates,
            contended=is_contended(before, read_cpu_times(env.process_id)),
            measured_epoch_seconds=wall_time(),
            task=blank.task,
            versions=blank.versions,
        )
        if not measured.contended:
            _keep(measured, file)
        return measured


@contextmanager
def _alone(lock_file: Path) -> Iterator[None]:
    """Wait for other processes that measure the same, but not forever, and not where there can be no lock."""
    lock = FileLock(lock_file, fallback_to_soft=False)  # a soft lock would outlive a killed process
    with suppress(Timeout, OSError):
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_PATIENCE_SECONDS)
    try:
        yield
    finally:
        lock.release()


def _kept(file: Path) -> Calibration | None:
    """Return a measurement that is not too old; None if there is none that can be read."""
    try:
        kept = Calibration.from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if 0 <= wall_time() - kept.measured_epoch_seconds < _KEPT_SECONDS else None


def _keep(measured: Calibration, file: Path) -> None:
    with suppress(OSError):  # without a cache it is measured by every process
        file.write_text(json.dumps(measured.to_json()), encoding="utf-8")


def _steps_per_second(env: TaskEnv, clock: Clock) -> float:
    """Return environment steps per second, of all robots together."""
    box, random = _moderate_box(env.action_space), np.random.default_rng(0)
    shape = (env.num_envs, len(box.low))

    def step() -> None:
        env.step(random.uniform(box.low, box.high, shape).astype(np.float32))

    env.seed(0)
    env.reset()
    return env.num_envs * _per_second(step, clock)


def _updates_per_second(env: TaskEnv, clock: Clock) -> float:
    """Return gradient steps per second of the reference update, for the task's observations and actions."""
    box = _moderate_box(env.action_space)
    config = AgentConfig(
        algorithm="sac",
        arguments={
            "batch_size": _BATCH,
            "gradient_steps": _GRADIENT_STEPS,
            "learning_starts": _BATCH,
            "buffer_size": 2 * _BATCH,
        },
        action_box=box,
    )
    agent = build_agent(config, bound_actions(env, config), seed=0, ledger=Ledger(clock))
    warm_up(agent)
    learner = agent.learner  # type: ignore[attr-defined]

    def update() -> None:
        learner.train(_GRADIENT_STEPS)
        learner.finish_updates()

    return _GRADIENT_STEPS * _per_second(update, clock)


def _per_second(call: Callable[[], None], clock: Clock) -> float:
    """Return how often a function can be called in a second; the first call, which may compile, is not timed."""
    call()
    began, count = clock.now(), 0
    while count < _REPETITIONS or clock.now() - began < _SECONDS:
        call()
        count += 1
    return count / (clock.now() - began)


def _moderate_box(own: spaces.Box) -> ActionBox:
    """Return the task's action box, at most two units wide: random actions from a huge one could break its physics."""
    low, high = own.low.astype(np.float64), own.high.astype(np.float64)
    finite = np.isfinite(low) & np.isfinite(high)
    centre: npt.NDArray[np.float64] = np.where(finite, (np.where(finite, low, 0) + np.where(finite, high, 0)) / 2, 0.0)
    half = np.where(finite, np.minimum((high - low) / 2, 1.0), 1.0)
    return ActionBox(low=(centre - half).tolist(), high=(centre + half).tolist())
