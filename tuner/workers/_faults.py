"""Outcomes of trials whose worker cannot report any."""

import signal
from collections.abc import Sequence
from typing import Any

from tuner.records import Outcome, OutcomeKind, Tick
from tuner.training import Phase

TERMINATED = "the worker was told to terminate (SIGTERM) by something other than its manager"
"""The message of a trial that stopped in good order although the manager had not asked it to."""


def describe_exit(code: int | None) -> str:
    """Say in words how a worker ended without an outcome.

    Args:
        code: its exit code, negative for a signal; None if it closed its pipe but went on running.
    """
    if code is None:
        return "the worker closed its pipe without an outcome, and was killed"
    if code >= 0:
        return f"the worker exited with code {code} without an outcome"
    hint = "; the system does that when memory runs out" if -code == signal.SIGKILL else ""
    return f"the worker was killed by {_signal_name(-code)}{hint}"


def crashed(message: str, phase: Phase, tick: Tick | None, log: Sequence[str]) -> Outcome:
    """Return the outcome of a trial whose worker died.

    Args:
        message: what happened.
        phase: what the trial was doing.
        tick: its last tick; its clock and counts are kept, its returns are not.
        log: the last lines that the worker logged.
    """
    return _outcome(OutcomeKind.CRASHED, message, phase, tick, log=list(log))


def hung(phase: Phase, tick: Tick | None, silence: float, disobedience: float, log: Sequence[str]) -> Outcome:
    """Return the outcome of a trial that gave no sign of life, or did not stop when asked, until the deadline.

    Args:
        phase: what the trial was doing.
        tick: its last tick.
        silence: seconds since its last sign of life.
        disobedience: seconds since it was asked to stop, 0 if it was not.
        log: the last lines that the worker logged.
    """
    if silence >= disobedience:
        message = f"no sign of life for {silence:.0f} s in phase '{phase}'"
    else:
        message = f"asked to stop, but did not for {disobedience:.0f} s in phase '{phase}'"
    return _outcome(OutcomeKind.HUNG, message, phase, tick, silence_seconds=round(silence, 3), log=list(log))


def interrupted(phase: Phase, tick: Tick | None) -> Outcome:
    """Return the outcome of a trial that was interrupted by force."""
    return _outcome(OutcomeKind.INTERRUPTED, f"interrupted by force in phase '{phase}'", phase, tick)


def _outcome(kind: OutcomeKind, message: str, phase: Phase, tick: Tick | None, **details: Any) -> Outcome:
    tick = tick or Tick(index=0, clock_seconds=0.0)
    return Outcome(
        kind,
        message,
        clock_seconds=tick.clock_seconds,
        env_steps=tick.env_steps,
        updates=tick.updates,
        details={"phase": phase, **details},
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals have no names
        return f"signal {number}"
