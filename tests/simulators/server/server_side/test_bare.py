"""The server's side needs the standard library, NumPy and its backend, and nothing else."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from tests.simulators.server.servers import LINE
from tuner.config import TaskConfig
from tuner.simulators import server
from tuner.simulators.server import Client, ServedEnv, ServerProcess

FOLDER = Path(server.__file__).parent / "server_side"
OPTIONAL = {
    "tuner_backend.py": {"tuner"},
    "torch_task.py": {"torch"},
    "isaaclab_2.py": {"torch", "gymnasium", "isaaclab", "isaaclab_tasks", "hydra", "omegaconf"},
    "isaaclab_3.py": {"torch", "gymnasium", "isaaclab", "isaaclab_tasks"},
    "isaaclab_task.py": {"torch", "gymnasium", "isaaclab_tasks"},
    "mjlab_backend.py": {"torch", "mjlab"},
}
"""What a backend may import besides."""


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_imports_and_syntax(file):
    tree = ast.parse(file.read_text(), feature_version=(3, 10))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    assert names - set(sys.stdlib_module_names) <= {"numpy"} | OPTIONAL.get(file.name, set())


def step_the_line(python, folder):
    process = ServerProcess(python, f"file:{LINE}", log_file=folder / "log")
    try:
        client = Client(process.connect(), process.log)
        env = ServedEnv(TaskConfig(id="Line", simulator="line", num_envs=2), client, seed=0, threads=1)
        env.reset()
        return env.step(numpy.zeros((2, 1), numpy.float32))[0].shape
    finally:
        process.end(5.0)


def test_an_interpreter_with_numpy_alone(tmp_path):
    """The folder holds a copy of our NumPy; -S and -I keep everything else of this environment out."""
    for name in ("numpy", "numpy.libs"):
        source = Path(numpy.__file__).parents[1] / name
        if source.exists():
            (tmp_path / name).symlink_to(source)
    python = tmp_path / "python"
    path = f'import sys; sys.path.append("{tmp_path}"); '
    python.write_text(f"#!/bin/sh\nshift\nexec {sys._base_executable} -I -S -c '{path}'\"$@\"\n")
    python.chmod(0o755)
    assert step_the_line(python, tmp_path) == (2, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "numpy_version"), [("3.10", "numpy<2"), ("3.11", "numpy<2"), ("3.12", "numpy>=2"), ("3.13", "numpy>=2")]
)
def test_other_pythons_and_numpys(tmp_path, version, numpy_version):
    found = shutil.which(f"python{version}")
    if found is None or subprocess.run([found, "--version"], capture_output=True).returncode != 0:
        pytest.skip(f"no Python {version} on this machine")
    subprocess.run([found, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", numpy_version]
    if subprocess.run(install, capture_output=True).returncode != 0:
        pytest.skip("NumPy cannot be installed: no network")
    assert step_the_line(python, tmp_path) == (2, 1)
