"""What is said while a simulator starts, on a clock that jumps."""

import io

from rich.console import Console

from tuner.cli.watching.start_watcher import StartWatcher
from tuner.clock import ManualClock


def told(*, terminal):
    """Return what a start of 25 s has printed after each second, in which it gives a sign of life, and at its end."""
    clock, file = ManualClock(), io.StringIO()
    out = Console(width=100, force_terminal=terminal, color_system=None, file=file)
    texts = []
    with StartWatcher(clock, out) as watcher:
        for second in range(25):
            watcher.say(f"compiling kernel [{second}]")
            texts.append(file.getvalue())
            clock.sleep(1.0)
    return [*texts, file.getvalue()]


def test_lines_begin_after_two_seconds_and_come_every_ten():
    texts = told(terminal=False)
    assert texts[1] == ""
    assert texts[-1].splitlines() == [
        "Waiting for the simulator: compiling kernel [2], 0:02.",
        "Waiting for the simulator: compiling kernel [12], 0:12.",
        "Waiting for the simulator: compiling kernel [22], 0:22.",
    ]


def test_on_a_terminal_one_line_changes_in_place():
    texts = told(terminal=True)
    assert texts[1] == ""
    assert "Waiting for the simulator: compiling kernel [24], 0:24." in texts[-1]
