"""The pruner of a replayed study, asked at every report as the manager asks it."""

import math
from typing import Protocol

import optuna
from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from tuner.replay._replay_data import Curve, Report
from tuner.storage.attributes import VERDICT
from tuner.study import TimeToReturnPruner, keeps_rungs


class Judge(Protocol):
    """Sees what the trials of one replayed study report, and stops some."""

    sees_reports: bool
    """False if it never stops a trial, so that reports need not be played."""

    def begin(self, curve: Curve) -> int:
        """Take in a new trial, and return its number."""
        ...

    def report(self, number: int, report: Report, curve: Curve) -> str | None:
        """Take in a report; return the name of the rule that stops the trial, or None to let it run."""
        ...

    def end(self, number: int, last: Report | None, curve: Curve, score: float | None) -> None:
        """Take in the end of a trial: its score, or None if it was stopped."""
        ...


def judge_of(pruner: BasePruner, *, steps: int, kind: str, name: str) -> Judge:
    """Return the quickest judge that says the same as the pruner in a study of the manager.

    Args:
        pruner: a fresh pruner.
        steps: points of its grid.
        kind: what a stop is called whose pruner gives no reason.
        name: of the study; Hyperband's brackets depend on it.
    """
    if isinstance(pruner, NopPruner):
        return NoJudge()
    if isinstance(pruner, TimeToReturnPruner):
        return RulesJudge(pruner, steps)
    return OptunaJudge(pruner, steps, kind=kind, name=name)


class NoJudge:
    """Lets every trial run."""

    sees_reports = False

    def __init__(self) -> None:
        self._trials = 0

    def begin(self, curve: Curve) -> int:
        """Count the trial."""
        self._trials += 1
        return self._trials - 1

    def report(self, number: int, report: Report, curve: Curve) -> str | None:
        """Let it run."""
        return None

    def end(self, number: int, last: Report | None, curve: Curve, score: float | None) -> None:
        """Forget it."""


class RulesJudge:
    """The rules of the time-to-return pruner, without a storage: a hundred times as quick.

    For each tick it keeps the scores that the pruner would gather from the study's trials: of those that have reached
    it, that completed before it, and, as infinity, that were stopped before it.
    """

    sees_reports = True

    def __init__(self, pruner: TimeToReturnPruner, ticks: int) -> None:
        self._pruner = pruner
        self._ticks = ticks
        self._peers: list[list[float]] = [[] for _ in range(ticks + 1)]
        self._best_seconds: float | None = None
        self._trials = 0

    def begin(self, curve: Curve) -> int:
        """Count the trial."""
        self._trials += 1
        return self._trials - 1

    def report(self, number: int, report: Report, curve: Curve) -> str | None:
        """Ask the rules, except at the last tick, where a trial is over anyway."""
        peers, judgement = self._peers[report.step], None
        if report.step < self._ticks:
            situation = self._pruner.situation(
                tick=report.step,
                scores=curve.bests[: report.step],
                peers=tuple(peers),
                best_seconds=self._best_seconds,
            )
            judgement = self._pruner.judge(situation, number)
        peers.append(report.best)
        return judgement.rule if judgement is not None and judgement.stops else None

    def end(self, number: int, last: Report | None, curve: Curve, score: float | None) -> None:
        """Carry the score forward to the ticks that the trial has not reached."""
        carried = math.inf
        if score is not None:
            carried = score if curve.unscored or last is None else min(last.best, score)
            budget = self._pruner.budget_seconds
            if budget is not None and score < budget:
                self._best_seconds = score if self._best_seconds is None else min(self._best_seconds, score)
        for tick in range(1 if last is None else last.step + 1, self._ticks + 1):
            self._peers[tick].append(carried)


class OptunaJudge:
    """Any pruner of Optuna in a study of Optuna, in memory; and its sampler, if it has one."""

    sees_reports = True

    def __init__(
        self, pruner: BasePruner, steps: int, *, kind: str, name: str, sampler: BaseSampler | None = None
    ) -> None:
        self._storage = InMemoryStorage()
        self.study = optuna.create_study(
            storage=self._storage, study_name=name, direction="minimize", pruner=pruner, sampler=sampler
        )
        self._pruner = pruner
        self._steps = steps
        self._kind = kind
        self._asked_at_rungs = keeps_rungs(pruner)

    def begin(self, curve: Curve) -> int:
        """Create a trial without parameters."""
        trial_id = self._storage.create_new_trial(self.study._study_id)
        return self._storage.get_trial_number_from_id(trial_id)

    def report(self, number: int, report: Report, curve: Curve) -> str | None:
        """Store the score, and ask the pruner, except at the last step."""
        trial_id = self._id(number)
        self._storage.set_trial_intermediate_value(trial_id, report.step, report.score)
        if report.step >= self._steps or not self._pruner.prune(self.study, self._storage.get_trial(trial_id)):
            return None
        verdict = self._storage.get_trial(trial_id).user_attrs.get(VERDICT, {})
        return str(verdict.get("rule", self._kind))

    def end(self, number: int, last: Report | None, curve: Curve, score: float | None) -> None:
        """Carry the score forward, and tell the study."""
        if score is None:
            self.study.tell(number, state=TrialState.PRUNED)
            return
        if not curve.unscored:
            trial_id = self._id(number)
            for step in range(1 if last is None else last.step + 1, self._steps + 1):
                self._storage.set_trial_intermediate_value(trial_id, step, score)
                if self._asked_at_rungs:
                    self._pruner.prune(self.study, self._storage.get_trial(trial_id))
        self.study.tell(number, score)

    def _id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self.study._study_id, number)
