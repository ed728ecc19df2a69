"""Commands as users run them, and whether they left anything behind."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
_MARK = "TUNER_TEST_FOLDER"


def tuner(*arguments, cwd):
    """Run a command as users do; return it with what it printed."""
    command = [sys.executable, "-m", "tuner", *map(str, arguments)]
    finished = subprocess.run(command, cwd=cwd, env=marked(cwd), capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished


def marked(folder):
    """Return the environment of a test's commands; what they start inherits the mark."""
    return {**os.environ, "PYTHONPATH": str(ROOT), _MARK: str(folder)}


def nothing_left(folder):
    """Return whether everything that a test's commands started has ended."""

    def is_of_this_test(process):
        try:
            return process.environ().get(_MARK) == str(folder)
        except psutil.Error:
            return False

    return psutil.wait_procs(filter(is_of_this_test, psutil.process_iter()), timeout=30)[1] == []
