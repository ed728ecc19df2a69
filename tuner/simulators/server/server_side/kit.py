"""What Isaac Sim's Kit does to a process that starts it, and how to get through that."""

import faulthandler
import io
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .task import RefusedError

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGABRT, signal.SIGSEGV)


@contextmanager
def starting_kit() -> Iterator[None]:
    """Start Kit in the block; afterwards signal handlers, arguments and streams are what they were before.

    Isaac Lab handles SIGTERM and SIGSEGV by closing Kit, which may hang. A handler in Python even turns a segmentation
    fault into an endless loop, as the instruction that failed is run again when the handler returns.

    Raises:
        RefusedError: if Isaac Sim asks whether its licence is accepted; only the user can do that.
        RuntimeError: if it ends the process instead of starting.
    """
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    streams, arguments = (sys.stdin, sys.stdout, sys.stderr), list(sys.argv)
    sys.stdin = _NobodyThere()
    try:
        yield
    except (_QuestionAskedError, EOFError) as error:
        raise RefusedError(
            "Isaac Sim asks whether you accept its licence (EULA), which only you can do. Read and answer the question "
            f"once in a terminal, with: {sys.executable} -c 'import isaacsim'. Or set OMNI_KIT_ACCEPT_EULA=YES in the "
            "environment of this command yourself, if you accept it."
        ) from error
    except SystemExit as error:
        raise RuntimeError(f"Isaac Sim ended while it was starting, with exit code {error.code}") from error
    finally:
        (sys.stdin, sys.stdout, sys.stderr), sys.argv = streams, arguments
        _restore(handlers)


class _QuestionAskedError(BaseException):
    """Somebody reads from standard input; not an Exception, so that no one takes it for an answer."""


class _NobodyThere(io.TextIOBase):
    """A standard input that tells whoever asks a question that there is nobody to answer."""

    def readable(self) -> bool:
        return True

    def read(self, _size: int | None = -1, /) -> str:
        raise _QuestionAskedError

    def readline(self, _size: int = -1, /) -> str:  # type: ignore[override]
        raise _QuestionAskedError


def _restore(handlers: Mapping[signal.Signals, Any]) -> None:
    """Give signals their handlers back, and faults their traceback in the log."""
    traced = faulthandler.is_enabled()
    faulthandler.disable()
    for number, handler in handlers.items():
        # None is a handler of C code, which Python cannot set again; the default ends the process, as it should.
        signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if traced:
        faulthandler.enable()
