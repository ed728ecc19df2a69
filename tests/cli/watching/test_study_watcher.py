import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from tuner.cli.watching.study_watcher import LineWatcher, LiveWatcher, outcome_text
from tuner.clock import ManualClock
from tuner.config import ActionBox, AgentConfig, ObjectiveConfig, StudyConfig, TaskConfig, TrialSpec
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.storage import BestTrial, StudySummary

CONFIG = StudyConfig.model_validate(
    {
        "study": "quickstart",
        "task": {"id": "Cartpole", "num_envs": 64},
        "search_space": "sac_speed",
        "objective": {"target": 4.0},
        "budget": {"seconds": 12, "trials": 14, "total_seconds": 100},
        "workers": {"count": 2},
    }
)


def spec(number=3, attempt=0):
    return TrialSpec(
        study="quickstart",
        number=number,
        attempt=attempt,
        seed=0,
        task=TaskConfig(id="Cartpole", num_envs=64),
        agent=AgentConfig(algorithm="sac", action_box=ActionBox(low=(-1.0,), high=(1.0,))),
        objective=ObjectiveConfig(target=4.0),
        budget_seconds=12.0,
        ticks=40,
    )


def summary(**changes):
    return StudySummary(**{"study": "quickstart", "trials": 14, "finished": 2, **changes})


def console():
    return Console(width=120, color_system=None, record=True, file=io.StringIO())


def run_of_one_trial(watcher, clock, outcome, after):
    watcher.on_study_started(summary())
    watcher.on_trial_started(1, spec(), "sbx_default")
    watcher.on_phase(1, spec(), "train")
    watcher.on_tick(1, spec(), Tick(index=1, clock_seconds=0.3, estimate=1.0), 20.0)
    clock.sleep(65.0)
    watcher.on_trial_finished(1, spec(), outcome, after)


def test_lines_tell_what_starts_and_ends():
    clock, out = ManualClock(), console()
    reached = Outcome(OutcomeKind.REACHED, reached_seconds=5.27, best_return=4.4, clock_seconds=5.27)
    run_of_one_trial(
        LineWatcher(CONFIG, clock, out), clock, reached, summary(finished=3, best=BestTrial(3, 5.27, 5.27, 4.4))
    )
    assert out.export_text().splitlines() == [
        "[0:00] Study quickstart: Cartpole on mujoco, 64 robots, target 4.",
        "[0:00] Trials: 2 of 14 finished.",
        "[0:00] Trial 3 (sbx_default) starts on worker 1.",
        "[1:05] Trial 3 reached the target in 5.3 s.",
        "[1:05] Best so far: trial 3 reached the target in 5.3 s.",
    ]


def test_a_confirm_run_is_no_trial_of_the_study():
    clock, out = ManualClock(), console()
    confirming = spec().model_copy(update={"study": "quickstart/confirm"})
    watcher = LineWatcher(CONFIG, clock, out)
    standing = "Mean time to return so far: trial 7 5.3 s"
    watcher.on_trial_started(0, confirming, "trial 7, seed 1 of 5")
    clock.sleep(31.0)
    watcher.on_tick(0, confirming, Tick(index=1, clock_seconds=1.0, estimate=1.0, best=1.0), 20.0)
    reached = Outcome(OutcomeKind.REACHED, reached_seconds=5.27, clock_seconds=5.27)
    watcher.on_trial_finished(0, confirming, reached, summary(standing=standing))
    first, tick, end, mean = out.export_text().splitlines()
    assert first == "[0:00] Run 3 (trial 7, seed 1 of 5) starts on worker 0."
    assert tick.startswith("[0:31] Run 3: 1.0 of 12 s, return 1.00")
    assert (end, mean) == ("[0:31] Run 3 reached the target in 5.3 s.", f"[0:31] {standing}.")
    out.print(LiveWatcher(CONFIG, clock, out).view)
    assert "Best so far: no trial has finished yet." in out.export_text()
    watcher = LiveWatcher(CONFIG, clock, out)
    watcher.on_study_started(summary(standing=standing))
    out.print(watcher.view)
    assert f"{standing}." in out.export_text()


def test_a_retry_and_a_message_are_told():
    out = console()
    watcher = LineWatcher(CONFIG, ManualClock(), out)
    watcher.on_trial_started(0, spec(attempt=1), "")
    watcher.on_message("[x] is no markup")
    assert out.export_text().splitlines() == [
        "[0:00] Trial 3 starts on worker 0, retry 1.",
        "[0:00] [x] is no markup",
    ]


