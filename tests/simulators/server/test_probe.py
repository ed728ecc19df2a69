"""Whether a program is a Python that can run the server's side."""

import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy
import psutil
import pytest

from tuner.errors import UserError
from tuner.simulators.server._probe import probe


def script(folder: Path, text: str) -> Path:
    """Return a shell script that can be run."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def refused(python: Path | str, seconds: float = 60.0) -> str:
    """Return what is wrong with an interpreter."""
    with pytest.raises(UserError) as error:
        probe(Path(python), "isaaclab", seconds=seconds)
    begin, end = f"The interpreter {python} cannot run the simulator: it ", ". Give the path of the Python that has"
    assert str(error.value).startswith(begin)
    return str(error.value).removeprefix(begin).split(end)[0]


def has_ended(process_id: int) -> bool:
    """Wait until a process has been ended, which a signal does in its own time, whether or not anyone reaps it."""
    for _ in range(600):
        if not psutil.pid_exists(process_id):
            return True
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE:
                return True
        time.sleep(0.1)
    return False


def test_this_interpreter_will_do():
    assert probe(Path(sys.executable), "numpy") == numpy.__version__
    assert probe(Path(sys.executable), "no-such-package") is None


def test_a_wrapper_that_prints_and_runs_a_python(tmp_path):
    python = script(tmp_path, f'echo "Kit says hello"\nexec {sys.executable} "$@"')
    assert probe(python, "numpy") == numpy.__version__


def test_what_cannot_be_run(tmp_path):
    assert refused(tmp_path / "missing") == "does not exist"
    assert refused(tmp_path) == "is a folder"
    (tmp_path / "python").write_text("#!/bin/sh\n")
    assert refused(tmp_path / "python") == "cannot be run (Permission denied)"
    (tmp_path / "python").write_text("no program")
    (tmp_path / "python").chmod(0o755)
    assert refused(tmp_path / "python") == "cannot be run (Exec format error)"


def test_what_is_no_python(tmp_path):
    assert refused("/bin/true") == "is no Python: it exited with code 0"
    assert refused("/bin/sh").startswith("is no Python: it exited with code ")
    refusal = refused(script(tmp_path, "echo the licence has expired >&2; exit 3"))
    assert refusal == "is no Python: it exited with code 3, saying: the licence has expired"


def test_what_hangs_is_ended_with_what_it_started(tmp_path):
    python = script(tmp_path, f"sleep 3600 & echo $! > {tmp_path / 'child'}; wait")
    assert refused(python, seconds=0.5) == "is no Python, or hangs: it has not answered within 0.5 s"
    assert has_ended(int((tmp_path / "child").read_text()))


def test_an_endless_output_does_no_harm(tmp_path):
    assert "has not answered" in refused(script(tmp_path, "exec yes"), seconds=0.5)


def test_a_python_that_is_too_old(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.version_info = (3, 9, 18)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert refused(sys.executable) == "is Python 3.9.18, and 3.10 or newer is needed"


def test_a_python_without_numpy(tmp_path):
    python = script(tmp_path, f'exec {sys._base_executable} -I -S "$@"')
    assert refused(python) == "cannot import NumPy (ModuleNotFoundError: No module named 'numpy')"


def test_a_numpy_that_crashes(tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert refused(sys.executable).startswith("is no Python: it exited with code -11")
