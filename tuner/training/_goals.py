"""The target of a trial and the milestones on the way to it: when to evaluate, and when each was reached."""

from collections.abc import Sequence

from tuner.records import Evaluation, Milestone
from tuner.training._crossing import CrossingCheck


class Goals:
    """One `CrossingCheck` for the target, and one for each milestone.

    One evaluation settles every milestone at or below its mean, whichever goal had asked for it, so a trial that jumps
    past several of them is evaluated once. A milestone counts as reached when its own estimate crossed it; without such
    a crossing, when the policy of that evaluation was frozen; and never later than a higher goal that is reached.

    The target is as it would be without milestones: an evaluation that was made for a milestone neither confirms nor
    refutes the target, and is not charged to it. Milestones are charged for all evaluations, so they wait for their
    lower end sooner.
    """

    def __init__(self, target: float | None, milestones: Sequence[float], budget_seconds: float) -> None:
        """Start with nothing reached.

        Args:
            target: the return that counts as solved; None never evaluates.
            milestones: returns below the target, in rising order.
            budget_seconds: the trial's budget on the training clock.
        """
        self._target = CrossingCheck(target, budget_seconds)
        self._milestones = {goal: CrossingCheck(goal, budget_seconds) for goal in milestones}
        self._budget_seconds = budget_seconds
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

    def consider(self, mean: float, low: float, clock_seconds: float) -> None:
        """Take in an estimate made at `clock_seconds`, and its lower end."""
        self._target.consider(mean, low, clock_seconds)
        for _, check in self._open():
            check.consider(mean, low, clock_seconds)

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
        latest = min(evaluation.clock_seconds, self._budget_seconds)
        crossing = self._target.pending
        confirmed = crossing is not None and self._target.conclude(evaluation, cost_seconds=cost_seconds)
        if crossing is not None and confirmed:
            self.reached_seconds = latest = crossing.clock_seconds
        for goal, check in reversed(self._open()):
            own = check.pending
            if own is None:
                check.charge(cost_seconds)
            else:
                check.conclude(evaluation, cost_seconds=cost_seconds)
            if evaluation.mean >= goal:
                self._reached[goal] = latest = latest if own is None else min(latest, own.clock_seconds)
        return confirmed

    def _open(self) -> list[tuple[float, CrossingCheck]]:
        """Return the milestones that are not reached yet, in rising order, with their checks."""
        return [(goal, check) for goal, check in self._milestones.items() if goal not in self._reached]
