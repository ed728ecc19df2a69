"""The slots of a pool on a Ray cluster: an actor for each, what it trains, and what happens when it is lost."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

import ray
from ray.exceptions import ActorUnavailableError, RayError, RayTaskError

from tuner.clock import Clock, MonotonicClock
from tuner.config import TrialSpec
from tuner.errors import TunerError, UserError
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.resources import write_whole
from tuner.training import Phase, StopRequest
from tuner.workers import _faults
from tuner.workers._pool import INTERRUPT_SECONDS, Event, NoticeEvent, OutcomeEvent, PhaseEvent, PoolEvent, TickEvent
from tuner.workers._ray_cluster import Node, RayCluster, wrong_version
from tuner.workers._ray_worker import Order, Report

_WAIT_SECONDS = 0.5
"""How long a worker waits for something to report; a command to it waits as long at most."""
_AGAIN_SECONDS = 1.0
"""After which a worker that could not be reached is asked again."""
_SLACK_SECONDS = 30.0
"""What a worker's answer may take beyond the silence that it allows its own process: it may be ending a simulator."""
_CLOSE_SECONDS = 15.0
"""How long workers may take to end; see `LocalPool.close`."""
_STARTS = 3
"""So many workers may fail to start before the first succeeds."""


@dataclass
class _Trial:
    """A trial as far as this process knows."""

    serial: int
    spec: TrialSpec
    begun: bool = False
    """Whether its worker has said anything about it."""
    phase: Phase = "launch"
    last_tick: Tick | None = None
    stop: StopRequest | None = None
    stopped_at: float = 0.0

    @property
    def order(self) -> Order:
        """What its worker has heard about it."""
        return Order(self.serial, self.spec, self.stop)


@dataclass
class _Slot:
    """An actor, what it was asked last, and its trial."""

    number: int
    actor: Any
    asked: Literal["about", "open", "exchange"] = "about"
    answer: Any = None
    """The reference of the answer that is awaited, or None."""
    asked_at: float = 0.0
    node: Node | None = None
    """Where the actor is, as soon as that is known."""
    ready: bool = False
    taken: int = 0
    """How many of its reports have arrived."""
    unreachable_since: float | None = None
    trial: _Trial | None = None


@dataclass(frozen=True)
class _Loss:
    """Why a slot has lost its actor."""

    outcome: OutcomeKind
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


