"""The suite for pools notices broken rules: each rule, broken in the replaying pool, makes its test fail."""

from typing import Any

import pytest

from tests.contracts.pool import PRUNE, PoolContract
from tests.workers.test_recorded_pool import curve
from tests.workers.trials import endless, point_mass
from tuner.clock import ManualClock
from tuner.config import TrialSpec
from tuner.training import StopRequest
from tuner.workers import Event, OutcomeEvent, ReplayPool, TickEvent


class Contract(PoolContract):
    def brief(self, number: int) -> TrialSpec:
        return point_mass(number)

    def endless(self, number: int) -> TrialSpec:
        return endless(number)


class LosesTicks(ReplayPool):
    def poll(self, timeout_seconds: float) -> list[Event]:
        return [e for e in super().poll(timeout_seconds) if not (isinstance(e, TickEvent) and e.tick.index == 2)]


class TellsOutcomesTwice(ReplayPool):
    def poll(self, timeout_seconds: float) -> list[Event]:
        events = super().poll(timeout_seconds)
        return events + [event for event in events if isinstance(event, OutcomeEvent)]


class OverbooksSlots(ReplayPool):
    def submit(self, slot: int, spec: TrialSpec) -> None:
        self._playing[slot] = None
        super().submit(slot, spec)


class TakesAnySlot(ReplayPool):
    def submit(self, slot: int, spec: TrialSpec) -> None:
        super().submit(slot % self.slots, spec)


class StopsTheWrongSlot(ReplayPool):
    def stop(self, slot: int, request: StopRequest) -> None:
        super().stop(1 - slot, request)


class ForgetsTheRule(ReplayPool):
    def stop(self, slot: int, request: StopRequest) -> None:
        super().stop(slot, StopRequest(request.kind))


class StopsWhatIsIdle(ReplayPool):
    def stop(self, slot: int, request: StopRequest) -> None:
        if slot in self.idle():
            raise ValueError("nothing to stop")
        super().stop(slot, request)


class ClosesSilently(ReplayPool):
    def close(self) -> None:
        self._playing = [None] * self.slots
        super().close()


class RaisesWhenClosed(ReplayPool):
    def poll(self, timeout_seconds: float) -> list[Event]:
        if self._closed and timeout_seconds > 0:
            raise ValueError("I/O operation on closed epoll object")
        return super().poll(timeout_seconds)


class WorksOnWhenClosed(ReplayPool):
    def close(self) -> None:
        super().close()
        self._closed = False


BROKEN = [
    (LosesTicks, "test_a_trial_ends_in_one_outcome_after_its_ticks", ()),
    (TellsOutcomesTwice, "test_two_trials_at_once_each_end_once", ()),
    (OverbooksSlots, "test_slots_are_busy_from_submission_to_outcome", ()),
    (TakesAnySlot, "test_a_slot_that_does_not_exist", ()),
    (StopsTheWrongSlot, "test_a_stop_concerns_one_slot_and_one_trial", ()),
    (StopsWhatIsIdle, "test_a_stop_concerns_one_slot_and_one_trial", ()),
    (ForgetsTheRule, "test_a_stop_is_obeyed", (PRUNE,)),
    (ClosesSilently, "test_closing_interrupts_what_runs", ()),
    (RaisesWhenClosed, "test_calls_after_closing", ()),
    (WorksOnWhenClosed, "test_calls_after_closing", ()),
]


@pytest.mark.parametrize(("kind", "test", "arguments"), BROKEN, ids=[kind.__name__ for kind, _, _ in BROKEN])
def test_a_broken_rule_is_found(kind: type[ReplayPool], test: str, arguments: tuple[Any, ...]) -> None:
    getattr(Contract(), test)(ReplayPool(curve, 2, ManualClock()), *arguments)  # the healthy one passes
    with pytest.raises((AssertionError, ValueError, pytest.fail.Exception)):
        getattr(Contract(), test)(kind(curve, 2, ManualClock()), *arguments)


def test_a_pool_is_closed_at_the_end_of_its_block() -> None:
    with ReplayPool(curve, 2, ManualClock()) as pool:
        assert pool.idle() == [0, 1]
    assert pool.idle() == []
