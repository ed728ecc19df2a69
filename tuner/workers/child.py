"""A worker: owns one simulator and trains one trial after another. Started by a pool, never by hand.

    python -m tuner.workers.child --commands FD --messages FD --started SECONDS [--parent PID]

It speaks over the two descriptors; stdout and stderr are a log. Heavy imports happen inside `Worker.prepare`, after
signals and the parent's death are taken care of.
"""

import argparse
import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from tuner.clock import Clock, Ledger, MonotonicClock
from tuner.config import TaskConfig, TrialSpec
from tuner.errors import UserError
from tuner.records import SIMULATOR_LOST, Calibration, Outcome, OutcomeKind
from tuner.simulators.server import SimulatorLostError
from tuner.tracebacks import described, failure_details
from tuner.workers._faults import LOGGED_TRACEBACK
from tuner.workers._gpus import check_device
from tuner.workers._memory import Housekeeper
from tuner.workers._pipe import CommandReader, MessageWriter, PipeChannel, die_with, end_family
from tuner.workers._protocol import Declined, Ended, Quit, Ready, Train

if TYPE_CHECKING:
    from tuner.simulators import TaskEnv
    from tuner.simulators.server import Client

_LAUNCHES = 3.0
"""A simulator that gives signs of life may take this many times the silence that is allowed while it starts."""
_SHARE = 0.75
"""Of the silence that is allowed to the worker: the simulator's, so that its own message comes first."""
TERMINATED = 128 + signal.SIGTERM
_BROKEN = frozenset({OutcomeKind.CRASHED, OutcomeKind.DIVERGED})
"""After these the process is not used again: its simulator may be in a state that a reset does not repair."""


class CannotReopen(Exception):  # noqa: N818 - a refusal, not an error
    """Another task is open, and its simulator opens only one in the life of a process."""


class Terminated(BaseException):
    """SIGTERM arrived. It is not SystemExit, which simulators raise themselves; that is a crash."""


class Bench:
    """Holds the simulator, which stays open from trial to trial while they need the same task.

    Args:
        client: the connection to the simulator's server, for tasks that need one.
    """

    def __init__(self, client: "Client | None" = None) -> None:
        self._client = client
        self._env: TaskEnv | None = None
        self._signature: tuple[TaskConfig, int] | None = None
        self._calibration: Calibration | None = None

    def open(self, spec: TrialSpec, waiting: Callable[[str], None] = lambda _: None) -> "TaskEnv":
        """Return the trial's environment, seeded; open it unless it is open.

        Args:
            spec: the trial.
            waiting: gets what a simulator in a process of its own is doing while it starts.

        Raises:
            CannotReopen: if another task is open and its simulator cannot be replaced.
            UserError: as `tuner.simulators.open_task` does.
        """
        from tuner.simulators import get_simulator, open_task

        signature = (spec.task, spec.threads)
        if self._env is not None and self._signature is not None:
            if self._signature == signature and self._env.restarts:
                self._env.seed(spec.seed)
                return self._env
            if self._client is None and not get_simulator(self._signature[0].simulator).reopens:
                raise CannotReopen
            self.clear()
        if self._client is None:
            self._env = open_task(spec.task, seed=spec.seed, threads=spec.threads)
        else:
            self._env = self._open_served(self._client, spec, waiting)
        self._signature = signature
        return self._env

    def calibration(self, spec: TrialSpec, clock: Clock) -> Calibration:
        """Return what the open task runs on, and how fast that is, if the trial asks for it: measured once.

        Args:
            spec: the trial.
            clock: measures it.
        """
        from tuner.training import calibrate, describe_device

        if not spec.calibrate:
            return Calibration(describe_device())
        if self._calibration is None and self._env is not None:
            self._calibration = calibrate(self._env, spec.task, clock)
        return self._calibration or Calibration(describe_device())

    def _open_served(self, client: "Client", spec: TrialSpec, waiting: Callable[[str], None]) -> "TaskEnv":
        from tuner.simulators.server import CannotReopenError, ServedEnv

        def say(doing: str) -> None:
            waiting(client.log.progress(doing))

        try:
            return ServedEnv(spec.task, client, seed=spec.seed, threads=spec.threads, say=say)
        except CannotReopenError as error:
            raise CannotReopen from error

    def clear(self) -> None:
        """Close the environment, if one is open."""
        env, self._env, self._signature, self._calibration = self._env, None, None, None
        if env is not None:
            env.close()