def test_a_watcher_keeps_the_progress():
    clock, out = ManualClock(), console()
    watcher = LiveWatcher(CONFIG, clock, out)
    assert watcher.progress.slots == {0: None, 1: None}
    assert watcher.progress.deadline_seconds == 100
    watcher.on_study_started(summary())
    watcher.on_trial_started(1, spec(), "sbx_default")
    watcher.on_phase(1, spec(), "train")
    watcher.on_tick(1, spec(), Tick(index=1, clock_seconds=0.3, estimate=1.0), 20.0)
    trial = watcher.progress.slots[1]
    assert (trial.number, trial.label, trial.phase, trial.budget_seconds) == (3, "sbx_default", "train", 12.0)
    assert trial.clock_seconds == 0.3
    clock.sleep(30.0)
    watcher.on_trial_finished(1, spec(), Outcome(OutcomeKind.EXHAUSTED), summary(finished=3))
    assert watcher.progress.slots == {0: None, 1: None}
    # One trial in 30 s leaves eleven, 330 s; but the run may last 100 s.
    assert watcher.progress.seconds_left(30.0) == 70.0
    watcher.on_message("Stopping.")
    assert watcher.progress.note == "Stopping."
    assert out.export_text() == "", "nothing went wrong, so nothing is printed above the view"


def test_the_live_view_shows_the_watchers_progress():
    clock, out = ManualClock(), console()
    watcher = LiveWatcher(CONFIG, clock, out)
    watcher.on_trial_started(0, spec(number=9), "")
    out.print(watcher.view)
    assert "9" in out.export_text().splitlines()[2].split()


def test_a_fault_is_told_once_in_one_line():
    out = console()
    watcher = LineWatcher(CONFIG, ManualClock(), out)
    for number, message in (
        (3, "KeyError: 'a'\n\x1b[2Jsecond line"),
        (4, "KeyError: 'a'\n\x1b[2Jsecond line"),
        (5, "other."),
    ):
        watcher.on_trial_finished(1, spec(number), Outcome(OutcomeKind.CRASHED, message=message), summary())
    assert out.export_text().splitlines() == [
        "[0:00] Trial 3 crashed: KeyError: 'a' …",
        "[0:00] Trial 4 crashed as trial 3 did.",
        "[0:00] Trial 5 crashed: other.",
    ]


def test_a_fault_stays_above_the_live_view():
    clock, out = ManualClock(), console()
    crashed = Outcome(OutcomeKind.CRASHED, message="the worker was killed by signal 9")
    run_of_one_trial(LiveWatcher(CONFIG, clock, out), clock, crashed, summary(retried=1))
    assert out.export_text() == "Trial 3 crashed: the worker was killed by signal 9.\n"


def test_every_kind_of_outcome_has_its_words():
    def text(kind, **facts):
        return outcome_text(spec(), Outcome(kind, **facts))

    assert text("exhausted", clock_seconds=12.04, best_return=1.5) == "Trial 3 spent its 12.0 s; best return 1.50."
    assert text("pruned", rule="behind", clock_seconds=4.0) == (
        "Trial 3 was pruned (behind) after 4.0 s; best return —."
    )
    assert text("pruned", clock_seconds=4.0, best_return=2.0) == "Trial 3 was pruned after 4.0 s; best return 2.00."
    assert text("interrupted", clock_seconds=1.0) == "Trial 3 was interrupted after 1.0 s and is queued again."
    assert text("hung", message="silent for 60 s.") == "Trial 3 hung: silent for 60 s."
    assert text("diverged") == "Trial 3 diverged: no reason was given."


WARNING = "the policy could not be written to runs/x: No space left on device"


def test_what_could_not_be_written_is_told_at_once_and_kept():
    lost = Outcome(OutcomeKind.EXHAUSTED, details={"warning": WARNING})
    for kind in (LineWatcher, LiveWatcher):
        clock, out = ManualClock(), console()
        watcher = kind(CONFIG, clock, out)
        run_of_one_trial(watcher, clock, lost, summary(finished=3))
        assert f"WARNING: trial 3: {WARNING}." in out.export_text()
        assert watcher.progress.warnings == {3: WARNING}
    out.print(watcher.view)
    assert f"WARNING: trial 3: {WARNING}." in out.export_text()


