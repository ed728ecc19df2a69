import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.timed_point_mass import make_spec, sac
from tuner.records import Tick
from tuner.training import Counters
from tuner.training._progress import Progress, TickGrid


def known(estimate):
    return Tick(index=0, clock_seconds=0.0, estimate=estimate)


def test_nothing_is_due_before_the_first_point():
    grid = TickGrid(20.0, 4)  # at 5, 10, 15, 20
    assert not grid.due(4.999)
    assert grid.pass_to(4.999, known(1.0)) == []


def test_a_tick_stands_on_the_grid_however_late_it_was_noticed():
    grid = TickGrid(20.0, 4)
    assert grid.pass_to(6.5, known(1.0)) == [Tick(index=1, clock_seconds=5.0, estimate=1.0)]
    assert not grid.due(6.5)


def test_missed_ticks_repeat_the_one_before():
    grid = TickGrid(20.0, 4)
    grid.pass_to(5.0, known(1.0))
    # From 5 s to 20 s at once: at 10 and 15 s nothing newer than 1.0 was known.
    assert [(tick.index, tick.clock_seconds, tick.estimate) for tick in grid.pass_to(20.0, known(7.0))] == [
        (2, 10.0, 1.0),
        (3, 15.0, 1.0),
        (4, 20.0, 7.0),
    ]


def test_ticks_missed_from_the_start_know_nothing():
    grid = TickGrid(20.0, 4)
    assert [tick.estimate for tick in grid.pass_to(11.0, known(3.0))] == [None, 3.0]


def test_nothing_follows_the_last():
    grid = TickGrid(20.0, 4)
    assert len(grid.pass_to(1000.0, known(1.0))) == 4
    assert not grid.due(2000.0)
    assert grid.pass_to(2000.0, known(1.0)) == []


@pytest.mark.parametrize("budget", [0.1, 0.3, 0.7, 227.91975406634884])
def test_the_last_tick_stands_at_the_budget(budget):
    # In floating point 3 · budget / 3 is next to the budget: 0.10000000000000002 for 0.1.
    grid = TickGrid(budget, 3)
    assert grid.seconds(3) == budget
    assert len(grid.pass_to(budget, known(1.0))) == 3


@given(st.integers(1, 50), st.lists(st.floats(0.0, 4.0), max_size=60), st.floats(0.1, 100.0))
def test_every_trial_has_every_tick_up_to_its_end(ticks, pauses, budget):
    grid = TickGrid(budget, ticks)
    clock, out = 0.0, []
    for pause in pauses:
        clock += pause
        out += grid.pass_to(clock, known(clock))
    # By the grid's own times: 3 · budget / 3 can be next to the budget.
    passed = sum(1 for k in range(1, ticks + 1) if clock >= grid.seconds(k))
    assert [tick.index for tick in out] == list(range(1, passed + 1))
    assert [tick.clock_seconds for tick in out] == pytest.approx([budget * k / ticks for k in range(1, passed + 1)])


def ticks_of(probes, checks):
    """Ticks of 16 robots, each of which measures its own number plus 100 for each step; a tick is due every 5 s."""
    progress = Progress(make_spec(sac(), target=None), 100, np.array(probes, np.intp))
    nothing, ticks, step = np.zeros(16, np.bool_), [], 0
    for seconds, steps in checks:
        for _ in range(steps):
            step += 1
            never = np.full(16, np.nan)
            metrics = {"mine": np.arange(16.0) + 100 * step, "actor_loss": np.full(16, 7.0), "never": never}
            progress.observe(np.zeros(16, np.float32), nothing, nothing, metrics)
        ticks += progress.check(seconds, Counters(env_steps=0, updates=0), {"actor_loss": 1.5})
    return [tick.metrics for tick in ticks]


@pytest.mark.parametrize(("probes", "robots"), [([4, 8], 6.0), ([15], 15.0), ([], 7.5)])
def test_ticks_have_what_was_measured_since_the_last_one(probes, robots):
    # Of the probes if there are any, else of all. Steps 1 and 2 come before the check at 2 s, at which no tick is due.
    first, second = ticks_of(probes, [(2.0, 2), (5.0, 1), (10.0, 2)])
    assert first == {"actor_loss": 1.5, "task/mine": robots + 200, "task/actor_loss": 7.0}
    assert second == {"actor_loss": 1.5, "task/mine": robots + 450, "task/actor_loss": 7.0}


def test_a_tick_that_was_missed_repeats_what_was_measured_before():
    first, missed, late = ticks_of([], [(5.0, 1), (15.0, 1)])
    assert (first["task/mine"], missed["task/mine"], late["task/mine"]) == (107.5, 107.5, 207.5)


def test_without_a_step_nothing_was_measured():
    assert ticks_of([], [(5.0, 1), (10.0, 0)])[1] == {"actor_loss": 1.5}
