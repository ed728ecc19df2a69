"""What Isaac Sim does to its process, played by a stand-in: the client hears of it, and nothing is left behind."""

import signal

import numpy as np
import pytest

from tests.simulators.server.isaac_sim import installed
from tests.simulators.server.servers import QUICK, family, gone
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators.server import Client, Deadlines, ServedEnv, SimulatorLostError
from tuner.simulators.server.server_side.kit import starting_kit
from tuner.simulators.server.server_side.task import RefusedError

ZEROS = np.zeros((2, 2), np.float32)


@pytest.fixture
def launch(servers, tmp_path):
    """Return what opens a task in a new process of the stand-in, and gives the environment and the process."""

    def launch(misdeed, task="Isaac-Springs-Direct-v0", deadlines=QUICK, version="2.3.2.post1"):
        process = servers.start("isaaclab", environment=installed(tmp_path, version, misdeed))
        config = TaskConfig(id=task, simulator="isaaclab", num_envs=2, options={"device": "cpu"})
        launch.process = process
        return ServedEnv(config, Client(process.connect(), process.log, deadlines=deadlines), seed=0, threads=1)

    return launch


def ends(process):
    """Return whether the process ends within its limits, with everything that it started."""
    everyone = family(process)
    process.end(1.0)
    return gone(everyone)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("segfaults", "ended(.|\n)*in string_at(.|\n)*ended by signal 11"),
        ("exits 0", "ended"),
        ("calls exit", r"RuntimeError: Isaac Sim ended while it was starting, with exit code 3"),
        ("raises", "ZeroDivisionError"),
        ("hangs", "has not answered for 8 s"),
        ("holds the lock", "has been silent for 3 s"),
    ],
)
def test_a_launch_that_goes_wrong(launch, what, told):
    limits = Deadlines(launch=8.0, silence=60.0) if what == "hangs" else QUICK
    with pytest.raises(SimulatorLostError, match=told):
        launch(f"launching: {what}", deadlines=limits)
    assert launch.process.alive == (what not in ("segfaults", "exits 0"))
    launch.process.end(0.5)


@pytest.mark.parametrize("what", ["asks", "reads"])
def test_the_licence_is_the_users_to_accept(launch, what):
    with pytest.raises(
        UserError, match=r"only you can do\. .*-c 'import isaacsim'.*OMNI_KIT_ACCEPT_EULA=YES.*yourself"
    ):
        launch(f"launching: {what}")
    processes = family(launch.process)
    assert not any("OMNI_KIT_ACCEPT_EULA" in process.environ() for process in processes)
    assert ends(launch.process)


@pytest.mark.parametrize("closing", ["holds the lock", "exits 0"])
def test_the_client_is_told_before_the_process_closes_and_nothing_is_left(launch, closing):
    with pytest.raises(UserError, match="Did you mean 'Isaac-Springs-v0'"):
        launch(f"closing: {closing}", task="Isaac-Spring-v0")
    assert ends(launch.process)


@pytest.mark.parametrize(
    ("task", "told"),
    [("Isaac-Springs-Camera-v0", r"arrays of shape \(3, 8, 8\)"), ("Isaac-Springs-Agents-v0", "several agents")],
)
def test_a_task_that_is_refused_after_it_was_made_is_not_closed_before_the_client_is_told(launch, task, told):
    with pytest.raises(UserError, match=told):
        launch("closing: exits 0", task=task)
    assert launch.process.alive
    assert "the environment closes" not in launch.process.log.file.read_text()
    assert ends(launch.process)


def test_an_environment_that_cannot_be_made_does_not_close_before_the_client_is_told(launch):
    with pytest.raises(SimulatorLostError, match="failed: ZeroDivisionError"):
        launch("making: raises, closing: exits 0")
    assert ends(launch.process)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (
            "segfaults",
            "ended(.|\n)*in string_at(.|\n)*ended by signal 11",
        ),  # Isaac Lab's handler would run into it again and again
        ("calls exit", "failed: SystemExit: 3"),
    ],
)
def test_a_step_that_goes_wrong(launch, what, told):
    env = launch(f"stepping: {what}, closing: exits 0")
    env.reset()
    with pytest.raises(SimulatorLostError, match=told):
        env.step(ZEROS)
    launch.process.end(0.5)


def test_an_end_in_good_order_closes_the_environment_and_isaac_sim(launch):
    launch("").step(ZEROS)
    assert ends(launch.process)
    assert launch.process.log.file.read_text().split("\n")[-3:] == ["the environment closes", "Kit closes", ""]


@pytest.mark.parametrize("closing", ["hangs", "segfaults"])
def test_an_end_in_bad_order(launch, closing):
    launch(f"closing: {closing}")
    assert ends(launch.process)


def test_a_request_to_terminate_ends_the_process_and_does_not_close_isaac_sim(launch):
    launch("closing: hangs")
    everyone = family(launch.process)
    everyone[-1].send_signal(signal.SIGTERM)
    assert gone(everyone)


def test_another_task_takes_another_process(launch):
    env = launch("")
    assert env.reset().shape == (2, 4)
    client = Client(launch.process.connect(), launch.process.log, deadlines=QUICK)
    env._client.close()
    task = TaskConfig(id="Isaac-Springs-v0", simulator="isaaclab", num_envs=2, options={"device": "cpu"})
    assert client.call("open", 10.0, task=task.model_dump(mode="json"), seed=0, threads=1)["declined"]


def test_isaac_lab_3_in_isaac_sim(launch):
    env = launch("", version="3.0.0")
    assert env.provenance["physics"] == "the task's own"
    env.reset()
    finals = [env.step(ZEROS) for _ in range(env.max_episode_steps)][-1][3]
    assert finals[0]["TimeLimit.truncated"]
    assert ends(launch.process)
    assert launch.process.log.file.read_text().split("\n")[-3:] == ["the environment closes", "Kit closes", ""]


@pytest.mark.parametrize(
    ("misdeed", "task", "told"),
    [
        ("launching: asks", "Isaac-Springs-v0", "only you can do"),
        ("closing: exits 0", "Isaac-Springs-Agents-v0", "several agents"),
    ],
)
def test_isaac_lab_3_in_isaac_sim_tells_what_goes_wrong_before_it_closes(launch, misdeed, task, told):
    with pytest.raises(UserError, match=told):
        launch(misdeed, task=task, version="3.0.0")
    assert ends(launch.process)


def test_handlers_and_streams_are_put_back():
    import sys

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGABRT)}
    arguments, stdout, stdin = list(sys.argv), sys.stdout, sys.stdin
    with starting_kit():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGABRT, signal.SIG_IGN)
        sys.argv.append("--kit")
        sys.stdout = None
    assert {number: signal.getsignal(number) for number in before} == before
    assert (sys.argv, sys.stdout, sys.stdin) == (arguments, stdout, stdin)


def test_an_end_of_input_is_taken_for_the_question_too():
    with pytest.raises(RefusedError, match="only you can do"), starting_kit():
        raise EOFError
