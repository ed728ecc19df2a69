"""The rule for a trial that would not reach the target in time even if it learned faster than it recently has."""

import math
from dataclasses import dataclass

from tuner.study.pruners._rule import Situation


@dataclass(frozen=True)
class Hopeless:
    """Stop a trial whose curve, continued optimistically, does not reach the target before the cap.

    Optimistic growth is a straight line: the steepest rise of the best return over any stretch of a tenth of the grid
    within the second half of the trial so far, times `optimism`. Curves may rise late, so the rule waits for `warmup`.
    One peer is enough, since it compares the trial with the target. It spares the trial that leads its peers at this
    tick, even by a tie: as long as no trial reaches the target, the leader is the best the study has.

    Returns are not needed: a score s in [B, 2B) holds the gap to the target in units of max(1, |target|), as
    (s − B) / (2B − s).
    """

    optimism: float = 2.0
    """The steepest recent slope is multiplied by this."""
    warmup: float = 0.5
    """Share of the budget, or of the cap once that is tighter, during which the rule does not fire."""
    name: str = "hopeless"

    def fires(self, situation: Situation) -> bool:
        """Return whether the optimistic line stays below the target up to the cap."""
        if situation.budget_seconds is None:
            return False
        if situation.warming_up(self.warmup) or situation.better_peers == 0:
            return False
        gaps = best_gaps(situation.scores, situation.budget_seconds)
        slope = steepest_slope(gaps[len(gaps) // 2 :], stretch=max(1, situation.ticks // 10))
        if slope is None:
            return False
        ticks_left = max(0.0, situation.cap_ticks - situation.tick)
        return gaps[-1] > self.optimism * slope * ticks_left


def best_gaps(scores: tuple[float, ...], budget_seconds: float) -> list[float]:
    """Return the gap to the target at each tick, in units of max(1, |target|); infinity before the first estimate."""
    gaps: list[float] = []
    best = math.inf
    for score in scores:
        share = score / budget_seconds - 1.0
        if share < 1.0:  # also False for NaN
            best = min(best, max(0.0, share) / (1.0 - max(0.0, share)))
        gaps.append(best)
    return gaps


def steepest_slope(gaps: list[float], *, stretch: int) -> float | None:
    """Return the fastest closing of the gap per tick over any `stretch` ticks, or None if no stretch has estimates."""
    slopes = [
        (before - after) / stretch for before, after in zip(gaps, gaps[stretch:], strict=False) if math.isfinite(before)
    ]
    return max(slopes, default=None)
