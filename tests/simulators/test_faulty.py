"""The faults of the faulty simulator do what they say, in processes of their own where they must."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import faulty
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators import open_task

REFERENCE = f"{faulty.__file__}:FaultySimulator"
ACTION = np.zeros((2, 1), dtype=np.float32)
SCRIPT = """
import json, sys
import numpy as np
from tuner.config import TaskConfig
from tuner.simulators import open_task
task = TaskConfig(id="PointMass", simulator=sys.argv[1], num_envs=2, options=json.loads(sys.argv[2]))
env = open_task(task, seed=0, threads=1)
env.reset()
print("ready", flush=True)
for _ in range(3):
    env.step(np.zeros((2, 1), dtype=np.float32))
env.close()
print("unharmed", flush=True)
"""


def open_faulty(**options: Any) -> Any:
    return open_task(TaskConfig(id="PointMass", simulator=REFERENCE, num_envs=2, options=options), seed=0, threads=1)


def start(options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", SCRIPT, REFERENCE, options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until_it_hangs(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    assert "hangs on purpose\n" in iter(process.stderr.readline, "")


def test_raises_at_the_step_asked_for() -> None:
    env = open_faulty(fault="raise", at_step=3)
    env.reset()
    env.step(ACTION)
    env.step(ACTION)
    with pytest.raises(RuntimeError, match="on purpose"):
        env.step(ACTION)


def test_strikes_once_and_leaves_a_mark(tmp_path: Path) -> None:
    mark = tmp_path / "struck"
    options = {"fault": "raise", "once": str(mark)}
    env = open_faulty(**options)
    env.reset()
    assert not mark.exists()
    with pytest.raises(RuntimeError, match="on purpose"):
        env.step(ACTION)
    assert mark.exists()
    retried = open_faulty(**options)
    retried.reset()
    assert np.isfinite(retried.step(ACTION)[0]).all()


def test_every_opening_takes_the_next_fault_of_a_list(tmp_path: Path) -> None:
    options = {"fault": ["raise", "open_raise"], "once": str(tmp_path / "struck")}
    first = open_faulty(**options)
    with pytest.raises(RuntimeError, match="on purpose"):
        open_faulty(**options)
    first.reset()
    with pytest.raises(RuntimeError, match="on purpose"):
        first.step(ACTION)
    healthy = open_faulty(**options)
    healthy.reset()
    assert np.isfinite(healthy.step(ACTION)[0]).all()


def test_observations_turn_to_nan() -> None:
    env = open_faulty(fault="nan_observation", at_step=2)
    assert np.isfinite(env.reset()).all()
    assert np.isfinite(env.step(ACTION)[0]).all()
    for _ in range(2):
        observations, rewards, _, _ = env.step(ACTION)
        assert np.isnan(observations[0]).all()
        assert np.isfinite(observations[1]).all()
        assert np.isfinite(rewards).all()


def test_rewards_turn_to_nan() -> None:
    env = open_faulty(fault="nan_reward")
    env.reset()
    observations, rewards, _, _ = env.step(ACTION)
    assert np.isnan(rewards).tolist() == [True, False]
    assert np.isfinite(observations).all()


def test_memory_runs_out_for_real_and_comes_back() -> None:
    env = open_faulty(fault="memory")
    env.reset()
    with pytest.raises(MemoryError):
        env.step(ACTION)
    assert np.ones(1 << 20).sum() == 1 << 20  # 8 MiB: the limit is gone again


def test_talks_on_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    env = open_faulty(fault="print")
    env.reset()
    assert np.isfinite(env.step(ACTION)[0]).all()
    assert '"kind": "outcome"' in capfd.readouterr().out


def test_fails_to_open_and_to_close() -> None:
    with pytest.raises(RuntimeError, match="on purpose"):
        open_faulty(fault="open_raise")
    env = open_faulty(fault="close_raise")
    with pytest.raises(RuntimeError, match="on purpose"):
        env.close()


def test_exits_with_code_zero() -> None:
    process = start('{"fault": "exit", "at_step": 2}')
    out, _ = process.communicate(timeout=120)
    assert (process.returncode, out.split()) == (0, ["ready"])


def test_is_killed() -> None:
    process = start('{"fault": "sigkill", "at_step": 2}')
    out, _ = process.communicate(timeout=120)
    assert (process.returncode, out.split()) == (-signal.SIGKILL, ["ready"])


@pytest.mark.parametrize("fault", ["hang", "open_hang", "close_hang"])
def test_hangs(fault: str) -> None:
    process = start(f'{{"fault": "{fault}"}}')
    wait_until_it_hangs(process)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    process.terminate()  # a plain hang still listens to SIGTERM
    out, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM
    assert out.split() == ([] if fault == "open_hang" else ["ready"])


def test_hangs_deaf() -> None:
    process = start('{"fault": "hang_deaf"}')
    wait_until_it_hangs(process)
    process.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def test_mistakes_are_explained() -> None:
    with pytest.raises(UserError, match="Did you mean 'sigkill'"):
        open_faulty(fault="sigkil")
    with pytest.raises(UserError, match="at_step"):
        open_faulty(at_step="soon")
