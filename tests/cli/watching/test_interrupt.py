import signal
import threading

import pytest

from tuner.cli.watching.interrupt import StopOnSignal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop(number):
    calls = []
    with StopOnSignal(calls.append):
        signal.raise_signal(number)
        assert calls == [1]


def test_signals_are_counted_and_a_third_one_ends_everything():
    calls = []
    with StopOnSignal(calls.append):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert calls == [1, 2]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert calls == [1, 2]


def test_the_former_handlers_come_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopOnSignal(lambda count: None):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_on_another_thread_it_does_nothing():
    before, failures = signal.getsignal(signal.SIGINT), []

    def use():
        try:
            with StopOnSignal(lambda count: None):
                pass
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert (failures, signal.getsignal(signal.SIGINT)) == ([], before)
