"""Workers as processes of this machine."""

import itertools
import selectors
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tuner.clock import Clock, MonotonicClock
from tuner.config import TrialSpec, WorkersConfig
from tuner.errors import TunerError, UserError
from tuner.machine import WORKERS_VARIABLE, visible_gpus
from tuner.records import Outcome, OutcomeKind
from tuner.training import StopRequest
from tuner.workers import _faults
from tuner.workers._cpus import available_cpus, overlap, split_cpus
from tuner.workers._gpus import split_gpus
from tuner.workers._pool import (
    INTERRUPT_SECONDS,
    CalibrationEvent,
    Event,
    NoticeEvent,
    OutcomeEvent,
    PhaseEvent,
    TickEvent,
    WaitEvent,
    WorkerPool,
)
from tuner.workers._process import Running, Slot, WorkerProcess
from tuner.workers._protocol import (
    Calibrated,
    Command,
    Declined,
    Ended,
    Message,
    Noticed,
    PhaseEntered,
    ProtocolError,
    Quit,
    Ready,
    Stop,
    Ticked,
    Train,
    Waiting,
    decode,
)
from tuner.workers._slot_simulator import SlotSimulator

COMMAND = (sys.executable, "-P", "-m", "tuner.workers.child")
"""Starts a worker; `-P` keeps files of the working directory from passing for modules."""
GRACE_SECONDS = 2.0
"""How long a process may take to obey SIGTERM."""
CLOSE_SECONDS = 5.0
"""How long workers may take to end cleanly."""
_LOOK_SECONDS = 0.25
"""How often processes and deadlines are checked while no message comes in."""


@dataclass(frozen=True)
class Place:
    """Where a worker runs."""

    cpus: frozenset[int]
    """The CPUs that it is pinned to."""
    environment: Mapping[str, str]
    """Its GPU, and its part of what it shares with others, as variables."""
    shared: bool = False
    """Whether others run on these CPUs too, so that its trials are contended."""


