"""The server's process: that it starts, ends, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.simulators.server.servers import LINE, family, gone
from tuner.errors import UserError
from tuner.simulators.server import ServerLog, ServerProcess, SimulatorLostError
from tuner.simulators.server._process import LogWatch

ROOT = Path(__file__).resolve().parents[3]


def test_an_end_in_good_order(servers):
    process = servers.start()
    servers.open(process=process).reset()
    everyone = family(process)
    assert len(everyone) == 2  # keeper and simulator
    process.end(10.0)
    assert gone(everyone)
    assert "ended by signal" not in process.log.file.read_text()
    process.end(10.0)
    with pytest.raises(SimulatorLostError, match="The simulator's process ended"):
        process.connect()


@pytest.mark.parametrize("fault", ["hangs", "holds the lock", "exits 0"])
def test_a_simulator_that_does_not_close_is_ended(servers, fault):
    process = servers.start()
    servers.open(process=process, closing=fault, children=True).reset()
    everyone = family(process)
    assert len(everyone) == 5
    process.end(0.5)
    assert gone(everyone)


@pytest.mark.parametrize("victim", [0, 1], ids=["keeper", "simulator"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_one_side_of_the_server_dies(servers, victim, number):
    process = servers.start()
    env = servers.open(process=process, children=True)
    env.reset()
    everyone = family(process)
    assert len(everyone) == 5
    everyone[victim].send_signal(number)
    assert gone(everyone[:2])
    if everyone[victim] == everyone[0]:
        process.end(0.5)  # what is left when the keeper itself is killed is the owner's to end
    assert gone(everyone)
    with pytest.raises(SimulatorLostError, match="The simulator's process ended"):
        env.reset()


OWNER = """
import sys, time
from pathlib import Path
from tuner.config import TaskConfig
from tuner.simulators.server import Client, ServedEnv, ServerProcess

process = ServerProcess(sys.executable, "file:" + sys.argv[1], log_file=Path(sys.argv[2]))
print(process.log.pid, flush=True)
options = {"children": True} | ({sys.argv[3]: sys.argv[4]} if sys.argv[3:] else {})
task = TaskConfig(id="Line", simulator="line", num_envs=2, options=options)
env = ServedEnv(task, Client(process.connect(), process.log), seed=0, threads=1)
print("open", flush=True)
env.reset()
env.step_async(env.action_space.low.repeat(2)[:, None])
time.sleep(3600)
"""


@pytest.mark.parametrize(
    ("when", "fault"), [(None, None), ("stepping", "hangs"), ("stepping", "holds the lock"), ("opening", "hangs")]
)
def test_nothing_is_left_when_the_owner_is_killed(tmp_path, when, fault):
    command = [sys.executable, "-c", OWNER, str(LINE), str(tmp_path / "log"), *([] if when is None else [when, fault])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as owner:
        keeper = psutil.Process(int(owner.stdout.readline()))
        if when != "opening":
            owner.stdout.readline()
        else:
            _until(lambda: "Kit prints" in (tmp_path / "log").read_text())
        everyone = [keeper, *keeper.children(recursive=True)]
        assert len(everyone) == (2 if when == "opening" else 5)
        owner.kill()
    assert gone(everyone)


def test_what_leaves_the_simulator_and_ends_is_not_kept_as_a_zombie(servers):
    process = servers.start()
    servers.open(process=process, orphans=3).reset()
    _until(lambda: len(family(process)) == 2)


def test_the_output_of_the_simulator_is_in_the_log_only(servers, capfd):
    process = servers.start()
    servers.open(process=process).reset()
    assert "Kit prints what it likes to stdout" in process.log.file.read_text()
    assert capfd.readouterr().out == ""


def test_the_tail_of_the_log_is_of_this_process(servers, tmp_path):
    (tmp_path / "server-0.log").write_text("of an earlier process\n")
    process = servers.start()
    servers.open(process=process)
    assert process.log.tail() == ["Kit prints what it likes to stdout"]


def test_an_interpreter_that_is_none(servers, tmp_path):
    no_program = tmp_path / "python"
    no_program.write_text("not a program")
    with pytest.raises(UserError, match=re.escape(f"The interpreter {no_program} of the simulator cannot be started")):
        servers.start(python=no_program)


def test_a_log_that_cannot_be_written_is_named_with_its_folder(tmp_path):
    (tmp_path / "logs").write_text("a file where a folder is needed")
    (tmp_path / "log").mkdir()
    for file in (tmp_path / "logs" / "log", tmp_path / "log"):
        with pytest.raises(UserError, match=re.escape(f"cannot be written to the folder {file.parent}: ")):
            ServerProcess(sys.executable, f"file:{LINE}", log_file=file)


def _until(condition) -> None:
    import time

    for _ in range(200):
        try:
            if condition():
                return
        except FileNotFoundError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not happen within 10 s")


def test_what_people_read_of_a_start_ends_with_the_last_words_of_the_log(tmp_path):
    log = ServerLog(1, tmp_path / "log")
    assert log.progress("opening the task") == "opening the task"
    log.file.write_text("Module solver took 5 s (compiled)  \n+-----+\n")
    assert log.progress("opening the task") == "opening the task (Module solver took 5 s (compiled))"
    log.file.write_text("x" * 100)
    assert log.progress("compiling") == f"compiling ({'x' * 59}…)"


def test_a_log_that_was_removed_does_no_harm(servers):
    process = servers.start()
    env = servers.open(process=process)
    env.reset()
    process.log.file.unlink()
    env.step(np.zeros((3, 1), np.float32))
    assert process.log.tail() == []
    assert process.log.work()[1] == 0


def test_a_line_of_the_log_that_says_that_the_physics_is_invalid_ends_the_attempt(servers):
    env = servers.open(complains_at=2)
    env.reset()
    env.step(np.zeros((3, 1), np.float32))
    with pytest.raises(SimulatorLostError, match=r"has become invalid: \[Error\] physics is invalid; its log is"):
        env.step(np.zeros((3, 1), np.float32))


def test_a_marker_is_found_across_two_looks_and_after_the_log_was_emptied(tmp_path):
    file = tmp_path / "log"
    file.write_text("physics is invalid, says an earlier process\n")
    watch = LogWatch(ServerLog(1, file), ("physics is invalid",))
    assert watch.look() is None
    with file.open("a") as log:
        log.write("[Error] physics is ")
    assert watch.look() is None
    with file.open("a") as log:
        log.write("invalid\nand more\n")
    assert watch.look() == "[Error] physics is invalid"
    file.write_text("physics is invalid\n")
    assert watch.look() == "physics is invalid"


def test_a_marker_is_found_before_whatever_else_a_step_writes(tmp_path):
    file = tmp_path / "log"
    file.touch()
    watch = LogWatch(ServerLog(1, file), ("physics is invalid",))
    file.write_text("physics is invalid\n" + "and what follows from it\n" * 10_000)
    assert watch.look() == "physics is invalid"


def test_the_environment_of_a_slot_reaches_the_simulator(servers, tmp_path):
    process = ServerProcess(
        sys.executable, f"file:{LINE}", log_file=tmp_path / "log", environment={"CUDA_VISIBLE_DEVICES": "3"}
    )
    try:
        servers.open(process=process).reset()
        _, simulator = family(process)
        assert simulator.environ()["CUDA_VISIBLE_DEVICES"] == "3"
    finally:
        process.end(5.0)
