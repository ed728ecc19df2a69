"""The target of a trial and the milestones on the way to it: when to evaluate, and when each was reached."""

import math
from collections.abc import Sequence

from tuner.records import Evaluation, Milestone
from tuner.training._crossing import CrossingCheck
from tuner.training._return_monitor import ReturnEstimate
from tuner.training._without_noise import WithoutNoise

_LONGEST_WAIT_SHARE = 0.5
"""Of the budget; after it nothing is known of what noise costs by now."""


class Goals:
    """One `CrossingCheck` for the target, and one for each milestone.

    One evaluation settles every milestone at or below its mean, whichever goal had asked for it, so a trial that jumps
    past several of them is evaluated once. A milestone counts as reached when its own estimate crossed it; without such
    a crossing, when the policy of that evaluation was frozen; and never later than a higher goal that is reached.

    The target is as it would be without milestones: an evaluation that was made for a milestone neither confirms nor
    refutes the target, and is not charged to it. Milestones are charged for all evaluations, so they wait for their
    lower end sooner.

    Where all robots explore, estimates cross a goal long after the policy itself. So there evaluations are asked for as
    soon as the policy may have reached it, and when none was made for half the budget. Each shows what noise costs:
    `WithoutNoise` has the estimates that follow from it, and when the policy first earned what an evaluation confirms.
    There any evaluation confirms the target, also a milestone's, because estimates have learned from it anyway.
    """

    def __init__(
        self, target: float | None, milestones: Sequence[float], budget_seconds: float, *, all_explore: bool = False
    ) -> None:
        """Start with nothing reached.

        Args:
            target: the return that counts as solved; None never evaluates.
            milestones: returns below the target, in rising order.
            budget_seconds: the trial's budget on the training clock.
            all_explore: whether the estimates are of robots that explore, as there are none that do not.
        """
        self._goal = target
        self._target = CrossingCheck(target, budget_seconds, corrects=not all_explore)
        self._milestones = {goal: CrossingCheck(goal, budget_seconds, corrects=not all_explore) for goal in milestones}
        self._budget_seconds = budget_seconds
        self._without_noise = WithoutNoise() if all_explore else None
        self._evaluated_seconds = 0.0
        self._reached: dict[float, float] = {}
        self.reached_seconds: float | None = None
        """Training clock at the crossing of the target that an evaluation confirmed."""

    @property
    def best(self) -> float | None:
        """The best return so far, as `CrossingCheck` has it for the target; None before there was an estimate."""
        return self._target.best

    @property
    def target_pending(self) -> bool:
        """Whether a crossing of the target waits for its evaluation."""
        return self._target.pending is not None

    @property
    def pending(self) -> bool:
        """Whether a crossing of any goal waits for its evaluation."""
        return self.target_pending or any(check.pending is not None for _, check in self._open())

    @property
    def milestones(self) -> list[Milestone]:
        """When each milestone was reached, in rising order."""
        return [Milestone(goal, self._reached.get(goal)) for goal in self._milestones]

    def consider(self, estimate: ReturnEstimate, clock_seconds: float) -> ReturnEstimate:
        """Take in an estimate made at `clock_seconds`; return that of the policy without noise, if all explore."""
        hoped = estimate.mean
        if self._without_noise is not None:
            estimate = self._without_noise.consider(estimate, clock_seconds)
            waited = clock_seconds - self._evaluated_seconds >= _LONGEST_WAIT_SHARE * self._budget_seconds
            hoped = math.inf if waited else self._without_noise.hoped
        self._target.consider(hoped, estimate.low, clock_seconds)
        for _, check in self._open():
            check.consider(hoped, estimate.low, clock_seconds)
        return estimate

    def conclude(self, evaluation: Evaluation, *, cost_seconds: float) -> bool:
        """Compare the goals with an evaluation that one of them waited for; return whether it confirmed the target.

        Args:
            evaluation: of the policy that the crossing was seen in.
            cost_seconds: wall-clock seconds that it took.

        Raises:
            ValueError: if no crossing was pending.
        """
        if not self.pending:
            raise ValueError("there is no crossing to confirm")
        self._evaluated_seconds = evaluation.clock_seconds
        first_seconds = None
        if self._without_noise is not None:
            first_seconds = self._without_noise.learn(evaluation)
            self._target.claim(evaluation)
        latest = min(evaluation.clock_seconds, self._budget_seconds)
        crossing = self._target.pending
        confirmed = crossing is not None and self._target.conclude(evaluation, cost_seconds=cost_seconds)
        if confirmed and crossing is not None and self._goal is not None:
            seconds = crossing.clock_seconds if first_seconds is None else first_seconds(self._goal)
            self.reached_seconds = latest = min(latest, seconds)
        for goal, check in reversed(self._open()):
            own = check.pending
            if own is None:
                check.charge(cost_seconds)
            else:
                check.conclude(evaluation, cost_seconds=cost_seconds)
            if evaluation.mean < goal:
                continue
            if first_seconds is not None:
                latest = min(latest, first_seconds(goal))
            elif own is not None:
                latest = min(latest, own.clock_seconds)
            self._reached[goal] = latest
        return confirmed

    def _open(self) -> list[tuple[float, CrossingCheck]]:
        """Return the milestones that are not reached yet, in rising order, with their checks."""
        return [(goal, check) for goal, check in self._milestones.items() if goal not in self._reached]
