"""Why a trial ended without a return: what its seconds went to instead."""

from tuner.clock import TRAINING_ACCOUNTS
from tuner.records import Outcome, OutcomeKind

_WORDS = {
    "launch": "launching the simulator",
    "compile": "compilation",
    "act": "choosing actions",
    "simulate": "simulation",
    "learn": "learning",
    "evaluate": "evaluations",
    "report": "reporting",
    "idle": "waiting",
}
_LEAST_SHARE = 0.01
"""Accounts with a smaller share of a trial's seconds are not worth mentioning."""


def unmeasured_text(outcome: Outcome) -> str | None:
    """Say what the seconds of a trial went to that ended in good order, but in which no return was measured.

    Returns:
        Some sentences; None for a trial with a return, for one that failed, and for one that was never trained.
    """
    trained = outcome.kind in (OutcomeKind.EXHAUSTED, OutcomeKind.PRUNED) and bool(outcome.ledger)
    if outcome.best_return is not None or not trained:
        return None
    total = sum(outcome.ledger.values())
    largest = sorted(outcome.ledger.items(), key=lambda item: -item[1])
    shares = [_share(outcome, account, seconds) for account, seconds in largest if seconds >= _LEAST_SHARE * total]
    return (
        f"no return was measured in its {outcome.clock_seconds:.1f} s of training clock, which were enough for "
        f"{outcome.env_steps:,} environment steps. Its {total:.1f} s in all went to {', '.join(shares)}. Raise "
        "budget.seconds, use fewer robots (task.num_envs), or make the slowest of these on the training clock faster."
    )


def _share(outcome: Outcome, account: str, seconds: float) -> str:
    text = f"{_WORDS.get(account, account)} {seconds:.1f} s"
    resets = float(outcome.details.get("reset_seconds") or 0.0)
    if account == "simulate" and resets >= _LEAST_SHARE * seconds:
        text += f" ({resets:.1f} s of it resets)"
    return text if account in TRAINING_ACCOUNTS else f"{text} (off the clock)"
