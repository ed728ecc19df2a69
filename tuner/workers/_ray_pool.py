"""Workers on the nodes of a Ray cluster."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from multiprocessing import Pipe
from pathlib import Path

from tuner.clock import Clock, MonotonicClock
from tuner.config import TaskConfig, TrialSpec, WorkersConfig, own_folders
from tuner.errors import TunerError, UserError
from tuner.records import Tick
from tuner.training import Phase, StopRequest
from tuner.workers import _faults
from tuner.workers._pool import Event, OutcomeEvent, PhaseEvent, TickEvent, WorkerPool
from tuner.workers._ray_messages import Begin, Close, Connected, Failed, Status, StopTrial, Submit, wrong_token

COMMAND = (sys.executable, "-P", "-m", "tuner.workers.ray_driver")
"""Starts the process that speaks to Ray; `-P` keeps files of the working directory from passing for modules."""
INSTALL = "pip install 'sac-tuner[ray]'"
_CONNECT_SECONDS = 120.0
"""How long it may take to connect to a cluster, or to start one; that one cannot be reached is known within seconds."""
_SILENCE_SECONDS = 90.0
"""How long Ray may say nothing; the process that speaks to it says something every second."""
_CLOSE_SECONDS = 25.0
"""How long workers may take to end cleanly, and Ray to disconnect."""
_GRACE_SECONDS = 2.0
"""How long the process that speaks to Ray may take to end when the cluster is given up."""
_HEAD_SECONDS = 30
"""How long a cluster's head may be away: a Ray that keeps its state elsewhere starts it again."""
_LOOK_SECONDS = 1.0
"""How often deadlines are checked while nothing comes in."""
_LOG_BYTES = 4000
_UNAUTHENTICATED = "InvalidAuthToken"
"""What Ray prints of a token that is wrong."""
_GO_ON = "Trials that were running are queued again: the same command goes on when the cluster is there."


@dataclass
class _Running:
    """A trial as far as it is known."""

    spec: TrialSpec
    phase: Phase = "launch"
    last_tick: Tick | None = None


