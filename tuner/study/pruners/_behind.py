"""The rule for a trial that is behind its peers at equal elapsed time."""

from dataclasses import dataclass

from tuner.study.pruners._rule import Situation


@dataclass(frozen=True)
class Behind:
    """Stop a trial whose best return is below the `percentile`-th percentile of its peers' at the same tick.

    Peers are all trials that reached the tick, running, complete or pruned later; a trial pruned earlier counts as
    worse. The percentile is taken by rank, without interpolation: the rule fires when more than `100 - percentile`
    per cent of the peers are strictly better. A tie never stops a trial, and neither do missing estimates.
    """

    percentile: float = 50.0
    """50 keeps the better half; 0 switches the rule off."""
    min_peers: int = 4
    """The rule does not fire with fewer peers at the tick than this."""
    warmup: float = 0.4
    """Share of the budget, or of the cap once that is tighter, during which the rule does not fire."""
    name: str = "behind"

    def fires(self, situation: Situation) -> bool:
        """Return whether too many peers are better."""
        if situation.warming_up(self.warmup):
            return False
        if not situation.peers or len(situation.peers) < self.min_peers:
            return False
        allowed = (1.0 - self.percentile / 100.0) * len(situation.peers)
        return situation.better_peers > allowed
