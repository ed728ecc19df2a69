"""Failures as they are printed."""

from tuner.analysis import Failure
from tuner.cli.printing.failure_text import failure_text, last_failure_text
from tuner.records import OutcomeKind

FRAME = 'File "/home/me/arm.py", line 4, in step\n  bend()'


def test_a_message_of_several_lines_stands_before_the_users_own_line():
    failure = Failure(OutcomeKind.CRASHED, (2, 5), "RuntimeError: joint 3\nof leg 2.", FRAME)
    assert failure_text(failure).splitlines() == [
        "Trials 2, 5 crashed: RuntimeError: joint 3",
        "  of leg 2",
        '  File "/home/me/arm.py", line 4, in step',
        "    bend()",
    ]


def test_long_messages_and_many_trials_are_shortened():
    failure = Failure(OutcomeKind.HUNG, tuple(range(20)), "x" * 5000, None)
    text = failure_text(failure)
    assert text.startswith("Trials 0, 1, 2, 3, 4, 5, 6, …, 19 hung: xxx")
    assert "… 4,000 characters left out …" in text


def test_terminals_are_not_controlled_by_messages():
    assert failure_text(Failure(OutcomeKind.CRASHED, (1,), "\x1b[2J [red]", None)) == "Trial 1 crashed: \\x1b[2J [red]"
    assert failure_text(Failure(OutcomeKind.DIVERGED, (1,), "", None)) == "Trial 1 diverged: no reason was given"


def test_the_last_failure_is_placed_without_its_message():
    alone = Failure(OutcomeKind.CRASHED, (3,), "killed by SIGKILL", None)
    assert last_failure_text([alone], "tuner show x") == (
        "Trial 3 crashed.\n`tuner show x --trial 3` shows all that is known of it."
    )
    later = Failure(OutcomeKind.CRASHED, (4, 7), "KeyError: 'a'", FRAME)
    assert last_failure_text([alone, later], "tuner show x").splitlines() == [
        "3 trials failed, retries among them. The last one, trial 7, crashed:",
        '  File "/home/me/arm.py", line 4, in step',
        "    bend()",
        "`tuner show x --trial 7` shows all that is known of it.",
    ]