def test_the_users_mistake_is_left_to_the_message_that_ends_the_run():
    mistake = Outcome(OutcomeKind.CRASHED, message="no such task", details={"user_error": True})
    for kind in (LineWatcher, LiveWatcher):
        clock, out = ManualClock(), console()
        run_of_one_trial(kind(CONFIG, clock, out), clock, mistake, summary())
        assert "no such task" not in out.export_text()


def test_lines_tell_now_and_then_what_a_simulator_does_that_is_starting():
    clock, out = ManualClock(), console()
    watcher = LineWatcher(CONFIG, clock, out)
    watcher.on_trial_started(0, spec(), "")
    clock.sleep(5.0)
    for _ in range(80):
        watcher.on_wait(0, spec(), "compiling kernels")
        clock.sleep(1.0)
    watcher.on_wait(0, spec(), "taking the first steps")
    watcher.on_phase(0, spec(), "compile")
    # A line is due 30 s after the last one, and the wait is counted from 0:05 on, when it was first heard of.
    assert out.export_text().splitlines() == [
        "[0:00] Trial 3 starts on worker 0.",
        "[0:30] Trial 3 waits for the simulator: compiling kernels, 0:25.",
        "[1:00] Trial 3 waits for the simulator: compiling kernels, 0:55.",
        "[1:25] Trial 3 is compiling.",
    ]


def test_lines_tell_of_compiling_and_now_and_then_of_the_progress():
    clock, out = ManualClock(), console()
    watcher = LineWatcher(CONFIG, clock, out)
    watcher.on_trial_started(0, spec(), "")
    watcher.on_phase(0, spec(), "compile")
    clock.sleep(12.0)
    watcher.on_phase(0, spec(), "train")
    clock.sleep(17.0)
    watcher.on_tick(0, spec(), Tick(index=1, clock_seconds=1.0, estimate=1.0, best=1.0, env_steps=2000), 20.0)
    clock.sleep(1.0)  # 30 s after the start
    watcher.on_tick(0, spec(), Tick(index=2, clock_seconds=2.0, estimate=1.5, best=2.0, env_steps=9000), 20.0)
    watcher.on_phase(0, spec(), "evaluate")
    watcher.on_phase(0, spec(), "train")
    clock.sleep(29.0)
    watcher.on_tick(0, spec(), Tick(index=3, clock_seconds=3.0, estimate=1.5, best=2.0, env_steps=9500), 20.0)
    # 9000 steps in 2 s; no trial has finished, so the limit of 100 s less the 30 s that passed is what is left.
    assert out.export_text().splitlines() == [
        "[0:00] Trial 3 starts on worker 0.",
        "[0:00] Trial 3 is compiling.",
        "[0:12] Trial 3 compiled in 12.0 s and trains.",
        "[0:30] Trial 3: 2.0 of 12 s, return 1.50, best 2.00, 4,500 steps/s, about 1:10 left for the study.",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's disk that is always full")
def test_lines_that_cannot_be_written_do_not_end_the_study():
    with Path("/dev/full").open("w") as full:
        watcher = LineWatcher(CONFIG, ManualClock(), Console(file=full, width=100))
        watcher.on_message("one")
        watcher.on_message("two")
        assert watcher.progress.note == "two"
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())  # so that closing it can write what is left


def test_milestones_are_told_when_a_trial_ends():
    milestones = [{"goal": 2.0, "reached_seconds": 1.25}, {"goal": 3.5, "reached_seconds": None}]
    reached = Outcome(OutcomeKind.REACHED, reached_seconds=5.3, milestones=milestones[:1])
    assert outcome_text(spec(), reached) == "Trial 3 reached the target in 5.3 s, 2 in 1.2 s."
    exhausted = Outcome(OutcomeKind.EXHAUSTED, clock_seconds=9.0, best_return=3.0, milestones=milestones)
    assert outcome_text(spec(), exhausted) == "Trial 3 spent its 9.0 s, 2 in 1.2 s; best return 3.00."


@pytest.mark.parametrize("kind", [LineWatcher, LiveWatcher])
def test_a_warning_about_the_study_is_printed_as_it_is(kind):
    out = console()
    kind(CONFIG, ManualClock(), out).on_warning("The budget [x] is short.")
    assert out.export_text().endswith("WARNING: The budget [x] is short.\n")
