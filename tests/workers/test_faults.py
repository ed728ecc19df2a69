"""Outcomes of workers that cannot report any say what happened."""

import signal

import pytest

from tuner.records import Outcome, OutcomeKind, Tick
from tuner.workers import _faults

TICK = Tick(index=2, clock_seconds=12.0, best=7.0, env_steps=300, updates=40)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "the worker exited with code 0 without an outcome"),
        (3, "the worker exited with code 3 without an outcome"),
        (-signal.SIGSEGV, "the worker was killed by SIGSEGV"),
        (-signal.SIGKILL, "the worker was killed by SIGKILL; the system does that when memory runs out"),
        (-(signal.SIGRTMIN + 1), f"the worker was killed by signal {signal.SIGRTMIN + 1}"),
        (None, "the worker closed its pipe without an outcome, and was killed"),
    ],
)
def test_exit(code: int | None, text: str) -> None:
    assert _faults.describe_exit(code) == text


def test_a_dead_trial_keeps_its_clock_but_no_return() -> None:
    outcome = _faults.crashed("bang", "train", TICK, "first\n" * 20 + "last words\n")
    assert (outcome.kind, outcome.message, outcome.clock_seconds) == (OutcomeKind.CRASHED, "bang", 12.0)
    assert (outcome.env_steps, outcome.updates, outcome.best_return) == (300, 40, None)
    assert outcome.details == {"phase": "train", "log": [*["first"] * 19, "last words"]}


STEP = 'Traceback (most recent call last):\n  File "/home/me/arm.py", line 4, in step\n    bend()\nValueError: no\n'
FRAME = 'File "/home/me/arm.py", line 4, in step\n  bend()'


def test_the_traceback_in_a_dead_workers_log_is_its_trials() -> None:
    outcome = _faults.crashed("the worker exited with code 1", "train", TICK, f"starting\n{STEP}")
    assert outcome.details["traceback"] == STEP
    assert outcome.details["user_frame"] == FRAME


def test_the_error_of_a_process_of_the_simulator_is_found_in_the_log() -> None:
    own = 'Traceback (most recent call last):\n  File "/x/site-packages/vec_env.py", line 1, in recv\nEOFError\n'
    reported = Outcome(OutcomeKind.CRASHED, "EOFError", details={"traceback": own, "phase": "train"})
    found = _faults.with_logged_cause(reported, f"{STEP}{_faults.LOGGED_TRACEBACK}\n{own}")
    assert found.message == "EOFError, because a process of the simulator failed: ValueError: no"
    assert found.details["user_frame"] == FRAME
    assert found.details["traceback"].startswith(own)
    assert found.details["traceback"].endswith(STEP)


def test_a_log_adds_nothing_to_what_is_known() -> None:
    known = Outcome(OutcomeKind.CRASHED, "x", details={"traceback": "…", "user_frame": "mine"})
    mistake = Outcome(OutcomeKind.CRASHED, "x", details={"user_error": True})
    unknown = Outcome(OutcomeKind.CRASHED, "x", details={"traceback": "…"})
    assert _faults.with_logged_cause(known, STEP) is known
    assert _faults.with_logged_cause(mistake, STEP) is mistake
    assert _faults.with_logged_cause(unknown, f"nothing\n{_faults.LOGGED_TRACEBACK}\n{STEP}") is unknown


def test_silence_is_told_from_disobedience() -> None:
    silent = _faults.hung("compile", None, 301.4, 0.0, "")
    deaf = _faults.hung("train", TICK, 0.4, 60.9, "")
    assert silent.message == "no sign of life for 301 s in phase 'compile'"
    assert deaf.message == "asked to stop, but did not for 61 s in phase 'train'"
    assert (silent.kind, deaf.kind) == (OutcomeKind.HUNG, OutcomeKind.HUNG)
    assert silent.details["silence_seconds"] == 301.4
    assert (silent.clock_seconds, deaf.clock_seconds) == (0.0, 12.0)


def test_interrupted_by_force() -> None:
    outcome = _faults.interrupted("compile", None)
    assert (outcome.kind, outcome.message) == (OutcomeKind.INTERRUPTED, "interrupted by force in phase 'compile'")
