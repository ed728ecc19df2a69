"""Numbers as people read them: durations, rates, returns, and a curve as one line of blocks."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # commands that need no storage use this file too, and should not load Optuna
    from tuner.storage import BestTrial, StudySummary

_BLOCKS = "▁▂▃▄▅▆▇█"


def duration_text(seconds: float) -> str:
    """Return a length of time as `0:07`, `3:12` or `1:02:05`, rounded to whole seconds."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def number_text(value: float | None, digits: int = 2) -> str:
    """Return a number with `digits` decimals and separated thousands, or `—` if there is none."""
    if value is None or not math.isfinite(value):
        return "—"
    return f"{value:,.{digits}f}"


def parameter_text(value: object) -> str:
    """Return a parameter's value; floats with four significant digits."""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return f"{value:.4g}"


def printable(text: str) -> str:
    """Return text with its control characters as escapes, so that a message cannot move the cursor or colour lines."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else _escape(character) for character in text
    )


def one_line(text: str, longest: int = 200) -> str:
    """Return the first line of a message as it can be printed, with an ellipsis if anything was left out."""
    first, _, rest = printable(text).strip().partition("\n")
    return f"{first[: longest - 2]} …" if rest or len(first) > longest else first


def sparkline(values: Sequence[float | None], width: int, low: float | None = None, high: float | None = None) -> str:
    """Draw `values` as one line of blocks.

    Args:
        values: a curve on an even grid; None is a gap.
        width: characters at most; a longer curve is thinned by taking the last value of each group.
        low: bottom of the scale; by default the least value.
        high: top of the scale; by default the greatest value.
    """
    count = len(values)
    if count > width:
        values = [values[(index + 1) * count // width - 1] for index in range(width)]
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return " " * len(values)
    bottom = min(known) if low is None else min(low, *known)
    top = max(known) if high is None else max(high, *known)
    return "".join(_block(value, bottom, top) for value in values)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _block(value: float | None, bottom: float, top: float) -> str:
    if value is None or not math.isfinite(value):
        return " "
    if top <= bottom:
        return _BLOCKS[0]
    share = (value - bottom) / (top - bottom)
    return _BLOCKS[min(len(_BLOCKS) - 1, int(share * len(_BLOCKS)))]


def standing_text(summary: "StudySummary", target: float | None) -> str:
    """Return in a few words what a run has found so far."""
    if summary.standing is not None:
        return summary.standing
    if summary.best is not None:
        return f"Best so far: {best_text(summary.best, target)}"
    return "Best so far: " + ("no trial has a return yet" if summary.finished else "no trial has finished yet")


def best_text(best: "BestTrial", target: float | None) -> str:
    """Return in a few words which trial is best."""
    if best.reached_seconds is not None:
        return f"trial {best.number} reached the target in {best.reached_seconds:.1f} s"
    pruned = ", pruned," if best.pruned else ""
    missed = "" if target is None else "; the target was not reached"
    return f"trial {best.number}{pruned} with a return of {number_text(best.best_return)}{missed}"


def count_text(summary: "StudySummary") -> str:
    """Return in one line how many trials finished, and how."""
    counted = ", ".join(f"{count} {kind}" for kind, count in summary.outcomes.items() if count)
    again = f" Ended early and queued again: {summary.retried}." if summary.retried else ""
    return f"Trials: {summary.finished} of {summary.trials} finished" + (f" ({counted})." if counted else ".") + again
