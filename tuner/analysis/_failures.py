"""What went wrong in a study: trials that failed or measured no return, those that ended alike together."""

import re
from dataclasses import dataclass

import optuna

from tuner.analysis._unmeasured import unmeasured_text
from tuner.records import Outcome, OutcomeKind
from tuner.storage import outcome_of

_FAILED = frozenset({OutcomeKind.CRASHED, OutcomeKind.HUNG, OutcomeKind.DIVERGED, OutcomeKind.TOO_LARGE})
_NUMBER = re.compile(r"\d[\d.,]*")


@dataclass(frozen=True)
class Failure:
    """Trials that ended badly in the same way: one kind of outcome, one place, one message apart from its numbers."""

    kind: OutcomeKind
    numbers: tuple[int, ...]
    """The trials, retries among them, in the order of their numbers."""
    message: str
    """What the last of them said."""
    user_frame: str | None
    """The line of the user's own code that failed in it, if one did; see `tuner.tracebacks.user_frame`."""


def failures_of(study: optuna.Study) -> list[Failure]:
    """Return what failed in a study, in the order of the last trial that failed so: the newest failure comes last."""
    alike: dict[tuple[OutcomeKind, str], list[tuple[int, Outcome]]] = {}
    for trial in study.get_trials(deepcopy=False):
        outcome = outcome_of(trial)
        message = None if outcome is None else _message(outcome)
        if outcome is not None and message is not None:
            alike.setdefault((outcome.kind, _NUMBER.sub("#", message)), []).append((trial.number, outcome))
    return sorted(map(_failure, alike.values()), key=lambda failure: failure.numbers[-1])


def _message(outcome: Outcome) -> str | None:
    """Return what a trial that failed says, or why it has no return; None if nothing went wrong.

    Nothing is wrong with a trial that was pruned before its first return: others were faster.
    """
    if outcome.kind is OutcomeKind.PRUNED:
        return None
    return outcome.message if outcome.kind in _FAILED else unmeasured_text(outcome)


def _failure(trials: list[tuple[int, Outcome]]) -> Failure:
    last = trials[-1][1]
    numbers = tuple(number for number, _ in trials)
    return Failure(last.kind, numbers, _message(last) or "", last.details.get("user_frame"))
