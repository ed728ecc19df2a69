"""How the two sides talk: one JSON object a line, over a socket that nothing else writes to."""

import json
import os
import select
import socket
import threading
from contextlib import suppress
from typing import Any

_CHUNK = 65536
_DESCRIPTORS = 4
"""The most descriptors that come with one message."""


class ConnectionLostError(Exception):
    """The other side has gone."""


class Connection:
    """One end of a socket pair; sending is safe from several threads, receiving is for one."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.setblocking(True)
        self._lock = threading.Lock()
        self._rest = b""
        self._lines: list[bytes] = []
        self._received: list[int] = []

    def fileno(self) -> int:
        """Return the socket's descriptor, for `select`."""
        return self._socket.fileno()

    def send(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        """Send a message, with duplicates of open descriptors.

        Raises:
            ConnectionLostError: if the other side has gone.
        """
        data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        try:
            with self._lock:
                if descriptors:
                    sent = socket.send_fds(self._socket, [data], list(descriptors))
                    data = data[sent:]
                self._socket.sendall(data)
        except OSError as error:
            raise ConnectionLostError(str(error)) from error

    def receive(self, timeout_seconds: float | None = None) -> dict[str, Any] | None:
        """Return the next message, or None if there is none within the time.

        Args:
            timeout_seconds: how long to wait; None waits until there is one.

        Raises:
            ConnectionLostError: if the other side has gone and everything that it sent has been received.
        """
        while not self._lines:
            if not self._ready(select.POLLIN, timeout_seconds):
                return None
            self._read()
        message: dict[str, Any] = json.loads(self._lines.pop(0))
        return message

    def writable(self) -> bool:
        """Return whether a short message can be sent without waiting."""
        return self._ready(select.POLLOUT, 0.0)

    def _ready(self, event: int, timeout_seconds: float | None) -> bool:
        """Wait for the socket; not with `select.select`, which refuses descriptors from 1,024 on."""
        poll = select.poll()
        poll.register(self._socket, event)
        return bool(poll.poll(None if timeout_seconds is None else 1000 * timeout_seconds))

    def take_descriptor(self) -> int:
        """Return the descriptor that came with the message received last; the caller closes it.

        Raises:
            ConnectionLostError: if no descriptor was received, which is a bug of the other side.
        """
        if not self._received:
            raise ConnectionLostError("a descriptor was announced but did not arrive")
        return self._received.pop(0)

    def shut_down(self) -> None:
        """End the connection for both sides; a thread that waits for a message is woken."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket and the descriptors that were not taken; closing twice is harmless."""
        self._socket.close()
        while self._received:
            os.close(self._received.pop())

    def _read(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, _CHUNK, _DESCRIPTORS)
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self._received += descriptors
        if not data:
            raise ConnectionLostError("the other side has closed the connection")
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines += lines
