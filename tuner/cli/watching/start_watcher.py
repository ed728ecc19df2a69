"""Say what a simulator in a process of its own is doing while it starts, which takes minutes if kernels compile."""

from contextlib import ExitStack
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from tuner.cli.printing.output import console
from tuner.cli.printing.text import duration_text
from tuner.clock import Clock, MonotonicClock

_QUIET_SECONDS = 2.0
"""A start that is quicker is not worth a word."""
_REPORT_SECONDS = 10.0
"""Wall-clock time between two lines, if there is no terminal."""


class StartWatcher:
    """Tells on stderr what a simulator is doing: in place on a terminal, by lines elsewhere. Use it in a `with` block.

    Args:
        clock: measures how long the start takes.
        out: where the lines go; stderr if not given.
    """

    def __init__(self, clock: Clock | None = None, out: Console | None = None) -> None:
        self._clock = clock or MonotonicClock()
        self._out = out or console(stderr=True)
        self._begun = self._clock.now()
        self._reported: float | None = None
        self._status: Status | None = None
        self._stack = ExitStack()

    def say(self, doing: str) -> None:
        """Take in what the simulator is doing; to be called with each of its signs of life."""
        now = self._clock.now()
        if now - self._begun < _QUIET_SECONDS:
            return
        line = f"Waiting for the simulator: {doing}, {duration_text(now - self._begun)}."
        if self._out.is_terminal:
            self._show(Text(line))
        elif self._reported is None or now - self._reported >= _REPORT_SECONDS:
            self._reported = now
            self._out.print(line, markup=False, soft_wrap=True)

    def _show(self, line: Text) -> None:
        if self._status is None:
            self._status = self._stack.enter_context(self._out.status(line))
        else:
            self._status.update(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
