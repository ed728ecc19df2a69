"""Outcomes of workers that cannot report any say what happened."""

import signal

import pytest

from tuner.records import OutcomeKind, Tick
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
    outcome = _faults.crashed("bang", "train", TICK, ["last words"])
    assert (outcome.kind, outcome.message, outcome.clock_seconds) == (OutcomeKind.CRASHED, "bang", 12.0)
    assert (outcome.env_steps, outcome.updates, outcome.best_return) == (300, 40, None)
    assert outcome.details == {"phase": "train", "log": ["last words"]}


def test_silence_is_told_from_disobedience() -> None:
    silent = _faults.hung("compile", None, 301.4, 0.0, [])
    deaf = _faults.hung("train", TICK, 0.4, 60.9, [])
    assert silent.message == "no sign of life for 301 s in phase 'compile'"
    assert deaf.message == "asked to stop, but did not for 61 s in phase 'train'"
    assert (silent.kind, deaf.kind) == (OutcomeKind.HUNG, OutcomeKind.HUNG)
    assert silent.details["silence_seconds"] == 301.4
    assert (silent.clock_seconds, deaf.clock_seconds) == (0.0, 12.0)


def test_interrupted_by_force() -> None:
    outcome = _faults.interrupted("compile", None)
    assert (outcome.kind, outcome.message) == (OutcomeKind.INTERRUPTED, "interrupted by force in phase 'compile'")
