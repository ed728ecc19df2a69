from tuner.cli.watching.progress import Progress, TrialProgress
from tuner.records import Tick
from tuner.storage import StudySummary


def progress(*, finished=0, **changes):
    summary = StudySummary(study="s", trials=10, finished=finished)
    return Progress(summary=summary, task="T on sim", num_envs=8, **changes)


def tick(index, *, seconds, steps, updates=0, estimate=None):
    return Tick(index=index, clock_seconds=seconds, env_steps=steps, updates=updates, estimate=estimate)


def test_a_trial_without_ticks_has_no_rates():
    trial = TrialProgress(number=0, budget_seconds=12.0)
    assert trial.clock_seconds == 0.0
    assert trial.steps_per_second is None
    assert trial.updates_per_second is None


def test_rates_start_from_nothing_and_then_follow_the_last_eight_ticks():
    # One tick after 0.5 s with 100 steps and 10 updates: 200 steps/s and 20 updates/s.
    one = TrialProgress(number=0, budget_seconds=12.0, ticks=(tick(1, seconds=0.5, steps=100, updates=10),))
    assert one.steps_per_second == 200.0
    assert one.updates_per_second == 20.0
    # Ten ticks half a second apart; 100 steps in each, except 300 in the last two. The last tick and the eighth before
    # it lie 4 s apart with 6·100 + 2·300 = 1200 steps between them: 300 steps/s.
    steps = [100, 200, 300, 400, 500, 600, 700, 800, 1100, 1400]
    ticks = tuple(tick(i + 1, seconds=0.5 * (i + 1), steps=count) for i, count in enumerate(steps))
    assert TrialProgress(number=0, budget_seconds=12.0, ticks=ticks).steps_per_second == 300.0


def test_two_ticks_at_one_moment_give_no_rate():
    trial = TrialProgress(number=0, budget_seconds=12.0, ticks=(tick(1, seconds=0.0, steps=5),))
    assert trial.steps_per_second is None


def test_a_trial_moves_through_its_slot():
    start = progress().with_trial(0, None).with_trial(1, TrialProgress(number=4, budget_seconds=12.0))
    training = start.with_phase(1, "train").with_tick(1, tick(1, seconds=0.3, steps=64))
    assert training.slots[1].phase == "train"
    assert training.slots[1].clock_seconds == 0.3
    ended = training.with_outcome(1, StudySummary(study="s", trials=10, finished=1, outcomes={"reached": 1}))
    assert ended.slots == {0: None, 1: None}
    assert ended.summary.outcomes == {"reached": 1}
    assert start.slots[1].phase == "launch", "an earlier moment never changes"


def test_a_trial_waits_for_its_simulator_until_it_enters_a_phase():
    start = progress().with_trial(1, TrialProgress(number=4, budget_seconds=12.0))
    waiting = start.with_wait(1, "loading", 3.0).with_wait(1, "compiling kernels", 5.0)
    assert waiting.waiting_trials() == [waiting.slots[1]]
    assert (waiting.slots[1].waits_for, waiting.slots[1].waits_since) == ("compiling kernels", 3.0)
    assert waiting.with_phase(1, "compile").waiting_trials() == []
    assert start.with_wait(0, "loading", 3.0) == start


def test_what_comes_late_for_an_empty_slot_is_left_out():
    empty = progress().with_trial(0, None)
    assert empty.with_phase(0, "train") == empty
    assert empty.with_tick(0, tick(1, seconds=0.3, steps=64)) == empty


def test_time_left_follows_the_trials_of_this_run():
    # 4 of 10 trials finished, 2 of them before this run. 2 trials in 60 s: 6 more take 180 s.
    running = progress(finished=4, finished_before=2)
    assert running.seconds_left(60.0) == 180.0


def test_time_left_is_unknown_at_first_and_never_beyond_the_limit():
    assert progress().seconds_left(5.0) is None
    assert progress(deadline_seconds=100.0).seconds_left(30.0) == 70.0
    assert progress(finished=1, deadline_seconds=100.0).seconds_left(60.0) == 40.0
    assert progress(finished=12).seconds_left(60.0) == 0.0
