"""A training as it is watched, on a clock that jumps."""

import io

import pytest
from rich.console import Console

from tests.cli.training import play, spec
from tuner.cli.commands.train import train_alone
from tuner.cli.watching.training_watcher import (
    LiveTrainingWatcher,
    TrainingWatcher,
    estimate_text,
    headline,
    watching_training,
)
from tuner.clock import ManualClock
from tuner.config import ObjectiveConfig
from tuner.records import Tick
from tuner.workers import NoticeEvent, PhaseEvent, ReplayPool, TickEvent, WaitEvent


def console(*, terminal=False):
    return Console(width=100, record=True, force_terminal=terminal, color_system=None, file=io.StringIO())


def watched(kind):
    """Return a watcher of a training of 20 s, the pool that plays it, and what it prints to."""
    clock, out = ManualClock(), console()
    return kind(spec(seconds=20.0), clock, out), ReplayPool(play, 1, clock), out


def test_lines_now_and_then():
    watcher, pool, out = watched(TrainingWatcher)
    train_alone(pool, watcher.spec, watcher.on_event)
    # Training begins after 7 s; a line is due 10 s later, and after 10 more.
    assert out.export_text().splitlines() == [
        "10.0 of 20 s, return 2.00 ±0.50, target 50. About 0:10 left.",
        "20.0 of 20 s, return 4.00 ±0.50, target 50. About 0:00 left.",
    ]


def test_the_live_view():
    watcher, pool, out = watched(LiveTrainingWatcher)
    train_alone(pool, watcher.spec, watcher.on_event)
    watcher.say("Stopping.")
    assert out.export_text() == "", "the view is drawn by rich, not printed line by line"
    out.print(watcher)
    shown = out.export_text()
    assert "PPO on Cartpole, 8 robots, seed 3   train" in shown
    assert "20.0 of 20 s   return 4.00 ±0.50, target 50   ▁▁▁▁" in shown
    assert "20 steps/s" in shown
    assert "Stopping." in shown


def test_events_of_other_kinds_are_kept_quiet():
    watcher, _, out = watched(TrainingWatcher)
    watcher.on_event(PhaseEvent(0, watcher.spec, "compile"))
    watcher.on_event(TickEvent(0, watcher.spec, Tick(index=1, clock_seconds=0.5)))
    assert out.export_text() == "Compiling.\n"


def test_what_a_simulator_does_that_is_starting():
    clock, out = ManualClock(), console()
    watcher = TrainingWatcher(spec(), clock, out)
    for _ in range(12):
        watcher.on_event(WaitEvent(0, watcher.spec, "compiling kernels"))
        clock.sleep(1.0)
    assert out.export_text() == "The training waits for the simulator: compiling kernels, 0:10.\n"


def test_the_live_view_of_a_simulator_that_is_starting():
    clock, out = ManualClock(), console()
    watcher = LiveTrainingWatcher(spec(), clock, out)
    watcher.on_event(WaitEvent(0, watcher.spec, "compiling kernels"))
    clock.sleep(80.0)
    out.print(watcher)
    assert "waits for the simulator: compiling kernels, 1:20." in out.export_text()
    watcher.on_event(PhaseEvent(0, watcher.spec, "train"))
    out.print(watcher)
    assert "waits for the simulator" not in out.export_text()


def test_what_a_worker_must_tell_is_printed():
    watcher, _, out = watched(TrainingWatcher)
    watcher.on_event(NoticeEvent(0, watcher.spec, "WARNING: no GPU"))
    assert out.export_text() == "WARNING: no GPU\n"


@pytest.mark.parametrize(("until_target", "words"), [(False, "About"), (True, "At most")])
def test_time_left_counts_evaluations_too(until_target, words):
    clock = ManualClock()
    watcher = TrainingWatcher(spec(seconds=20.0, until_target=until_target), clock, console())
    assert watcher.left_text() == "Time left is not known yet"
    watcher.on_event(PhaseEvent(0, watcher.spec, "train"))
    clock.sleep(15.0)
    watcher.on_event(TickEvent(0, watcher.spec, Tick(index=1, clock_seconds=5.0)))
    # 5 s of training clock took 15 s: the 15 s that remain of 20 take 45.
    assert watcher.left_text() == f"{words} 0:45 left"


def test_a_return_is_told_with_what_is_known_of_it():
    run = spec(seconds=20.0)
    watcher = TrainingWatcher(run, ManualClock(), console())
    assert estimate_text(watcher.progress, run) == "return —, target 50"
    watcher.on_event(TickEvent(0, run, Tick(index=1, clock_seconds=1.0, estimate=3.0)))
    without = run.model_copy(update={"objective": ObjectiveConfig(kind="return_at_budget")})
    assert estimate_text(watcher.progress, without) == "return 3.00"


def test_a_terminal_is_drawn_on_and_a_pipe_gets_lines():
    run = spec(seconds=20.0)
    pipe, terminal = console(), console(terminal=True)
    with watching_training(run, ManualClock(), pipe) as watcher:
        assert type(watcher) is TrainingWatcher
    assert pipe.export_text() == f"{headline(run)}: 20 s.\n"
    with watching_training(run, ManualClock(), terminal) as watcher:
        assert type(watcher) is LiveTrainingWatcher
