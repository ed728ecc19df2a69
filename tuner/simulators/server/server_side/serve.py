"""The server's process: opens tasks and steps them for one client after another.

    python -c PROGRAM FOLDER BACKEND CONTROL LIFELINE

PROGRAM puts FOLDER, where this package lies, on the path and calls `main`. BACKEND is NAME or NAME:ARGUMENT; the
function `create(ARGUMENT)` of the module `NAME_backend` makes it. CONTROL is a socket over which the connections of
clients arrive. LIFELINE is a pipe whose end means that the owner has died.

Two processes are started: a keeper, which only waits, and the simulator. A simulator may hold Python's lock for minutes
while it starts or hangs, so only another process can be trusted to end it. On Linux the keeper adopts what the
simulator leaves behind, and so can end processes that have left its process group.
"""

import ctypes
import importlib
import os
import queue
import select
import signal
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from .layout import Layout
from .messages import Connection, ConnectionLostError
from .task import Backend, RefusedError, ServedTask

HEARTBEAT_SECONDS = 1.0
_DOING = {
    "open": "opening the task",
    "tasks": "listing its tasks",
    "step": "stepping all robots",
    "reset": "resetting all robots",
}
"""What clients and their users hear while a request is answered, unless the backend says more."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36


def main() -> NoReturn:
    """Become the keeper of a simulator's process; see the module's description for the arguments."""
    backend, control, lifeline = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    keeper = os.getpid()
    _control_process(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # an owner that ignores it would hand that on, and ends go unseen
    simulator = os.fork()
    if simulator == 0:
        os.close(lifeline)
        _die_with(keeper)
        _simulate(backend, control)
    os.close(control)
    _keep(simulator, lifeline)


def _keep(simulator: int, lifeline: int) -> NoReturn:
    """Wait until the simulator or the owner has ended, then end everything that the simulator started."""

    def forward(*_: Any) -> None:
        with suppress(ProcessLookupError):
            os.kill(simulator, signal.SIGTERM)

    signal.signal(signal.SIGTERM, forward)
    status = None
    while status is None:
        ready, _, _ = select.select([lifeline], [], [], 0.2)
        if ready and not os.read(lifeline, 1):
            break
        status = _reaped().get(simulator)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    code = 1 if status is None else os.waitstatus_to_exitcode(status)
    if code < 0:
        hint = "; the system does that when memory runs out" if -code == signal.SIGKILL else ""
        sys.stderr.write(f"the simulator ended by signal {-code}, {signal.strsignal(-code)}{hint}\n")
        sys.stderr.flush()
    _end_children()
    # Where orphans are not adopted, this process group is all that can be ended. This process is in it too, so its exit
    # code is lost; the owner looks at messages, never at exit codes.
    os.killpg(0, signal.SIGKILL)
    os._exit(code)


def _reaped() -> dict[int, int]:
    """Return the exit statuses of children that have ended, adopted ones too, by process id."""
    statuses = {}
    with suppress(ChildProcessError):  # there are no children
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            statuses[ended[0]] = ended[1]
    return statuses


def _end_children() -> None:
    """Kill all children, and then those that were adopted because their parents died, until there are none (Linux)."""
    while children := _children():
        for child in children:
            os.kill(child, signal.SIGKILL)  # its id cannot be another's before it is waited for
        for child in children:
            os.waitpid(child, 0)


def _children() -> list[int]:
    """Return the process ids of this process's children; none on systems without /proc."""
    children = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            after_name = file.read_text(errors="replace").rpartition(")")[2].split()
            if int(after_name[1]) == os.getpid():
                children.append(int(file.parent.name))
    return children