class LocalPool(WorkerPool):
    """`config.count` processes on this machine, pinned to disjoint sets of `config.threads` CPUs.

    A process is started when its slot gets a trial, and kept for the trials that follow. It is replaced after it died,
    fell silent, did not stop when asked, or trained a trial that crashed or diverged: a reset may not repair a
    simulator whose physics broke, and a fresh process costs only seconds. The user's own mistakes, such as an unknown
    option, cost no process.

    Silence is counted from the last message read. In the phases `launch` and `compile` it may last
    `config.launch_seconds`, else `config.silence_seconds`. A trial that is pruned and does not stop within that time is
    hung; a trial that is interrupted is ended by force after `INTERRUPT_SECONDS`.

    Each worker claims an equal share of the machine's memory, and gets a GPU of its own while there are enough. Only
    GPUs of NVIDIA's driver are counted.

    Outcomes are marked `contended` where workers share CPUs, and `details["worker_launch_seconds"]` says how long the
    trial waited for its process to start, None for a warm one.

    `submit`, `stop`, `poll` and `close` belong to one thread.

    Args:
        config: how many workers, how many threads, which deadlines.
        log_dir: where `worker-0.log` and so on are appended to; created if missing.
        clock: measures the deadlines; the machine's own by default.
        command: starts a worker, if not this Python.
        places: where each worker runs; None divides this machine among them.
    """

    def __init__(
        self,
        config: WorkersConfig,
        *,
        log_dir: Path,
        clock: Clock | None = None,
        command: Sequence[str] = COMMAND,
        places: Sequence[Place] | None = None,
    ) -> None:
        self._config = config
        self._clock = clock or MonotonicClock()
        self._command = command
        _create_folder(log_dir)
        self._selector = selectors.DefaultSelector()
        self._events: list[Event] = []
        self._notices: set[str] = set()
        self._serials = itertools.count(1)
        self._closed = False
        cpus = available_cpus()
        self._cpu_count = len(cpus)
        places = _places(config, cpus) if places is None else places
        self._oversubscribed = any(place.shared for place in places)
        self._slots = []
        for i, place in enumerate(places):
            simulator = SlotSimulator(place.cpus, log_dir / f"simulator-{i}.log", place.environment)
            self._slots.append(Slot(i, place.cpus, log_dir / f"worker-{i}.log", simulator, place.environment))

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(self._slots)

    @property
    def oversubscribed(self) -> bool:
        """Whether workers share CPUs, so that every trial counts as contended."""
        return self._oversubscribed

    @property
    def cpu_count(self) -> int:
        """How many CPUs there are for all workers together."""
        return self._cpu_count

    def pid(self, slot: int) -> int | None:
        """Return the id of the process in a slot, or None while there is none."""
        process = self._slots[slot].process
        return None if process is None else process.pid

    def idle(self) -> list[int]:
        """Return the slots that can take a trial now."""
        return [] if self._closed else [slot.number for slot in self._slots if slot.trial is None]

    def submit(self, slot: int, spec: TrialSpec) -> None:
        """Start a trial in an idle slot; a busy one, or a closed pool, raises ValueError."""
        self._check_idle(slot, closed=self._closed)
        place = self._slots[slot]
        place.trial = Running(next(self._serials), spec, self._clock.now())
        self._events.append(PhaseEvent(slot, spec, "launch"))
        self._start(place, place.trial)

    def stop(self, slot: int, request: StopRequest) -> None:
        """Ask the trial in a slot to end; its outcome still arrives as an event. An idle slot is left alone."""
        place = self._slots[slot]
        trial = place.trial
        if trial is None or place.process is None or trial.stop == request:
            return
        trial.stop, trial.stopped_at = request, self._clock.now()
        place.process.send(Stop(trial.serial, request))  # if the process is gone, the next poll notices

    def poll(self, timeout_seconds: float) -> list[Event]:
        """Return the events that have come in, in order; wait for the first up to `timeout_seconds`."""
        if not self._closed:
            until = self._clock.now() + timeout_seconds
            self._advance(0.0)
            while not self._events and (left := until - self._clock.now()) > 0:
                self._advance(min(left, _LOOK_SECONDS))
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """End all workers within seconds, by force if need be. Closing twice is harmless.

        Trials still running end as interrupted; `poll` returns their outcomes.
        """
        if self._closed:
            return
        self._closed = True
        for slot in self._slots:
            self.stop(slot.number, StopRequest(OutcomeKind.INTERRUPTED))
            if slot.process is not None:
                slot.process.send(Quit())
        until = self._clock.now() + CLOSE_SECONDS
        while any(slot.process for slot in self._slots) and (left := until - self._clock.now()) > 0:
            self._advance(min(left, _LOOK_SECONDS))
        for slot in self._slots:
            self._discard(slot)
            self._interrupt(slot)
            slot.simulator.ask_to_end()
        for slot in self._slots:
            slot.simulator.end(GRACE_SECONDS)
        self._selector.close()

    # Processes

    def _start(self, slot: Slot, trial: Running) -> None:
        """Send the trial to the slot's process, or to a fresh one if there is none alive."""
        train = Train(trial.serial, trial.spec)
        try:
            renewed = slot.simulator.prepare(trial.spec.task)
        except UserError as error:
            details: dict[str, object] = {"user_error": True}
            self._end_trial(slot, Outcome(OutcomeKind.CRASHED, str(error), details=details))
            return
        if renewed:
            self._discard(slot)
        if slot.process is not None and slot.process.exit_code() is None and slot.process.send(train):
            trial.fresh = False
            return
        self._discard(slot)
        trial.fresh = True
        try:
            slot.process = WorkerProcess(
                self._command,
                cpus=slot.cpus,
                log_file=slot.log_file,
                environment=slot.environment,
                simulator=slot.simulator.connect(),
                limits=(self._config.launch_seconds, self._config.silence_seconds),
            )
        except TunerError as error:
            self._end_trial(slot, _faults.crashed(str(error), trial.phase, None, ""))
            return
        self._selector.register(slot.process.messages, selectors.EVENT_READ)
        slot.process.send(train)
        if trial.stop is not None:  # requested while another process had the trial
            slot.process.send(Stop(trial.serial, trial.stop))

    def _discard(self, slot: Slot, grace_seconds: float = GRACE_SECONDS) -> None:
        """End the slot's process, if there is one; the next trial starts another."""
        process, slot.process = slot.process, None
        if process is not None:
            self._selector.unregister(process.messages)
            process.end(grace_seconds)

    # Messages

    def _advance(self, wait_seconds: float) -> None:
        """Wait for messages and take them in; handle processes that died and trials that fell silent."""
        self._selector.select(wait_seconds)
        for slot in self._slots:
            if slot.process is not None:
                self._listen(slot, slot.process)
        for slot in self._slots:
            self._check_deadlines(slot)

    def _listen(self, slot: Slot, process: WorkerProcess) -> None:
        dead = process.exit_code() is not None  # checked before reading, so that its last messages are not missed
        lines, ended = process.read_lines()
        for line in lines:
            try:
                self._take(slot, decode(line))
            except ProtocolError as error:
                self._lose(slot, str(error))
            if slot.process is not process:
                return
        if dead or ended:
            self._lose(slot)

    def _take(self, slot: Slot, message: Command | Message) -> None:
        """Take in one message of a slot's process."""
        trial = slot.trial
        if trial is None:
            return  # what a process says between trials does not matter
        trial.heard_at = self._clock.now()
        trial.begun = trial.begun or not isinstance(message, Ready)
        match message:
            case Ready(launch_seconds, notice):
                trial.launch_seconds = launch_seconds
                if notice is not None:
                    self._tell_once(slot, trial.spec, notice)
            case PhaseEntered(phase):
                trial.phase = phase
                self._events.append(PhaseEvent(slot.number, trial.spec, phase))
            case Calibrated(calibration):
                self._events.append(CalibrationEvent(slot.number, trial.spec, calibration))
            case Waiting(doing):
                self._events.append(WaitEvent(slot.number, trial.spec, doing))
            case Noticed(text):
                self._tell_once(slot, trial.spec, text)
            case Ticked(tick):
                trial.last_tick = tick
                self._events.append(TickEvent(slot.number, trial.spec, tick))
            case Ended(outcome, reusable):
                if outcome.kind is OutcomeKind.INTERRUPTED and trial.stop is None and not self._closed:
                    # Requested by something else, such as a memory watchdog. As a crash, it is retried within limits.
                    outcome = replace(outcome, kind=OutcomeKind.CRASHED, message=_faults.TERMINATED)
                if outcome.kind is OutcomeKind.CRASHED and slot.process is not None:
                    outcome = _faults.with_logged_cause(outcome, slot.process.log_tail())
                self._end_trial(slot, outcome)
                if not reusable:
                    self._discard(slot)
            case Declined():
                self._discard(slot)
                slot.simulator.end()
                self._start(slot, trial)

    def _tell_once(self, slot: Slot, spec: TrialSpec, text: str) -> None:
        """Pass a notice on, unless a worker has sent the same text before."""
        if text not in self._notices:
            self._notices.add(text)
            self._events.append(NoticeEvent(slot.number, spec, text))

    def _end_trial(self, slot: Slot, outcome: Outcome) -> None:
        trial, slot.trial = slot.trial, None
        slot.simulator.heed(outcome)
        if trial is not None:
            details = {**outcome.details, "worker_launch_seconds": trial.launch_seconds}
            contended = outcome.contended or self._oversubscribed
            outcome = replace(outcome, contended=contended, details=details)
            self._events.append(OutcomeEvent(slot.number, trial.spec, outcome))

    # Faults

    def _lose(self, slot: Slot, reason: str | None = None) -> None:
        """Handle a process that died, or that sent a line that is no message."""
        process, trial = slot.process, slot.trial
        if process is None:
            return
        code = process.wait(GRACE_SECONDS) if reason is None else None
        log = process.log_tail()
        self._discard(slot)
        if trial is None:
            return
        if self._closed:
            self._interrupt(slot)
        elif trial.fresh or trial.begun:
            message = reason or _faults.describe_exit(code)
            self._end_trial(slot, _faults.crashed(message, trial.phase, trial.last_tick, log))
        else:  # the trial before killed it: this one had not begun
            self._start(slot, trial)

    def _interrupt(self, slot: Slot) -> None:
        if slot.trial is not None:
            self._end_trial(slot, _faults.interrupted(slot.trial.phase, slot.trial.last_tick))

    def _check_deadlines(self, slot: Slot) -> None:
        """End a trial that has been silent, or has not stopped when asked, for too long."""
        trial, process = slot.trial, slot.process
        if trial is None or process is None:
            return
        now = self._clock.now()
        patient = trial.phase in ("launch", "compile")
        allowed = self._config.launch_seconds if patient else self._config.silence_seconds
        silence = now - trial.heard_at
        disobedience = 0.0 if trial.stop is None else now - trial.stopped_at
        if trial.stop is not None and trial.stop.kind is OutcomeKind.INTERRUPTED and disobedience > INTERRUPT_SECONDS:
            self._discard(slot)
            self._interrupt(slot)
        elif max(silence, disobedience) > allowed:
            log = process.log_tail()
            self._discard(slot)
            self._end_trial(slot, _faults.hung(trial.phase, trial.last_tick, silence, disobedience, log))


def _places(config: WorkersConfig, cpus: list[int]) -> list[Place]:
    """Divide this machine among the workers."""
    cpu_sets = split_cpus(cpus, config.count, config.threads)
    gpus = split_gpus(visible_gpus(), config.count)
    shared, sharing = overlap(cpu_sets), {WORKERS_VARIABLE: str(config.count)}
    return [Place(own, sharing | gpu, shared) for own, gpu in zip(cpu_sets, gpus, strict=True)]


def _create_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        top = folder if folder.is_absolute() else Path(folder.parts[0])
        place = "" if folder.is_absolute() else " in the current directory"
        raise UserError(
            f"The folder {top}{place} could not be created or written to: {error.strerror} ({folder}). Run the command "
            "in a directory where you may write, or free the path."
        ) from error
