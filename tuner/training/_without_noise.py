"""What a policy earns without its exploration noise, judged from robots that all explore."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tuner.records import Evaluation
from tuner.training._return_monitor import ReturnEstimate

EXPECTED_SLOPE = 1.3
"""How much faster the return without noise is expected to rise than the one with it, before an evaluation has told.

Tuned and shipped PPO on the A1 had earned 1.26 to 1.51 times as much above their lowest return in four evaluations. Too
small a number asks for an evaluation late, which `WithoutNoise.learn` makes up for; too large a one asks in vain.
"""
STEEPEST = 3.0
"""The largest slope that an evaluation can teach: where little has been learned, noise in both would decide."""


@dataclass(frozen=True)
class _Seen:
    """What the exploring robots earned."""

    clock_seconds: float
    mean: float


class WithoutNoise:
    """Translates estimates of robots that explore into returns of the same policy without noise.

    For agents without probes: on-policy ones must learn from what they themselves would do, so all their robots
    explore. What noise costs depends on the task and grows as a policy gets better: on the A1 PPO is past 25 without
    noise while it earns 15 with it. Only evaluations show it. So the return without noise is taken to be a straight
    line of the one with it, from the lowest estimate so far, where there was nothing to lose, through the last
    evaluation.
    """

    def __init__(self) -> None:
        self._lowest: _Seen | None = None
        self._seen: list[_Seen] = []
        """Since the last evaluation; the newest last."""
        self._last: _Seen | None = None
        """At the last evaluation."""
        self._evaluated = 0.0
        """What the policy earned in it."""

    def consider(self, estimate: ReturnEstimate, clock_seconds: float) -> ReturnEstimate:
        """Take in an estimate of the exploring robots at `clock_seconds`; return that of the policy without noise.

        Before the first evaluation it is the estimate itself.
        """
        seen = _Seen(clock_seconds, estimate.mean)
        self._seen.append(seen)
        if self._lowest is None or seen.mean < self._lowest.mean:
            self._lowest = seen
        if self._last is None:
            return estimate
        mean, low, high = map(self._translated, (estimate.mean, estimate.low, estimate.high))
        return replace(estimate, mean=mean, low=low, high=high)

    @property
    def hoped(self) -> float:
        """What the policy may earn without noise by the newest estimate: enough to ask for an evaluation.

        Raises:
            ValueError: before the first estimate.
        """
        if not self._seen:
            raise ValueError("there was no estimate since the last evaluation")
        return self._translated(self._seen[-1].mean)

    def learn(self, evaluation: Evaluation) -> Callable[[float], float]:
        """Take in an evaluation of the newest policy; return what tells when its policies first earned a return.

        That is the training clock of the first estimate since the evaluation before that reaches the return with what
        noise cost then, which lies on a straight line of the clock between the two evaluations. Asked for a return
        above the evaluation, it gives the time of the newest estimate.

        Raises:
            ValueError: before the first estimate.
        """
        if not self._seen or self._lowest is None:
            raise ValueError("there was no estimate since the last evaluation")
        newest = self._seen[-1]
        cost = evaluation.mean - newest.mean
        before = self._last or self._lowest
        cost_before = self._evaluated - self._last.mean if self._last is not None else 0.0
        path = [seen for seen in self._seen if seen.clock_seconds >= before.clock_seconds]
        self._last, self._evaluated, self._seen = newest, evaluation.mean, []
        span = newest.clock_seconds - before.clock_seconds

        def first_seconds(goal: float) -> float:
            for seen in path:
                share = (seen.clock_seconds - before.clock_seconds) / span if span > 0 else 1.0
                if seen.mean + cost_before + share * (cost - cost_before) >= goal:
                    return seen.clock_seconds
            return newest.clock_seconds

        return first_seconds

    def _translated(self, value: float) -> float:
        """Return the return without noise for one with it; before the first evaluation what may be hoped for."""
        lowest = value if self._lowest is None else self._lowest.mean
        if self._last is None:
            return lowest + EXPECTED_SLOPE * (value - lowest)
        risen = self._last.mean - lowest
        learned = (self._evaluated - lowest) / risen if risen > 0 else 1.0
        return self._evaluated + min(max(learned, 1.0), STEEPEST) * (value - self._last.mean)
