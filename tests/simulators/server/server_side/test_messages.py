"""How the two sides talk."""

import os
import socket
import threading

import pytest

from tuner.simulators.server.server_side.messages import Connection, ConnectionLostError


@pytest.fixture
def ends():
    """Return both ends of a connection."""
    one, other = (Connection(end) for end in socket.socketpair())
    yield one, other
    one.close()
    other.close()


def test_messages_arrive_in_order_however_long_they_are(ends):
    one, other = ends
    long = {"text": "x" * 300_000}
    sender = threading.Thread(target=lambda: [one.send({"number": 1}), one.send(long), one.send({"number": 2})])
    sender.start()  # the long one is more than a socket holds
    assert [other.receive(), other.receive(), other.receive()] == [{"number": 1}, long, {"number": 2}]
    sender.join()


def test_waiting_for_a_message_ends(ends):
    assert ends[0].receive(timeout_seconds=0.0) is None


def test_a_descriptor_arrives_as_an_open_file(ends):
    one, other = ends
    out, into = os.pipe()
    one.send({"do": "take"}, (into,))
    os.close(into)
    assert other.receive() == {"do": "take"}
    received = other.take_descriptor()
    assert not os.get_inheritable(received)
    os.write(received, b"through")
    os.close(received)
    assert os.read(out, 10) == b"through"
    os.close(out)


def test_a_descriptor_that_did_not_come_is_a_broken_protocol(ends):
    with pytest.raises(ConnectionLostError, match="announced but did not arrive"):
        ends[0].take_descriptor()


def test_a_descriptor_that_is_not_taken_is_closed(ends):
    one, other = ends
    out, into = os.pipe()
    one.send({"do": "take"}, (into,))
    os.close(into)
    other.receive()
    other.close()
    assert os.read(out, 10) == b""  # the end of the pipe: no writer is left
    os.close(out)


def test_the_last_words_of_the_other_side_are_received_before_its_end(ends):
    one, other = ends
    one.send({"last": True})
    one.close()
    assert other.receive() == {"last": True}
    with pytest.raises(ConnectionLostError, match="has closed the connection"):
        other.receive()
    with pytest.raises(ConnectionLostError):
        other.send({"too": "late"})


def test_a_waiting_thread_is_woken_when_its_connection_is_shut_down(ends):
    one, _ = ends
    seen = []

    def wait():
        try:
            one.receive()
        except ConnectionLostError:
            seen.append("woken")

    waiting = threading.Thread(target=wait)
    waiting.start()
    one.shut_down()
    waiting.join(10)
    assert seen == ["woken"]
