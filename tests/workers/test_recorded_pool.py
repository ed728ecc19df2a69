"""The replaying pool keeps the contract, and its clock shows what the trials would have taken."""

import pytest

from tests.contracts.pool import INTERRUPT, PRUNE, PoolContract, outcomes, until_ended
from tests.workers.trials import endless, point_mass
from tuner.clock import ManualClock
from tuner.config import TrialSpec
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.workers import Event, OutcomeEvent, PhaseEvent, Recording, ReplayPool, TickEvent


def curve(spec: TrialSpec) -> Recording:
    """Four ticks over the budget, then exhausted; 3 s of overhead before, 1 s of evaluation after."""
    step = spec.budget_seconds / 4
    return Recording(
        tuple(Tick(index=k, clock_seconds=k * step, best=float(k), env_steps=100 * k, updates=k) for k in range(1, 5)),
        Outcome(OutcomeKind.EXHAUSTED, clock_seconds=spec.budget_seconds, best_return=4.0),
        overhead_seconds=3.0,
        closing_seconds=1.0,
    )


class TestReplayPool(PoolContract):
    def brief(self, number: int) -> TrialSpec:
        return point_mass(number)

    def endless(self, number: int) -> TrialSpec:
        return endless(number)

    @pytest.fixture
    def pool(self) -> ReplayPool:
        return ReplayPool(curve, 2, ManualClock())

    @pytest.fixture
    def own_pool(self) -> ReplayPool:
        return ReplayPool(curve, 2, ManualClock())


def play(budgets: dict[int, float]) -> list[tuple[float, int, str]]:
    """Play one trial for each slot; return when what happened where."""
    clock = ManualClock(100.0)
    pool = ReplayPool(curve, len(budgets), clock)
    for slot, seconds in budgets.items():
        pool.submit(slot, point_mass(slot, seconds=seconds))
    happened: list[tuple[float, int, str]] = []
    while len(pool.idle()) < len(budgets):
        happened += [(clock.now(), event.slot, describe(event)) for event in pool.poll(1000.0)]
    return happened


def describe(event: Event) -> str:
    match event:
        case PhaseEvent(phase=phase):
            return phase
        case TickEvent(tick=tick):
            return f"tick {tick.index}"
        case OutcomeEvent(outcome=outcome):
            return outcome.kind.value


def test_times_of_two_slots() -> None:
    # Both train from 103 on. Slot 0 ticks every 2 s and ends 1 s after 8 s; slot 1 every 4 s, and ends 1 s after 16 s.
    assert play({0: 8.0, 1: 16.0}) == [
        (100.0, 0, "launch"),
        (100.0, 1, "launch"),
        (103.0, 0, "train"),
        (103.0, 1, "train"),
        (105.0, 0, "tick 1"),
        (107.0, 0, "tick 2"),
        (107.0, 1, "tick 1"),
        (109.0, 0, "tick 3"),
        (111.0, 0, "tick 4"),
        (111.0, 1, "tick 2"),
        (112.0, 0, "exhausted"),
        (115.0, 1, "tick 3"),
        (119.0, 1, "tick 4"),
        (120.0, 1, "exhausted"),
    ]


def test_every_playing_is_the_same() -> None:
    assert play({0: 1.1, 1: 0.7, 2: 1.3}) == play({0: 1.1, 1: 0.7, 2: 1.3})


def test_poll_waits_no_longer_than_told() -> None:
    clock = ManualClock()
    pool = ReplayPool(curve, 1, clock)
    pool.submit(0, point_mass(0, seconds=8.0))
    assert [describe(event) for event in pool.poll(2.0)] == ["launch"]
    assert pool.poll(2.0) == []  # training starts at 3 s
    assert clock.now() == 2.0
    assert [describe(event) for event in pool.poll(2.0)] == ["train"]
    assert clock.now() == 3.0


def test_polling_an_idle_pool_lets_the_time_pass() -> None:
    clock = ManualClock()
    assert ReplayPool(curve, 1, clock).poll(5.0) == []
    assert clock.now() == 5.0


def test_polling_a_closed_pool_takes_no_time() -> None:
    clock = ManualClock()
    pool = ReplayPool(curve, 1, clock)
    pool.close()
    assert pool.poll(5.0) == []
    assert clock.now() == 0.0


def test_a_stopped_trial_knows_how_far_it_came() -> None:
    clock = ManualClock()
    pool = ReplayPool(curve, 1, clock)
    pool.submit(0, point_mass(0, seconds=8.0))
    while clock.now() < 7.0:  # launch, train, and the ticks at 3 + 2 s and 3 + 4 s
        pool.poll(10.0)
    clock.sleep(0.5)
    pool.stop(0, PRUNE)
    [ended] = outcomes(until_ended(pool))
    assert clock.now() == 7.5
    outcome = ended.outcome
    assert (outcome.clock_seconds, outcome.best_return, outcome.env_steps, outcome.updates) == (4.5, 2.0, 200, 2)


def test_what_happened_before_a_stop_stays() -> None:
    clock = ManualClock()
    pool = ReplayPool(curve, 1, clock)
    pool.submit(0, point_mass(0, seconds=8.0))
    clock.sleep(50.0)  # the manager was busy elsewhere: the trial ended at 12 s
    pool.stop(0, PRUNE)
    assert [describe(event) for event in until_ended(pool)][-2:] == ["tick 4", "exhausted"]


def test_a_stop_before_the_first_poll_counts_ticks_that_were_not_polled() -> None:
    clock = ManualClock()
    pool = ReplayPool(curve, 1, clock)
    pool.submit(0, point_mass(0, seconds=8.0))
    clock.sleep(5.0)  # tick 1 at 3 + 2 s
    pool.stop(0, INTERRUPT)
    events = until_ended(pool)
    assert [describe(event) for event in events] == ["launch", "train", "tick 1", "interrupted"]
    assert outcomes(events)[0].outcome.env_steps == 100


def test_a_hang_is_noticed_after_the_silence() -> None:
    clock = ManualClock()
    tick = Tick(index=1, clock_seconds=2.0)
    hang = Recording((tick,), Outcome(OutcomeKind.HUNG, clock_seconds=2.5), closing_seconds=60.0)
    pool = ReplayPool(lambda spec: hang, 1, clock)
    pool.submit(0, point_mass(0, seconds=8.0))
    [ended] = outcomes(until_ended(pool))
    # `until_ended` polls for 1 s at a time, but the clock stands at the moment of the last event.
    assert clock.now() == pytest.approx(62.5)
    assert ended.outcome is hang.outcome


def test_wrong_recordings_and_pools() -> None:
    outcome = Outcome(OutcomeKind.EXHAUSTED)
    with pytest.raises(ValueError, match="in the order of their clock_seconds"):
        Recording((Tick(index=1, clock_seconds=2.0), Tick(index=2, clock_seconds=1.0)), outcome)
    with pytest.raises(ValueError, match="cannot be negative"):
        Recording((), outcome, overhead_seconds=-1.0)
    with pytest.raises(ValueError, match="at least one slot, but got 0"):
        ReplayPool(curve, 0, ManualClock())
