"""A client's connection to a simulator's server: requests, replies and deadlines."""

import socket
from collections.abc import Callable
from typing import Any

from tuner.clock import Clock, MonotonicClock
from tuner.errors import TunerError, UserError
from tuner.simulators.server._process import Deadlines, ServerLog, SimulatorLostError
from tuner.simulators.server.server_side.messages import Connection, ConnectionLostError
from tuner.tracebacks import LONGEST_MESSAGE, shortened

_POLL_SECONDS = 0.25
_ENDED = "ended"
_LAST_WORDS_SECONDS = 2.0
"""How long a server that has ended may take to write why."""


class Client:
    """Asks a server for one thing after another.

    A simulator counts as alive while its server says so, while its processes use CPU time, or while its log grows: an
    engine that starts may hold Python's lock for minutes, and then no thread of the server can speak.

    Args:
        end: the client's end of the connection.
        log: what is known of the server's process.
        deadlines: how long the simulator may take.
        clock: measures the deadlines.
    """

    def __init__(
        self,
        end: socket.socket,
        log: ServerLog,
        *,
        deadlines: Deadlines | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.deadlines = deadlines or Deadlines()
        self._connection: Connection | None = Connection(end)
        self.log = log
        """What is known of the server's process."""
        self._clock = clock or MonotonicClock()
        self._serial = 0
        self.lost = False
        """Whether the simulator failed, ended or fell silent."""

    def call(
        self, do: str, seconds: float, *, say: Callable[[str], None] = lambda _: None, **arguments: Any
    ) -> dict[str, Any]:
        """Send a request and return the reply; see `send` and `receive`."""
        self.send(do, **arguments)
        return self.receive(seconds, say=say)

    def send(self, do: str, *, descriptors: tuple[int, ...] = (), **arguments: Any) -> None:
        """Send a request.

        Args:
            do: what is asked for.
            descriptors: open descriptors that the server gets duplicates of.
            arguments: JSON-safe.

        Raises:
            SimulatorLostError: if the server has ended.
            TunerError: if this client is closed.
        """
        self._serial += 1
        try:
            self._open_connection().send({"do": do, "serial": self._serial, **arguments}, descriptors)
        except ConnectionLostError as error:
            raise self.failed(_ENDED) from error

    def receive(self, seconds: float, *, say: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
        """Wait for the reply to the last request, and return it.

        Args:
            seconds: how long it may take.
            say: gets what the server is doing, with every sign of life.

        Raises:
            UserError: if the server refuses the request for the user's mistake.
            SimulatorLostError: if the simulator failed, ended, fell silent or took too long.
            TunerError: if this client is closed.
        """
        connection = self._open_connection()
        begun = heard = self._clock.now()
        work = None
        doing = "starting"
        while True:
            try:
                message = connection.receive(_POLL_SECONDS)
            except ConnectionLostError as error:
                raise self.failed(_ENDED) from error
            now = self._clock.now()
            if message is not None and message.get("serial") == self._serial:
                return self._checked(message)
            if message is not None and message.get("mistake") is False:
                return self._checked(message)  # an earlier request failed, whose reply was not waited for
            if message is not None:
                heard = now
                doing = str(message.get("alive", doing))
                say(doing)
            elif now - heard > 1.0:
                latest = self.log.work()
                if work is not None and latest != work:
                    heard = now
                    say(doing)
                work = latest
            if now - begun > seconds:
                raise self.failed(f"has not answered for {seconds:.0f} s")
            if now - heard > self.deadlines.silence:
                raise self.failed(f"has been silent for {self.deadlines.silence:.0f} s")

    def close(self) -> None:
        """Leave the server, which keeps its task open for the next client. Closing twice is harmless."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def failed(self, what: str) -> SimulatorLostError:
        """Leave the server, and return the error that says what is wrong with it, with the end of its log."""
        self.lost = True
        self.close()
        until = self._clock.now() + _LAST_WORDS_SECONDS
        while what == _ENDED and not self.log.settled() and self._clock.now() < until:
            self._clock.sleep(_POLL_SECONDS)
        return self.log.lost(what)

    def _open_connection(self) -> Connection:
        if self._connection is None:
            raise TunerError("The connection to the simulator is closed.")
        return self._connection

    def _checked(self, reply: dict[str, Any]) -> dict[str, Any]:
        if "failed" not in reply:
            return reply
        if reply["mistake"]:
            raise UserError(reply["failed"])
        self.lost = True
        self.close()
        told = shortened(reply["failed"], LONGEST_MESSAGE)
        error = SimulatorLostError(f"The simulator's process failed: {told}; its log is {self.log.file}.")
        error.add_note(f"In the simulator's process:\n\n{reply['traceback']}")
        raise error
