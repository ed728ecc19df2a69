import signal

import pytest

from tuner.cli._interrupt import StopOnSignal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_in_order(number):
    calls = []
    with StopOnSignal(lambda: calls.append("stop")) as guard:
        signal.raise_signal(number)
        assert calls == ["stop"]
    assert guard.received == 1


def test_the_second_signal_stops_at_once():
    calls = []
    with StopOnSignal(lambda: calls.append("stop")):
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert calls == ["stop"]


def test_the_former_handlers_come_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopOnSignal(lambda: None):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
