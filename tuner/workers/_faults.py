"""Outcomes of trials whose worker cannot report any, and what its log adds to those that it reports."""

import signal
from dataclasses import replace
from typing import Any

from tuner.records import Outcome, OutcomeKind, Tick
from tuner.tracebacks import details_of, error_in, traceback_in, user_frame
from tuner.training import Phase

TERMINATED = "the worker was told to terminate (SIGTERM) by something other than its manager"
"""The message of a trial that stopped in good order although the manager had not asked it to."""

LOGGED_TRACEBACK = "The trial failed:"
"""The line in a worker's log above the traceback that its outcome has too."""

_LOG_LINES = 20
"""The end of a log that is kept with an outcome."""


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


def crashed(message: str, phase: Phase, tick: Tick | None, log: str) -> Outcome:
    """Return the outcome of a trial whose worker died.

    Args:
        message: what happened.
        phase: what the trial was doing.
        tick: its last tick; its clock and counts are kept, its returns are not.
        log: the end of what the worker logged; a traceback in it becomes the trial's.
    """
    logged = traceback_in(log)
    return _outcome(
        OutcomeKind.CRASHED, message, phase, tick, log=_last_lines(log), **(details_of(logged) if logged else {})
    )


def with_logged_cause(outcome: Outcome, log: str) -> Outcome:
    """Return a reported outcome with the error of a process that the worker's simulator started, if one failed.

    Such a process prints its traceback to the worker's log. The worker itself only sees that the process has gone.

    Args:
        outcome: as the worker reported it.
        log: the end of what the worker logged.
    """
    details = outcome.details
    if outcome.kind is not OutcomeKind.CRASHED or "traceback" not in details or "user_frame" in details:
        return outcome
    before = log.partition(LOGGED_TRACEBACK)[0]
    logged, frame = traceback_in(before), user_frame(before)
    if logged is None or frame is None:
        return outcome
    cause = {"traceback": f"{details['traceback']}\nIn a process of the simulator:\n\n{logged}", "user_frame": frame}
    message = f"{outcome.message}, because a process of the simulator failed: {error_in(logged)}"
    return replace(outcome, message=message, details={**details, **cause})


def hung(phase: Phase, tick: Tick | None, silence: float, disobedience: float, log: str) -> Outcome:
    """Return the outcome of a trial that gave no sign of life, or did not stop when asked, until the deadline.

    Args:
        phase: what the trial was doing.
        tick: its last tick.
        silence: seconds since its last sign of life.
        disobedience: seconds since it was asked to stop, 0 if it was not.
        log: the end of what the worker logged.
    """
    if silence >= disobedience:
        message = f"no sign of life for {silence:.0f} s in phase '{phase}'"
    else:
        message = f"asked to stop, but did not for {disobedience:.0f} s in phase '{phase}'"
    return _outcome(OutcomeKind.HUNG, message, phase, tick, silence_seconds=round(silence, 3), log=_last_lines(log))


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


def _last_lines(log: str) -> list[str]:
    return log.splitlines()[-_LOG_LINES:]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals have no names
        return f"signal {number}"