def _die_with(parent: int) -> None:
    """Let the kernel kill this process when the keeper is killed (Linux)."""
    if _control_process(_PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != parent:
        os._exit(1)


def _control_process(option: int, value: int) -> bool:
    """Call prctl; return whether this system has it."""
    linux = sys.platform.startswith("linux")
    if linux:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
    return linux


def _simulate(backend: str, control: int) -> NoReturn:
    code = 1
    try:
        Server(backend, socket.socket(fileno=control)).run()
        code = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: simulators are known to hang or crash while Python shuts down.
    os._exit(code)


def _missing(error: ImportError) -> str:
    return (
        f"The interpreter {sys.executable} cannot import what the simulator needs: {error}. Install it there, or give "
        "the path of the Python that has it."
    )


class Server:
    """Serves one client at a time; the task stays open when a client leaves.

    Args:
        backend: as in the module's description.
        control: where clients' connections arrive.
    """

    def __init__(self, backend: str, control: socket.socket) -> None:
        self._backend_name = backend
        self._backend: Backend | None = None
        self._control = Connection(control)
        self._connections: list[Connection] = []
        """The clients that are connected; the first is served, the others wait for it to leave."""
        self._task: ServedTask | None = None
        self._signature: dict[str, Any] | None = None
        self._opened_any = False
        self._memory: Any = None
        self._buffers: tuple[Any, ...] = ()
        self._doing = "starting"
        self._clients: queue.SimpleQueue[Connection | None] = queue.SimpleQueue()
        self._quitting = False
        threading.Thread(target=self._listen, name="control", daemon=True).start()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def run(self) -> None:
        """Serve clients until the owner asks it to stop or exits."""
        while (connection := self._clients.get()) is not None:
            try:
                self._serve(connection)
            except ConnectionLostError:
                self._doing = "waiting for a client"
            finally:
                self._connections.remove(connection)
                connection.close()
                self._detach()
        self._doing = "closing"
        self._close_task()

    def _listen(self) -> None:
        """Take in what the owner says, on a thread of its own: a client may stay connected and say nothing."""
        try:
            while (message := self._control.receive()) is not None and message["do"] != "quit":
                connection = Connection(socket.socket(fileno=self._control.take_descriptor()))
                self._connections.append(connection)
                self._clients.put(connection)
        except ConnectionLostError:
            pass  # the owner has gone; the keeper knows it too
        self._quitting = True
        self._clients.put(None)
        for connection in tuple(self._connections):
            connection.shut_down()

    def _serve(self, connection: Connection) -> None:
        while not self._quitting:
            self._doing = "idle"
            request = connection.receive()
            if request is None:
                continue
            self._say(_DOING.get(request["do"], request["do"]))
            try:
                reply = self._answer(request, connection)
            except ConnectionLostError:
                raise
            except RefusedError as error:
                reply = {"failed": str(error), "mistake": True}
            except ImportError as error:
                traceback.print_exc()
                sys.stderr.flush()
                reply = {"failed": _missing(error), "mistake": True}
            except (Exception, SystemExit) as error:  # engines are known to exit in place of raising
                traceback.print_exc()
                sys.stderr.flush()
                self._forget_task()  # it may be in any state: the next client opens another
                told = "".join(traceback.format_exception_only(type(error), error)).strip()
                reply = {"failed": told, "mistake": False, "traceback": traceback.format_exc()}
            connection.send({"serial": request["serial"], **reply})

    def _answer(self, request: dict[str, Any], connection: Connection) -> dict[str, Any]:
        do = request["do"]
        if do == "step":
            self._opened().step(self._buffers[request["buffer"]])
            return {}
        if do == "reset":
            self._opened().reset(self._buffers[request["buffer"]], spread_ages=request["spread_ages"])
            return {}
        if do == "ping":
            return {}
        if do == "seed":
            self._opened().seed(request["seed"])
            return {}
        if do == "attach":
            self._attach(connection.take_descriptor())
            return {}
        if do == "open":
            return self._open(request)
        if do == "tasks":
            return {"tasks": self._get_backend().tasks()}
        if do == "close":
            self._close_task()
            return {}
        raise RefusedError(f"The simulator's server does not know '{do}': it is of another version.")

    def _open(self, request: dict[str, Any]) -> dict[str, Any]:
        signature = {"task": request["task"], "threads": request["threads"]}
        if self._task is not None and self._task.facts.restarts and self._signature == signature:
            self._task.seed(request["seed"])
        else:
            if self._opened_any and not self._get_backend().reopens_with(request["task"]):
                return {"declined": True}
            self._close_task()
            self._opened_any = True
            self._task = self._get_backend().open(request["task"], seed=request["seed"], threads=request["threads"])
            self._signature = signature
        return {"facts": vars(self._task.facts)}

    def _attach(self, descriptor: int) -> None:
        """Map the client's memory; the descriptor is not needed afterwards."""
        import mmap

        self._detach()
        facts = self._opened().facts
        signature = self._signature or {}
        robots = signature["task"]["num_envs"]
        layout = Layout(robots, facts.observation_dim, len(facts.action_low), len(facts.metrics))
        try:
            self._memory = mmap.mmap(descriptor, layout.size)
        finally:
            os.close(descriptor)
        self._buffers = layout.buffers(self._memory)
        self._opened().attach(self._memory)

    def _detach(self) -> None:
        if self._task is not None:
            self._task.detach()
        self._buffers, self._memory = (), None

    def _opened(self) -> ServedTask:
        if self._task is None:
            raise RefusedError("No task is open in the simulator's server.")
        return self._task

    def _get_backend(self) -> Backend:
        if self._backend is None:
            name, _, argument = self._backend_name.partition(":")
            self._backend = importlib.import_module(f".{name}_backend", __package__).create(argument)
            self._backend.say = self._say
        return self._backend

    def _say(self, doing: str) -> None:
        """Let the next signs of life say what the simulator is doing."""
        self._doing = doing

    def _forget_task(self) -> None:
        self._detach()
        self._task, self._signature = None, None

    def _close_task(self) -> None:
        self._detach()
        task, self._task, self._signature = self._task, None, None
        if task is not None:
            task.close()

    def _beat(self) -> None:
        """Give a sign of life every second, also while the main thread starts an engine or computes a step.

        Clients that wait hear it too: the one before them may have died in the middle of a launch that takes minutes.
        """
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            for place, connection in enumerate(tuple(self._connections)):
                doing = f"{self._doing} for an earlier client" if place else self._doing
                try:
                    if connection.writable():  # a client that does not read must not keep this thread waiting
                        connection.send({"alive": doing})
                except (ConnectionLostError, OSError, ValueError):
                    continue
