"""Ctrl-C once stops in order, twice at once; SIGTERM is treated like Ctrl-C."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopOnSignal:
    """While it is entered, the first signal calls a function and a later one raises KeyboardInterrupt.

    Use it in the main thread only; Python delivers signals there.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self.received = 0
        """Signals that came in."""

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.received += 1
        if self.received > 1:
            raise KeyboardInterrupt
        self._stop()
