import re

import pytest
from rich.console import Console

from tuner.cli.printing.text import best_text, count_text, standing_text
from tuner.cli.watching.progress import Progress, TrialProgress
from tuner.cli.watching.study_view import LiveView, draw
from tuner.clock import ManualClock
from tuner.records import Tick
from tuner.storage import BestTrial, StudySummary


def summary(**changes):
    return StudySummary(**{"study": "quickstart", "trials": 14, "finished": 0, **changes})


def progress(**changes):
    given = {"summary": summary(), "task": "Cartpole on mujoco", "num_envs": 64, "target": 4.0}
    return Progress(**{**given, **changes})


def worker_lines(shown):
    return [line for line in shown.splitlines() if re.match(r"\d +(\d|—)", line)]


def text_of(renderable, width=120):
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def running_trial():
    ticks = tuple(
        Tick(
            index=k,
            clock_seconds=0.5 * k,
            estimate=float(k),
            low=k - 0.25,
            high=k + 0.25,
            env_steps=1000 * k,
            updates=50 * k,
        )
        for k in (1, 2, 3, 4)
    )
    return TrialProgress(number=7, budget_seconds=12.0, phase="train", ticks=ticks)


def test_each_worker_has_its_line():
    shown = text_of(draw(progress(slots={1: None, 0: running_trial()}), 0.0, 120, 24))
    worker, idle = worker_lines(shown)
    # Estimates 1, 2, 3, 4 between 1 and the target 4: (v − 1) / 3 · 8 = 0, 2.7, 5.3, 8 → levels 0, 2, 5, 7.
    assert "▁▃▆█" in worker
    assert worker.split()[:3] == ["0", "7", "train"]
    assert "4.00 ±0.25" in worker
    assert "2.0 / 12 s" in worker
    assert "2,000" in worker  # 4,000 steps in 2 s
    assert worker.rstrip().endswith("100")  # 200 updates in 2 s
    assert idle.split() == ["1", "—", "idle"]


def test_what_a_simulator_does_that_is_starting():
    waiting = TrialProgress(number=7, budget_seconds=12.0).waiting("compiling kernels", 20.0)
    shown = text_of(draw(progress(slots={1: None, 0: waiting}), 100.0, 120, 24))
    assert "Trial 7 waits for the simulator: compiling kernels, 1:20." in shown


def test_warm_starts_and_retries_are_named():
    trial = TrialProgress(number=0, budget_seconds=12.0, label="sbx_default", attempt=1)
    shown = text_of(draw(progress(slots={0: trial}), 0.0, 120, 24))
    assert "0 (retry 1) sbx_default" in shown
    assert "launch" in shown


def test_the_study_is_named_with_its_time_and_its_note():
    view = progress(summary=summary(finished=1), note="Stopping …", started=10.0)
    shown = text_of(draw(view, 70.0, 120, 24))
    assert "quickstart  Cartpole on mujoco, 64 robots, target 4" in shown
    # One of 14 trials took 60 s, so 13 more take 780 s.
    assert "1:00 elapsed, about 13:00 left" in shown
    assert "Stopping …" in shown


def test_the_best_trial_is_told_by_time_or_by_return():
    assert best_text(BestTrial(3, 5.27, 5.27, 4.4), 4.0) == "trial 3 reached the target in 5.3 s"
    missed = BestTrial(3, 17.0, None, 1.5)
    assert best_text(missed, 4.0) == "trial 3 with a return of 1.50; the target was not reached"
    assert best_text(missed, None) == "trial 3 with a return of 1.50"
    assert best_text(BestTrial(3, 17.0, None, 1.5, pruned=True), None) == "trial 3, pruned, with a return of 1.50"


def test_without_a_best_trial_it_is_told_why():
    assert standing_text(summary(), 4.0) == "Best so far: no trial has finished yet"
    assert standing_text(summary(finished=2), 4.0) == "Best so far: no trial has a return yet"


def test_trials_are_counted_by_outcome():
    assert count_text(summary()) == "Trials: 0 of 14 finished."
    counted = summary(finished=5, outcomes={"reached": 2, "pruned": 3})
    assert count_text(counted) == "Trials: 5 of 14 finished (2 reached, 3 pruned)."
    again = summary(finished=1, outcomes={"crashed": 1}, retried=2)
    assert count_text(again) == "Trials: 1 of 14 finished (1 crashed). Ended early and queued again: 2."


def test_the_view_draws_the_progress_and_the_time_of_the_moment():
    clock = ManualClock()
    moments = iter([progress(), progress(note="one more thing")])
    view = LiveView(lambda: next(moments), clock)
    before = text_of(view)
    clock.sleep(5.0)
    after = text_of(view)
    assert "0:00 elapsed" in before
    assert "0:05 elapsed" in after
    assert "one more thing" in after


def test_eighty_columns_show_every_number_of_every_worker():
    compiling = TrialProgress(number=11, budget_seconds=240.0, phase="evaluate", label="a_warm_start")
    shown = text_of(draw(progress(slots={0: running_trial(), 1: compiling, 2: None}), 0.0, 80, 24), width=80)
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert [line.split()[-1] for line in worker_lines(shown)] == ["100", "—", "idle"]
    assert "…" not in worker_lines(shown)[0]
    assert "evaluate" in shown
    assert "0.0 / 240 s" in shown


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("workers", [2, 10, 64])
def test_the_view_fits_a_terminal_of_24_lines_with_the_best_trial_on_it(width, workers):
    slots = dict.fromkeys(range(workers)) | {workers - 1: running_trial()}
    note, warnings = "Stopping. " * 20, {3: "curve.jsonl could not be written: " + "no space " * 15}
    lines = text_of(draw(progress(slots=slots, note=note, warnings=warnings), 0.0, width, 24), width=width).splitlines()
    assert len(lines) < 24
    assert any(line.startswith("Best so far:") for line in lines)
    assert f"{workers - 1}" in [line.split()[0] for line in lines], "a worker that trains is not left out"
    assert any("more" in line and line.startswith("…") for line in lines) is (workers == 64)
