"""Robots in several processes step as they do in one, and what goes wrong there is told here."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from tests.contracts.simulator import SimulatorContract
from tests.simulators.gymnasium.support import open_one
from tuner.config import TaskConfig
from tuner.simulators import open_task


class TestPendulumInProcesses(SimulatorContract):
    simulator = "gymnasium"
    task_id = "Pendulum-v1"
    action_scale = 2.0
    options = {"vectorization": "subprocess", "processes": 2}  # noqa: RUF012


def trajectory(**options: Any) -> np.ndarray[Any, Any]:
    env = open_one("Pendulum-v1", 5, **options)
    seen = [env.reset()]
    actions = np.linspace(-1, 1, 5, dtype=np.float32)[:, None]
    for _ in range(4):
        observations, rewards, *_ = env.step(actions)
        seen += [observations, np.broadcast_to(rewards[:, None], (5, 3))]
    env.close()
    return np.array(seen)


@pytest.mark.parametrize("processes", [1, 2, 3, 9])
def test_they_step_as_one_after_the_other(processes: int) -> None:
    assert (trajectory(vectorization="subprocess", processes=processes) == trajectory()).all()


def test_there_are_as_many_processes_as_cpus_but_no_more_than_robots() -> None:
    def count(robots: int, threads: int) -> int:
        task = TaskConfig(
            id="Pendulum-v1", simulator="gymnasium", num_envs=robots, options={"vectorization": "subprocess"}
        )
        env = open_task(task, seed=0, threads=threads)
        number: int = len(env.venv._processes)
        env.close()
        return number

    assert (count(3, 1), count(1, 2)) == (1, 1)
    if len(os.sched_getaffinity(0)) > 1:
        assert count(3, 2) == 2


def faulty(own_env: Path, fault: str) -> Any:
    options = {"vectorization": "subprocess", "processes": 2, "max_episode_steps": 9, "import": str(own_env)}
    env = open_one("OwnFaultyCounter-v0", 3, env_kwargs={"fault": fault}, **options)
    env.reset()
    return env


def test_an_error_of_a_robot_arrives_with_its_place(own_env: Path) -> None:
    env = faulty(own_env, "later")
    actions = np.zeros((3, 1), np.float32)
    for _ in range(3):
        env.step(actions)
    with pytest.raises(RuntimeError, match="joint 3 is stuck") as caught:
        env.step(actions)
    assert f'File "{own_env}"' in "".join(caught.value.__notes__)
    env.close()


def test_a_process_that_ends_is_told(own_env: Path) -> None:
    env = faulty(own_env, "none")
    with pytest.raises(RuntimeError, match="robots 2 to 2 ended with exit code 7"):
        env.env_method("exit", indices=2)
    env.close()


def test_closing_leaves_no_process(own_env: Path) -> None:
    env = faulty(own_env, "none")
    ids = [process.pid for process in env.venv._processes]
    env.step_async(np.zeros((3, 1), np.float32))  # nobody waits for it
    env.close()
    env.close()
    assert [number for number in ids if psutil.pid_exists(number)] == []