class RaySlots:
    """As many slots as the study has workers; each gets an actor as soon as a node has room for one.

    Args:
        cluster: where the actors are.
        clock: measures deadlines.
        command: starts a worker on a node, if not the node's Python; see `LocalPool`.
    """

    def __init__(
        self, cluster: RayCluster, clock: Clock | None = None, *, command: Sequence[str] | None = None
    ) -> None:
        self._cluster = cluster
        self._command = command
        self._clock = clock or MonotonicClock()
        self._config = cluster.config
        self._events: list[Event] = []
        self._notices: set[str] = set()
        """What actors have noticed; each text is passed on once."""
        self._refused: dict[str, str] = {}
        """Nodes that are not used, with the reason."""
        self._serials = itertools.count(1)
        self._failed_starts = 0
        self._started = False
        """Whether any slot has had a worker."""
        self._begun_at = self._looked_at = self._clock.now()
        self._slots = [_Slot(number, None) for number in range(self._config.count)]
        for slot in self._slots:
            self._hire(slot)

    @property
    def ready(self) -> frozenset[int]:
        """The slots that have a worker."""
        return frozenset(slot.number for slot in self._slots if slot.ready)

    def submit(self, number: int, spec: TrialSpec) -> None:
        """Start a trial; if the slot has just lost its worker, the trial ends as interrupted."""
        slot = self._slots[number]
        slot.trial = _Trial(next(self._serials), spec)
        if not slot.ready:
            self._end_trial(slot, _Loss(OutcomeKind.INTERRUPTED, "its worker went away before it began"))

    def stop(self, number: int, request: StopRequest) -> None:
        """Ask a slot's trial to end."""
        slot = self._slots[number]
        if slot.trial is not None and slot.trial.stop != request:
            slot.trial.stop, slot.trial.stopped_at = request, self._clock.now()

    def poll(self, wait_seconds: float) -> list[Event]:
        """Return what has happened; wait for the first answer of a worker up to `wait_seconds`.

        Raises:
            UserError: if no node can be used, or none has room for the first worker in time.
            TunerError: if no worker can be started.
        """
        for slot in self._slots:
            self._ask(slot)
        for slot in self._answered(wait_seconds):
            self._take(slot)
        for slot in self._slots:
            self._check_deadlines(slot)
        if not self._started and self._clock.now() - self._looked_at > _AGAIN_SECONDS:
            self._check_start()
        events, self._events = self._events, []
        return events

    def close(self) -> list[Event]:
        """End all workers within seconds; return the last events."""
        closing = {slot.actor.call.remote("close", slot.taken): slot for slot in self._slots if slot.ready}
        closed, _ = ray.wait(list(closing), num_returns=len(closing), timeout=_CLOSE_SECONDS) if closing else ([], [])
        for reference in closed:
            try:
                self._report(closing[reference], ray.get(reference))
            except RayError:  # it is lost, and so are its last words
                continue
        for slot in self._slots:
            ray.kill(slot.actor)
            self._end_trial(slot, _Loss(OutcomeKind.INTERRUPTED, "its worker was ended"))
        return self._events

    # Starting

    def _check_start(self) -> None:
        """Give up if no node can be used, or none has room for too long."""
        self._looked_at = self._clock.now()
        nodes = self._cluster.nodes()
        usable = [node for node in nodes if self._cluster.room(node) and node.id not in self._refused]
        if not usable and self._refused:
            raise UserError(f"No node of the Ray cluster can be used. {' '.join(sorted(self._refused.values()))}")
        if self._looked_at - self._begun_at > self._config.launch_seconds:
            raise UserError(
                f"No worker could be placed on the Ray cluster for {self._config.launch_seconds:.0f} s "
                f"(workers.launch_seconds). Each asks for {self._cluster.asked()}, and others may be using the "
                f"nodes: {self._cluster.describe(nodes)}. Run again when they are free, or ask for less."
            )

    def _hire(self, slot: _Slot) -> None:
        slot.actor, slot.node, slot.ready, slot.taken = self._cluster.hire(self._refused), None, False, 0
        slot.unreachable_since = None
        self._send(slot, "about", slot.actor.about.remote())

    def _welcome(self, slot: _Slot, about: Mapping[str, Any]) -> None:
        """Open the worker of an actor that has been placed, or give its node up."""
        node = next((node for node in self._cluster.nodes() if node.id == about["node"]), None)
        why = wrong_version(about["version"])
        if node is None or why is not None:  # it has left already, or is not to be used
            self._refuse(node, why)
            ray.kill(slot.actor)
            self._hire(slot)
            return
        slot.node = node
        sharing = max(1, min(self._config.count, self._cluster.room(node)))
        opened = slot.actor.open.remote(self._config, sharing, self._cluster.folders, self._command)
        self._send(slot, "open", opened)

    def _refuse(self, node: Node | None, why: str | None) -> None:
        """Use a node no more, and say so once."""
        if node is not None and why is not None and node.id not in self._refused:
            self._refused[node.id] = f"The node {node.name} is not used: {why}."
            self._events.append(PoolEvent(self._refused[node.id]))

    # Asking and answers

    def _send(self, slot: _Slot, what: Literal["about", "open", "exchange"], answer: Any) -> None:
        slot.asked, slot.answer, slot.asked_at = what, answer, self._clock.now()

    def _ask(self, slot: _Slot) -> None:
        """Give a worker its order and ask for reports, unless its answer is awaited or it is to be left alone."""
        if slot.ready and slot.answer is None:
            unreachable = slot.unreachable_since is not None
            if not unreachable or self._clock.now() - slot.asked_at > _AGAIN_SECONDS:
                order = None if slot.trial is None else slot.trial.order
                self._send(slot, "exchange", slot.actor.call.remote("exchange", slot.taken, order, _WAIT_SECONDS))

    def _answered(self, wait_seconds: float) -> Iterator[_Slot]:
        """Yield the slots whose answers are there; wait for the first."""
        awaited = {slot.answer: slot for slot in self._slots if slot.answer is not None}
        if not awaited:
            self._clock.sleep(wait_seconds)
            return
        if not ray.wait(list(awaited), num_returns=1, timeout=wait_seconds)[0]:
            return
        for reference in ray.wait(list(awaited), num_returns=len(awaited), timeout=0)[0]:
            yield awaited[reference]

    def _take(self, slot: _Slot) -> None:
        answer, slot.answer = slot.answer, None
        try:
            found = ray.get(answer)
        except ActorUnavailableError:
            slot.unreachable_since = slot.unreachable_since or self._clock.now()
            if not slot.ready:
                self._lose(slot, self._crash("could not be reached while it started"))
            return
        except RayError as error:
            self._lose(slot, self._why(slot, error))
            return
        slot.unreachable_since = None
        if slot.asked == "about":
            self._welcome(slot, found)
        elif slot.asked == "open":
            slot.ready = self._started = True
        else:
            self._report(slot, found)

    def _report(self, slot: _Slot, reports: list[Report]) -> None:
        """Pass on what a worker reports, as of this slot and in the words of the manager's trial."""
        slot.taken += len(reports)
        for report in reports:
            trial, event = slot.trial, report.event
            if isinstance(event, PoolEvent) or trial is None:
                continue
            trial.begun = True
            if isinstance(event, PhaseEvent):
                trial.phase = event.phase
            elif isinstance(event, TickEvent):
                trial.last_tick = event.tick
            if isinstance(event, NoticeEvent):
                if event.text in self._notices:
                    continue
                self._notices.add(event.text)
            event = replace(event, slot=slot.number, spec=trial.spec)
            if isinstance(event, OutcomeEvent):
                event = replace(event, outcome=_with_files(event.outcome, trial.spec, report.files))
                slot.trial = None
            self._events.append(event)

    # Losses

    def _why(self, slot: _Slot, error: RayError) -> _Loss:
        """Return why an actor was lost: its node went away, or its own process or code failed."""
        if isinstance(error, RayTaskError):
            cause = error.cause if isinstance(error.cause, TunerError) else error
            return self._crash(f"failed: {' '.join(str(cause).split())[-500:]}")
        node = slot.node
        if node is not None and all(other.id != node.id for other in self._cluster.nodes()):
            self._events.append(PoolEvent(f"The node {node.name} has left the Ray cluster."))
            return _Loss(OutcomeKind.INTERRUPTED, f"the node {node.name} left the Ray cluster")
        said = " ".join(str(error).split())[-500:]
        if slot.trial is not None and not slot.trial.begun:
            return _Loss(OutcomeKind.INTERRUPTED, f"its worker ended before it began: {said}")
        return self._crash(f"ended: {said}")

    def _crash(self, what: str) -> _Loss:
        return _Loss(OutcomeKind.CRASHED, f"the worker's process on the node {what}")

    def _lose(self, slot: _Slot, loss: _Loss) -> None:
        """End a slot's actor and trial, and hire another actor.

        Raises:
            TunerError: if workers fail to start, and none ever did.
        """
        ray.kill(slot.actor)
        self._end_trial(slot, loss)
        if not slot.ready:
            self._failed_starts += 1
            self._refuse(slot.node, loss.message)
            if self._failed_starts >= _STARTS and not self._started:
                raise TunerError(f"No worker can be started on the Ray cluster: {loss.message}.")
        self._hire(slot)

    def _end_trial(self, slot: _Slot, loss: _Loss) -> None:
        trial, slot.trial = slot.trial, None
        if trial is None:
            return
        if loss.outcome is OutcomeKind.CRASHED:
            outcome = _faults.crashed(loss.message, trial.phase, trial.last_tick, "")
        else:
            outcome = replace(_faults.interrupted(trial.phase, trial.last_tick), message=loss.message)
        self._events.append(OutcomeEvent(slot.number, trial.spec, outcome))

    def _check_deadlines(self, slot: _Slot) -> None:
        """Give up an actor that says nothing, cannot be reached, or does not stop its trial."""
        now, trial = self._clock.now(), slot.trial
        if slot.asked == "about":
            return  # it waits for a node
        patience = self._config.launch_seconds if slot.asked == "open" else self._config.silence_seconds
        silence = now - slot.asked_at if slot.answer is not None else 0.0
        unreachable = 0.0 if slot.unreachable_since is None else now - slot.unreachable_since
        disobedience = 0.0 if trial is None or trial.stop is None else now - trial.stopped_at
        interrupted = trial is not None and trial.stop is not None and trial.stop.kind is OutcomeKind.INTERRUPTED
        if unreachable > patience + _SLACK_SECONDS:
            name = "" if slot.node is None else f" {slot.node.name}"
            self._lose(slot, _Loss(OutcomeKind.INTERRUPTED, f"the node{name} could not be reached"))
        elif interrupted and disobedience > INTERRUPT_SECONDS + _AGAIN_SECONDS:
            self._lose(slot, _Loss(OutcomeKind.INTERRUPTED, "interrupted by force"))
        elif silence > patience + _SLACK_SECONDS:
            if trial is not None:
                outcome = _faults.hung(trial.phase, trial.last_tick, silence, disobedience, "")
                self._events.append(OutcomeEvent(slot.number, trial.spec, outcome))
                slot.trial = None
            self._lose(slot, self._crash("fell silent"))


def _with_files(outcome: Outcome, spec: TrialSpec, files: Mapping[str, bytes]) -> Outcome:
    """Write a trial's files where its specification says; return its outcome, with a warning if that fails."""
    if spec.directory is None:
        return outcome
    folder = Path(spec.directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(files, key=lambda name: name == "outcome.json"):  # once it is there, everything is
            own = json.dumps(spec.model_dump(mode="json"), indent=1).encode() if name == "spec.json" else files[name]
            write_whole(folder / name, partial(_write, own))
    except OSError as error:
        warning = f"the trial's files could not be written to {folder}: {error.strerror or error}"
        return replace(outcome, details={"warning": warning, **outcome.details})
    return outcome


def _write(content: bytes, file: BinaryIO) -> None:
    file.write(content)
