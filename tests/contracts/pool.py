"""What every worker pool must do: the rules of `tuner/workers/_pool.py` as tests.

Derive a class named `Test…` from `PoolContract`, and give it a fixture `pool` with two slots, all idle, a method
`endless` and a method `brief`. The pool may be shared between tests: each leaves it idle.
"""

import pytest

from tuner.config import TrialSpec
from tuner.records import OutcomeKind
from tuner.training import StopRequest
from tuner.workers import Event, OutcomeEvent, PhaseEvent, TickEvent, WorkerPool

POLL_SECONDS = 1.0
PRUNE = StopRequest(OutcomeKind.PRUNED, rule="behind")
INTERRUPT = StopRequest(OutcomeKind.INTERRUPTED)


def outcomes(events: list[Event]) -> list[OutcomeEvent]:
    return [event for event in events if isinstance(event, OutcomeEvent)]


def ticks(events: list[Event]) -> list[TickEvent]:
    return [event for event in events if isinstance(event, TickEvent)]


def until_ended(pool: WorkerPool, trials: int = 1) -> list[Event]:
    """Poll until as many trials have ended; the test's own time limit is the only deadline."""
    events: list[Event] = []
    while len(outcomes(events)) < trials:
        events += pool.poll(POLL_SECONDS)
    return events


def until_ticked(pool: WorkerPool) -> list[Event]:
    """Poll until a trial reports a tick."""
    events: list[Event] = []
    while not ticks(events):
        events += pool.poll(POLL_SECONDS)
        assert not outcomes(events), f"the trial ended before its first tick: {outcomes(events)}"
    return events


class PoolContract:
    """The suite."""

    TICKS = 4
    """Ticks of a brief trial."""

    def brief(self, number: int) -> TrialSpec:
        """Return a trial that spends its budget in a moment, with `TICKS` ticks."""
        raise NotImplementedError

    def endless(self, number: int) -> TrialSpec:
        """Return a trial that soon reports ticks, but does not end by itself while a test runs."""
        raise NotImplementedError

    @pytest.fixture
    def pool(self) -> WorkerPool:
        raise NotImplementedError

    @pytest.fixture
    def own_pool(self) -> WorkerPool:
        """Return a pool for this test alone, to be closed by it."""
        raise NotImplementedError

    def test_a_trial_ends_in_one_outcome_after_its_ticks(self, pool: WorkerPool) -> None:
        spec = self.brief(1)
        pool.submit(0, spec)
        events = until_ended(pool)
        assert isinstance(events[-1], OutcomeEvent)
        assert events[-1].outcome.kind is OutcomeKind.EXHAUSTED
        assert all(event.slot == 0 and event.spec == spec for event in events)
        assert [event.tick.index for event in ticks(events)] == list(range(1, self.TICKS + 1))
        assert events[0] == PhaseEvent(0, spec, "launch")
        assert "train" in [event.phase for event in events if isinstance(event, PhaseEvent)]
        assert pool.poll(0.0) == []

    def test_slots_are_busy_from_submission_to_outcome(self, pool: WorkerPool) -> None:
        assert pool.slots == 2
        assert pool.idle() == [0, 1]
        pool.submit(1, self.brief(2))
        assert pool.idle() == [0]
        with pytest.raises(ValueError, match="slot 1 cannot take a trial"):
            pool.submit(1, self.brief(3))
        until_ended(pool)
        assert pool.idle() == [0, 1]

    def test_a_slot_that_does_not_exist(self, pool: WorkerPool) -> None:
        with pytest.raises(ValueError, match="slot 7 cannot take a trial"):
            pool.submit(7, self.brief(4))

    def test_two_trials_at_once_each_end_once(self, pool: WorkerPool) -> None:
        pool.submit(0, self.brief(5))
        pool.submit(1, self.brief(6))
        events = until_ended(pool, trials=2)
        assert sorted((event.slot, event.spec.number) for event in outcomes(events)) == [(0, 5), (1, 6)]
        for slot in (0, 1):
            indices = [event.tick.index for event in ticks(events) if event.slot == slot]
            assert indices == list(range(1, self.TICKS + 1))

    @pytest.mark.parametrize("request_", [PRUNE, INTERRUPT], ids=["prune", "interrupt"])
    def test_a_stop_is_obeyed(self, pool: WorkerPool, request_: StopRequest) -> None:
        pool.submit(0, self.endless(7))
        until_ticked(pool)
        pool.stop(0, request_)
        [ended] = outcomes(until_ended(pool))
        assert (ended.outcome.kind, ended.outcome.rule) == (request_.kind, request_.rule)
        assert ended.outcome.clock_seconds > 0

    def test_a_stop_right_after_submission(self, pool: WorkerPool) -> None:
        pool.submit(0, self.endless(8))
        pool.stop(0, INTERRUPT)
        events = until_ended(pool)
        assert [event.outcome.kind for event in outcomes(events)] == [OutcomeKind.INTERRUPTED]
        assert ticks(events) == []

    def test_a_stop_concerns_one_slot_and_one_trial(self, pool: WorkerPool) -> None:
        pool.stop(0, PRUNE)  # idle: nothing to stop
        pool.submit(0, self.endless(9))
        pool.submit(1, self.brief(10))
        pool.stop(0, PRUNE)
        kinds = {event.spec.number: event.outcome.kind for event in outcomes(until_ended(pool, trials=2))}
        assert kinds == {9: OutcomeKind.PRUNED, 10: OutcomeKind.EXHAUSTED}
        pool.submit(0, self.brief(11))
        assert [event.outcome.kind for event in outcomes(until_ended(pool))] == [OutcomeKind.EXHAUSTED]

    def test_polling_while_nothing_runs(self, pool: WorkerPool) -> None:
        assert pool.poll(0.0) == []

    def test_closing_interrupts_what_runs(self, own_pool: WorkerPool) -> None:
        own_pool.submit(0, self.endless(12))
        own_pool.close()
        [ended] = outcomes(own_pool.poll(0.0))
        assert (ended.spec.number, ended.outcome.kind) == (12, OutcomeKind.INTERRUPTED)

    def test_calls_after_closing(self, own_pool: WorkerPool) -> None:
        own_pool.submit(1, self.endless(13))
        own_pool.close()
        own_pool.close()
        assert [event.spec.number for event in outcomes(own_pool.poll(1e6))] == [13]  # what is left still comes
        for timeout_seconds in (0.0, 1e6):  # nothing comes any more, so there is nothing to wait for
            assert own_pool.poll(timeout_seconds) == []
        own_pool.stop(1, INTERRUPT)
        assert (own_pool.slots, own_pool.idle()) == (2, [])
        with pytest.raises(ValueError, match="slot 0 cannot take a trial: the pool is closed"):
            own_pool.submit(0, self.brief(14))
        with own_pool:
            assert own_pool.poll(1e6) == []
        own_pool.close()
