"""What to say of a study whose trials stay far from its target."""

from tuner.analysis import StudyReport
from tuner.cli.printing.text import number_text

FEWEST_TRIALS = 3
"""Fewer trials say nothing about the target."""
NEAR = 0.25
"""A return is near the target if the gap is at most this share of the target, and at least of 1."""


def target_doubt(report: StudyReport) -> str | None:
    """Return a warning that the target may be out of reach, with what the best trials earned; None if it is not.

    There is one if most trials spent their budget without reaching the target, or were stopped because they could not,
    and no trial came near it.
    """
    target, best = report.target, report.best_returns
    missed = report.rules.get("hopeless", 0) + report.outcomes.get("exhausted", 0)
    if target is None or report.objective != "time_to_return" or report.outcomes.get("reached") or not best:
        return None
    if report.finished < FEWEST_TRIALS or 2 * missed <= report.finished:
        return None
    if target - best[0] <= NEAR * max(1.0, abs(target)):
        return None
    earned = ", ".join(number_text(value) for value in best)
    return (
        f"The target of {target:g} may be out of reach in {report.budget_seconds:g} s: {missed} of {report.finished} "
        f"trials ended without a hope of it. The best earned {earned}. Lower objective.target, for a start to a return "
        "like these, or raise budget.seconds; `tuner audit` says whether the action box is to blame."
    )