class Worker:
    """Carries out commands until `Quit`."""

    def __init__(
        self, reader: CommandReader, writer: MessageWriter, clock: Clock, client: "Client | None" = None
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._bench = Bench(client)
        self._housekeeper = Housekeeper()
        self._unusable: UserError | None = None

    def prepare(self, started_at: float) -> None:
        """Do the slow work that all trials share, so that no trial pays for it; then send `Ready`.

        Args:
            started_at: when the process was started, on this worker's clock.
        """
        gc.disable()  # imports leave no garbage, and looking for it would take a sixth of their time
        import torch

        from tuner.agents import enable_compilation_cache, set_up_devices
        from tuner.training import run_trial  # noqa: F401 - for what it imports: JAX, SBX, Stable-Baselines3

        torch.set_num_threads(1)  # SBX computes in JAX; torch is only what Stable-Baselines3 brings along
        set_up_devices()
        notice = self._check_device()
        try:
            enable_compilation_cache()
        except OSError:  # the cache cannot be written to, so every process compiles its own programs
            traceback.print_exc()
        self._housekeeper.settle()
        gc.enable()
        self._writer.send(Ready(self._clock.now() - started_at, notice))

    def work(self) -> None:
        """Train trials until `Quit`, or until this process must not be used again."""
        while True:
            command = self._reader.next()
            if isinstance(command, Quit) or not self._train(command):
                return

    def close(self) -> None:
        """Close the simulator; an error is only logged."""
        try:
            self._bench.clear()
        except Exception:
            traceback.print_exc()

    def _check_device(self) -> str | None:
        """Return what the user must know about JAX's device; if it cannot be used, every trial reports that."""
        try:
            return check_device()
        except UserError as error:
            self._unusable = error
            return None

    def _train(self, command: Train) -> bool:
        """Train a trial and report its outcome; return whether this process may go on."""
        channel = PipeChannel(command.serial, self._writer, self._reader, self._clock)
        ledger = Ledger(self._clock, "launch")
        try:
            outcome = self._outcome(command.spec, channel, ledger)
        except CannotReopen:
            self._writer.send(Declined())
            self._writer.flush()
            return False
        except Terminated:  # by something else, or by a manager that does not wait any longer
            outcome = Outcome(OutcomeKind.INTERRUPTED, "the worker was told to terminate", ledger=ledger.totals())
            channel.end(Ended(outcome, reusable=False))
            raise
        if "traceback" in outcome.details:
            sys.stderr.write(f"{LOGGED_TRACEBACK}\n{outcome.details['traceback']}\n")
        reusable = outcome.kind not in _BROKEN or outcome.details.get("user_error") is True
        channel.end(Ended(outcome, reusable))
        self._housekeeper.tidy()
        return reusable

    def _outcome(self, spec: TrialSpec, channel: PipeChannel, ledger: Ledger) -> Outcome:
        from tuner.training import run_trial

        request = channel.stop_requested()
        if request is not None:
            return Outcome(request.kind, "stopped before it began", rule=request.rule, ledger=ledger.totals())
        try:
            if self._unusable is not None:
                raise self._unusable
            env = self._bench.open(spec, channel.waiting)
        except UserError as error:
            return _crashed(error, str(error), ledger, user_error=True)
        except (Exception, SystemExit) as error:
            if isinstance(error, CannotReopen):
                raise
            lost = {SIMULATOR_LOST: True} if isinstance(error, SimulatorLostError) else {}
            return _crashed(error, f"the simulator failed to open: {described(error)}", ledger, **lost)
        try:
            channel.calibrated(self._bench.calibration(spec, self._clock))
            return run_trial(spec, env, channel, clock=self._clock, ledger=ledger)
        except (Exception, SystemExit) as error:
            return _crashed(error, described(error), ledger)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a worker until it gets `Quit`, its manager dies, or a trial has left it unusable."""
    parser = argparse.ArgumentParser(prog="tuner.workers.child", description="Train trials for a pool.")
    parser.add_argument("--commands", type=int, required=True, help="descriptor to read commands from")
    parser.add_argument("--messages", type=int, required=True, help="descriptor to write messages to")
    parser.add_argument("--started", type=float, required=True, help="when, on the machine's monotonic clock")
    parser.add_argument("--parent", type=int, help="exit when this process exits")
    parser.add_argument("--simulator", type=int, help="descriptor of the connection to the simulator's server")
    parser.add_argument("--simulator-log", help="what is known of that server, as JSON")
    parser.add_argument("--launch-seconds", type=float, default=300.0, help="silence allowed while it starts")
    parser.add_argument("--silence-seconds", type=float, default=60.0, help="silence allowed while training")
    given = parser.parse_args(arguments)
    if given.parent is not None:
        die_with(given.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the manager's business
    signal.signal(signal.SIGTERM, _terminate)
    for descriptor in (given.commands, given.messages):
        os.set_inheritable(descriptor, False)  # what a simulator starts must not hold the pipes open
    code = TERMINATED
    client = (
        None
        if given.simulator is None
        else _connected(given.simulator, given.simulator_log, given.launch_seconds, given.silence_seconds)
    )
    reader, writer = CommandReader(given.commands, end_family), MessageWriter(given.messages)
    worker = Worker(reader, writer, MonotonicClock(), client)
    try:
        worker.prepare(given.started)
        worker.work()
        code = 0
    except Terminated:
        sys.stderr.write("terminated\n")
    except BaseException:
        traceback.print_exc()
        code = 1
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is ending already
    worker.close()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: the threads of JAX, torch and simulators are known to hang or crash while Python shuts down.
    os._exit(code)


def _connected(descriptor: int, log: str, launch: float, silence: float) -> "Client":
    """Return the client of the slot's simulator; its limits act before the pool's own."""
    from tuner.simulators.server import Client, Deadlines, ServerLog

    deadlines = Deadlines(launch=_LAUNCHES * launch, step=_SHARE * silence, silence=_SHARE * silence)

    os.set_inheritable(descriptor, False)
    return Client(socket.socket(fileno=descriptor), ServerLog.from_json(log), deadlines=deadlines)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def _crashed(error: BaseException, message: str, ledger: Ledger, **details: object) -> Outcome:
    return Outcome(
        OutcomeKind.CRASHED,
        message,
        clock_seconds=ledger.training_seconds,
        ledger=ledger.totals(),
        details={**failure_details(error), **details},
    )


if __name__ == "__main__":
    main()
