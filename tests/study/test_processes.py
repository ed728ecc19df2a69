"""The manager and its workers as real processes that are really killed."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import psutil
import pytest

from tests.study.real_manager import study_config
from tuner.storage import open_storage, outcome_kind_of

ROOT = Path(__file__).parents[2]


@contextmanager
def manager(folder: Path, trials: int, **options: object) -> Iterator[subprocess.Popen[str]]:
    """Start the program of `real_manager.py`; it and its workers are gone after the block."""
    command = [sys.executable, "-m", "tests.study.real_manager", str(folder), str(trials), json.dumps(options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    """Return what the program says up to a line that begins like this."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if lines[-1].startswith(wanted):
            return lines
    raise AssertionError(f"ended with exit code {process.wait()} before '{wanted}', after {lines}")


def trials_in(folder: Path, options: dict[str, object] | None = None) -> list[optuna.trial.FrozenTrial]:
    config = study_config(folder, 1, options or {})
    return optuna.load_study(study_name="real", storage=open_storage(config.storage)).trials


def test_sigkill_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    with manager(tmp_path, 3) as first:
        read_until(first, "finished")
        read_until(first, "tick")
        workers = psutil.Process(first.pid).children(recursive=True)
        first.send_signal(signal.SIGKILL)
        first.wait()
        _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive  # workers do not outlive their manager
    before = {trial.number: trial for trial in trials_in(tmp_path)}
    finished = [number for number, trial in before.items() if trial.state.name == "COMPLETE"]
    running = [number for number, trial in before.items() if trial.state.name == "RUNNING"]
    assert finished
    assert running

    with manager(tmp_path, 3) as second:  # the same command again
        lines = read_until(second, "finished")
        lines += [line.strip() for line in second.stdout or []]
        assert second.wait() == 0
    assert lines[-1] == "finished"
    after = trials_in(tmp_path)
    assert Counter(trial.state.name for trial in after) == {"COMPLETE": 3, "FAIL": len(running)}
    assert [after[number].value for number in finished] == [before[number].value for number in finished]
    parameters = Counter(trial.params["lr"] for trial in after if trial.state.name == "COMPLETE")
    assert set(parameters.values()) == {1}
    assert all(parameters[before[number].params["lr"]] == 1 for number in running)
    assert [outcome_kind_of(after[number]) for number in running] == ["interrupted"] * len(running)
    started = Counter(line for line in lines if line.startswith("started"))
    assert all(f"started {number}" not in started for number in finished)


@pytest.mark.slow
def test_every_attempt_that_fails_is_made_up_for(tmp_path: Path) -> None:
    faults = {"sigkill": "crashed", "hang": "hung"}
    options: dict[str, object] = {"fault": list(faults), "at_step": 10, "once": str(tmp_path / "struck")}
    with manager(tmp_path, 2, **options) as process:
        assert process.wait() == 0
    trials = trials_in(tmp_path, options)
    outcomes = Counter(outcome_kind_of(trial) for trial in trials)
    assert outcomes == Counter(faults.values()) + Counter({"exhausted": 2})
    for failed in [trial for trial in trials if outcome_kind_of(trial) != "exhausted"]:
        (retry,) = [trial for trial in trials if trial.user_attrs.get("retry_of") == failed.number]
        assert retry.params == failed.params
        assert retry.user_attrs["attempt"] == failed.user_attrs.get("attempt", 0) + 1
