"""Ending a server from a test's other thread."""

from typing import Any, NoReturn


def interrupt(server: Any) -> None:
    """Raise KeyboardInterrupt in the server's loop, as Ctrl-C does: its trigger's handler is what that asks to read."""

    def readable() -> NoReturn:
        raise KeyboardInterrupt

    server.readable = readable
    server.pull_trigger()
