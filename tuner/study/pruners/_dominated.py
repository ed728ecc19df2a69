"""The rule for a trial that has already lost on time."""

from dataclasses import dataclass

from tuner.study.pruners._rule import Situation


@dataclass(frozen=True)
class Dominated:
    """Stop a trial whose clock exceeds `kappa` times the best confirmed time to return.

    It can no longer win, whatever happens next. A `kappa` above 1 leaves room for luck: the best time is that of one
    seed. The cap tightens as the study improves. The rule never fires before a trial has reached the target.
    """

    name: str = "dominated"

    def fires(self, situation: Situation) -> bool:
        """Return whether the trial's clock is past the cap."""
        if situation.best_seconds is None:
            return False
        return situation.clock_seconds > situation.kappa * situation.best_seconds
