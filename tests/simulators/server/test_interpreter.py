"""Which tasks run in a server, and in whose interpreter."""

import sys
from pathlib import Path

import pytest

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators.server import Server, is_isaaclab_2, server_for, simulator_version


def test_tasks_of_this_interpreter_need_none():
    assert server_for(TaskConfig(id="Cartpole")) is None


def test_an_interpreter_of_its_own():
    task = TaskConfig(id="Cartpole", python=sys.executable)
    assert server_for(task) == Server(Path(sys.executable), "tuner:mujoco")


def test_isaac_lab_runs_where_the_study_file_or_the_environment_says(monkeypatch, tmp_path):
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("TUNER_ISAACLAB_PYTHON", str(other))
    assert server_for(TaskConfig(id="Isaac-Ant", simulator="isaaclab")) == Server(other, "isaaclab")
    named = TaskConfig(id="Isaac-Ant", simulator="isaaclab", python=sys.executable)
    assert server_for(named) == Server(Path(sys.executable), "isaaclab")


@pytest.mark.parametrize(
    ("version", "old"), [("2.2.0", True), ("2.3.2.post1", True), ("0.44.9", True), ("3.0.0", False), ("20.1", False)]
)
def test_isaac_lab_2_is_known_by_its_version_also_where_it_came_from_its_sources(version, old):
    assert is_isaaclab_2(version) is old


def test_a_bare_name_is_looked_up_as_a_program(monkeypatch, tmp_path):
    program = tmp_path / "python3.99"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    task = TaskConfig(id="Isaac-Ant", simulator="isaaclab", python="python3.99")
    assert server_for(task) == Server(program, "isaaclab")


def test_isaac_lab_without_an_interpreter(monkeypatch):
    monkeypatch.delenv("TUNER_ISAACLAB_PYTHON", raising=False)
    with pytest.raises(UserError, match=r"none was given\. Set task\.python .* or TUNER_ISAACLAB_PYTHON"):
        server_for(TaskConfig(id="Isaac-Ant", simulator="isaaclab"))


def test_a_server_is_not_started_in_an_interpreter_that_cannot_run_it(tmp_path):
    server = server_for(TaskConfig(id="Isaac-Ant", simulator="isaaclab", python="/bin/true"))
    with pytest.raises(UserError, match="The interpreter /bin/true cannot run the simulator: it is no Python"):
        server.start(tmp_path / "log")
    assert not (tmp_path / "log").exists()


def test_the_version_is_asked_of_the_interpreter(monkeypatch, tmp_path):
    packages = tmp_path / "isaaclab-3.1.4.dist-info"
    packages.mkdir()
    (packages / "METADATA").write_text("Metadata-Version: 2.1\nName: isaaclab\nVersion: 3.1.4\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("ISAACSIM_ASSET_ROOT", raising=False)
    task = TaskConfig(id="Isaac-Ant", simulator="isaaclab", python=sys.executable)
    assert simulator_version(task) == "3.1.4"
    rooted = task.model_copy(update={"options": {"asset_root": "/assets"}})
    assert simulator_version(rooted) == "3.1.4, assets of /assets"


def test_a_version_that_cannot_be_asked_is_none(monkeypatch):
    monkeypatch.delenv("TUNER_ISAACLAB_PYTHON", raising=False)
    assert simulator_version(TaskConfig(id="Isaac-Ant", simulator="isaaclab")) is None
    assert simulator_version(TaskConfig(id="Isaac-Ant", simulator="isaaclab", python=sys.executable)) is None
    assert simulator_version(TaskConfig(id="Isaac-Ant", simulator="isaaclab", python="/bin/true")) is None
    assert simulator_version(TaskConfig(id="Cartpole", python=sys.executable)) is None
