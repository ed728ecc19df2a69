"""Ctrl-C once stops in order, twice without waiting. SIGTERM is treated like Ctrl-C."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_POLITE = 2
"""Signals that are passed on as requests. One more means that even the second stop hangs."""


class StopOnSignal:
    """Context in which the first two signals call a function, and a third one raises KeyboardInterrupt.

    Python delivers signals to the main thread. In another one it does nothing.

    Args:
        stop: called with the number of signals that came in, 1 or 2.
    """

    def __init__(self, stop: Callable[[int], None]) -> None:
        self._stop = stop
        self._received = 0
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._received += 1
        if self._received > _POLITE:
            raise KeyboardInterrupt
        self._stop(self._received)
