"""Requests, replies and deadlines, against a server that the test plays itself."""

import socket
import threading

import pytest

from tuner.clock import ManualClock
from tuner.errors import TunerError, UserError
from tuner.simulators.server import Client, Deadlines, ServerLog, SimulatorLostError
from tuner.simulators.server.server_side.messages import Connection
from tuner.tracebacks import failure_details

DEADLINES = Deadlines(launch=100.0, step=10.0, silence=5.0, close=1.0)


class Ticking(ManualClock):
    """Goes on by a second whenever it is read."""

    def now(self):
        self.sleep(1.0)
        return super().now()


@pytest.fixture
def played(tmp_path):
    """Return a client and the server's end of its connection."""
    log = tmp_path / "log"
    log.write_text("the engine has said this\n")
    ours, theirs = socket.socketpair()
    # No process has this id, so the simulator uses no CPU time and its keeper has ended.
    client = Client(ours, ServerLog(2**22 + 1, log), deadlines=DEADLINES, clock=Ticking())
    server = Connection(theirs)
    yield client, server
    client.close()
    server.close()


def test_a_reply_belongs_to_the_last_request(played):
    client, server = played
    client.send("step", buffer=1)
    assert server.receive() == {"do": "step", "serial": 1, "buffer": 1}
    client.send("seed", seed=3)
    server.send({"serial": 1, "old": True})
    server.send({"serial": 2, "new": True})
    assert client.receive(10.0) == {"serial": 2, "new": True}


def test_signs_of_life_are_passed_on(played):
    client, server = played
    heard = []
    client.send("open")
    for text in ("compiling", "compiling", "loading"):
        server.send({"alive": text})
    server.send({"serial": 1})
    client.receive(50.0, say=heard.append)
    assert heard == ["compiling", "compiling", "loading"]


def test_the_users_mistake_and_the_simulators_failure(played):
    client, server = played
    client.send("open")
    server.send({"serial": 1, "failed": "There is no such task.", "mistake": True})
    with pytest.raises(UserError, match=r"^There is no such task\.$"):
        client.receive(50.0)
    assert not client.lost
    client.send("step")
    told = 'Traceback …\n  File "/home/me/arm.py", line 4, in step\n    bend(0)\nZeroDivisionError: division by zero'
    failed = {"serial": 2, "failed": "ZeroDivisionError: division by zero", "mistake": False, "traceback": told}
    server.send(failed)
    with pytest.raises(SimulatorLostError, match=r"failed: ZeroDivisionError: division by zero; its log is") as lost:
        client.receive(10.0)
    assert failure_details(lost.value)["user_frame"] == 'File "/home/me/arm.py", line 4, in step\n  bend(0)'
    assert client.lost
    with pytest.raises(TunerError, match="The connection to the simulator is closed"):
        client.send("step")


def test_a_failure_that_was_not_waited_for_is_not_forgotten(played):
    client, server = played
    client.send("step")
    client.send("seed", seed=3)
    server.send({"serial": 1, "failed": "RuntimeError: the engine broke", "mistake": False, "traceback": ""})
    server.send({"serial": 2})
    with pytest.raises(SimulatorLostError, match="failed: RuntimeError: the engine broke"):
        client.receive(10.0)


def test_silence_is_noticed(played):
    client, _ = played
    client.send("step")
    with pytest.raises(SimulatorLostError, match="has been silent for 5 s"):
        client.receive(60.0)


def test_an_answer_that_takes_too_long_is_noticed_even_with_signs_of_life(played):
    client, server = played
    client.send("step")
    for _ in range(20):
        server.send({"alive": "step"})
    with pytest.raises(SimulatorLostError, match="has not answered for 10 s"):
        client.receive(10.0)


def test_a_server_that_leaves(played):
    client, server = played
    client.send("step")
    threading.Timer(0.05, server.close).start()
    with pytest.raises(SimulatorLostError, match=r"(?s)ended; its log is .*the engine has said this"):
        client.receive(60.0)
