"""Run a study from Python."""

import os
import signal
import subprocess
import sys
import threading

import pytest

import tuner
from tuner.api import run_study
from tuner.errors import UserError
from tuner.study import Manager

SETTINGS = {
    "budget.trials": 1,
    "budget.seconds": 2,
    "workers.count": 1,
    "workers.calibrate": False,
    "task.num_envs": 8,
    "confirm": None,
}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return {**SETTINGS, "storage": f"sqlite:///{tmp_path}/tuner.db"}


def test_a_study_runs_and_its_results_come_back(settings, tmp_path, capsys):
    results = run_study("quickstart", settings, show_progress=False)
    assert list(results.trials["number"]) == [0]
    assert capsys.readouterr().out == ""
    assert (tmp_path / "runs" / "quickstart" / "trial-0000" / "policy.zip").is_file()
    assert results.policy(0).act([0.0] * 4).shape == (1,)
    again = run_study("quickstart", settings)
    assert len(again.trials) == 1
    assert "Trials: 1 of 1 finished" in capsys.readouterr().out


def test_it_runs_on_another_thread(settings):
    found = []
    thread = threading.Thread(target=lambda: found.append(run_study("quickstart", settings, show_progress=False)))
    thread.start()
    thread.join()
    assert len(found[0].trials) == 1


def test_an_interrupted_study_ends_the_script(settings, monkeypatch):
    run = Manager.run

    def interrupted(self):
        os.kill(os.getpid(), signal.SIGINT)
        return run(self)

    monkeypatch.setattr(Manager, "run", interrupted)
    with pytest.raises(KeyboardInterrupt, match=r"'quickstart' was interrupted\. The same call continues it"):
        run_study("quickstart", settings, show_progress=False)


def test_mistakes_in_the_overrides_are_those_of_the_study_file(settings):
    with pytest.raises(UserError, match=r"budget\.trials"):
        run_study("quickstart", {**settings, "budget.trials": 0})
    with pytest.raises(UserError, match="Unknown study 'quickstarts'"):
        run_study("quickstarts", settings)


def test_importing_the_package_is_light():
    """Workers import it too; what runs studies is imported when it is used."""
    program = "import sys, tuner; sys.exit(any(name in sys.modules for name in ('optuna', 'jax', 'pandas')))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert {"Policy", "StudyResults", "open_study", "run_study"} <= set(tuner.__all__)