class RayPool(WorkerPool):
    """Up to `config.count` workers on the nodes of a Ray cluster, each with the resources that it asks for.

    A slot has a worker once a node has room for it, and another one when its node has left; nodes may join at any time.
    On its node a worker is a `LocalPool` of one: the same processes, deadlines and outcomes. A trial whose node went
    away is interrupted, and so are all trials when the cluster is lost: `poll` returns them, then raises TunerError.

    Args:
        config: how many workers, what each asks for, which deadlines.
        task: what they will train on; the user's own code that it names is sent to the nodes.
        log_dir: where `ray.log`, what Ray prints, is appended to; created if missing.
        clock: measures the deadlines.

    Raises:
        UserError: if Ray is not installed, there is no cluster at the address, it refuses this process, it has another
            version of this package, or no node has what a worker asks for.
        TunerError: if Ray fails otherwise.
    """

    def __init__(self, config: WorkersConfig, task: TaskConfig, *, log_dir: Path, clock: Clock | None = None) -> None:
        self._where = config.address or os.environ.get("RAY_ADDRESS") or "local"
        _check_installed(self._where)
        self._config = config
        self._clock = clock or MonotonicClock()
        self._events: list[Event] = []
        self._running: dict[int, _Running] = {}
        self._ready: frozenset[int] = frozenset()
        self._closed = False
        self._connected = False
        self._lost: TunerError | None = None
        self._log_file = log_dir / "ray.log"
        self._scratch = Path(tempfile.mkdtemp(prefix="tuner-ray-"))
        self._start()
        try:
            self._connection.send(Begin(config, tuple(own_folders(task)), self._scratch))
            self._wait_for_workers()
        except BaseException:
            self._end_process()
            raise

    @property
    def slots(self) -> int:
        """Number of slots."""
        return self._config.count

    def idle(self) -> list[int]:
        """Return the slots that can take a trial now."""
        return [] if self._closed or self._lost else sorted(self._ready - self._running.keys())

    def submit(self, slot: int, spec: TrialSpec) -> None:
        """Start a trial in an idle slot; a busy one, or a closed pool, raises ValueError."""
        self._check_idle(slot, closed=self._closed)
        self._running[slot] = _Running(spec)
        self._send(Submit(slot, spec))

    def stop(self, slot: int, request: StopRequest) -> None:
        """Ask the trial in a slot to end; its outcome still arrives as an event. An idle slot is left alone."""
        if slot in self._running:
            self._send(StopTrial(slot, request))

    def poll(self, timeout_seconds: float) -> list[Event]:
        """Return the events that have come in, in order; wait for the first up to `timeout_seconds`.

        Raises:
            TunerError: if the cluster is lost, and the outcomes of all trials have been returned.
        """
        if self._lost is not None and not self._events:
            raise self._lost
        if not self._closed:
            until = self._clock.now() + timeout_seconds
            self._receive(0.0)
            while not self._events and self._lost is None and (left := until - self._clock.now()) > 0:
                self._receive(min(left, _LOOK_SECONDS))
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """End all workers within seconds, by force if need be. Closing twice is harmless.

        Trials still running end as interrupted; `poll` returns their outcomes. A Ray that was started for this pool
        ends too.
        """
        if self._closed:
            return
        self._closed = True
        self._send(Close())
        until = self._clock.now() + _CLOSE_SECONDS
        while self._lost is None and self._process.poll() is None and (left := until - self._clock.now()) > 0:
            self._receive(min(left, _LOOK_SECONDS))
        self._lost = None
        self._end_process()
        self._interrupt_all("its worker was ended")

    # The process that speaks to Ray

    def _start(self) -> None:
        self._connection, theirs = Pipe()
        arguments = [*COMMAND, "--connection", str(theirs.fileno())]
        if threading.current_thread() is threading.main_thread():  # see `WorkerProcess`
            arguments += ["--parent", str(os.getpid())]
        try:
            self._log_file.parent.mkdir(parents=True, exist_ok=True)
            with self._log_file.open("ab") as log:
                self._log_start = log.tell()
                self._process = subprocess.Popen(
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                    env=_environment(self._where, os.environ),
                )
        except OSError as error:
            self._connection.close()
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise UserError(
                f"The folder {self._log_file.parent} could not be created or written to: {error.strerror} "
                f"({error.filename}). Run the command in a directory where you may write, or free the path."
            ) from error
        finally:
            theirs.close()
        self._heard_at = self._clock.now()

    def _wait_for_workers(self) -> None:
        """Wait until the first slot has a worker."""
        until = self._clock.now() + _CONNECT_SECONDS
        while not self._ready and self._lost is None:
            self._receive(_LOOK_SECONDS)
            if self._connected:
                continue
            if _UNAUTHENTICATED in self._printed():  # Ray tries it for minutes, and says so only there
                raise wrong_token(self._where)
            if self._clock.now() > until:
                raise UserError(
                    f"The Ray cluster ({self._where}) has not answered for {_CONNECT_SECONDS:.0f} s. Is this Ray's "
                    f"address? What Ray said is in {self._log_file}."
                )
        if self._lost is not None:
            raise self._lost

    def _send(self, command: Submit | StopTrial | Close) -> None:
        with suppress(OSError):  # it has ended, which the next poll notices
            self._connection.send(command)

    def _receive(self, wait_seconds: float) -> None:
        """Take in what has come, waiting for the first; notice that the process ended, or says nothing."""
        try:
            while self._connection.poll(max(0.0, wait_seconds)):
                wait_seconds = 0.0
                self._take(self._connection.recv())
        except (EOFError, OSError):
            self._lose(TunerError(f"The connection to the Ray cluster is lost{self._last_words()} {_GO_ON}"))
            return
        silent = self._clock.now() - self._heard_at
        if self._connected and silent > _SILENCE_SECONDS:
            self._lose(TunerError(f"The Ray cluster has said nothing for {silent:.0f} s. {_GO_ON}"))

    def _take(self, message: Connected | Status | Failed) -> None:
        self._heard_at = self._clock.now()
        match message:
            case Connected():
                self._connected = True
            case Status(ready, events):
                self._ready = ready
                for event in events:
                    self._note(event)
                self._events += events
            case Failed(text, users_mistake):
                self._lose(UserError(text) if users_mistake else TunerError(text))

    def _note(self, event: Event) -> None:
        """Remember how far a trial is."""
        match event:
            case PhaseEvent(slot, _, phase):
                self._running[slot].phase = phase
            case TickEvent(slot, _, tick):
                self._running[slot].last_tick = tick
            case OutcomeEvent(slot):
                del self._running[slot]

    def _lose(self, error: TunerError) -> None:
        """Give the cluster up; the next run of the study goes on."""
        if self._lost is None:
            self._lost = error
            self._interrupt_all("the Ray cluster was lost")

    def _interrupt_all(self, message: str) -> None:
        running, self._running = self._running, {}
        for slot, trial in running.items():
            outcome = replace(_faults.interrupted(trial.phase, trial.last_tick), message=message)
            self._events.append(OutcomeEvent(slot, trial.spec, outcome))

    def _end_process(self) -> None:
        """End the process that speaks to Ray, and a Ray that it started."""
        self._connection.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_SECONDS)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _printed(self) -> str:
        """Return the end of what Ray printed."""
        with self._log_file.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - _LOG_BYTES))
            return log.read().decode(errors="replace")

    def _last_words(self) -> str:
        """Return the end of what Ray printed, to go on with after a message; it ends with a full stop."""
        lines = [line.strip() for line in self._printed().splitlines() if line.strip()]
        return f"; Ray's last words in {self._log_file} are: {lines[-1][-300:].rstrip('.')}." if lines else "."


def _check_installed(where: str) -> None:
    for module in ("ray", "grpc") if where.startswith("ray://") else ("ray",):
        if find_spec(module) is None:
            raise UserError(f"'{module}' is needed for workers of kind ray. Install it with: {INSTALL}")


def _environment(where: str, own: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the process that speaks to Ray, which reads them when it is imported.

    A Ray that is started here listens on this machine only, and asks for a token that nobody else knows.
    """
    environment = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_gcs_rpc_server_reconnect_timeout_s": str(_HEAD_SECONDS),
        **own,
        "PYTHONUNBUFFERED": "1",
    }
    if where == "local":
        environment |= {
            "RAY_worker_niceness": "0",  # Ray makes workers give way to whatever else runs, and they are timed
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # Ray's name for listening beyond the loopback interface
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
        }
    return environment
