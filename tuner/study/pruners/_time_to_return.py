"""The pruner for time to return: three rules, and a few trials that run on to measure how often they are wrong."""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import numpy as np
import optuna
from optuna.pruners import BasePruner
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tuner.storage.attributes import SHADOW, VERDICT
from tuner.study.pruners._behind import Behind
from tuner.study.pruners._dominated import Dominated
from tuner.study.pruners._hopeless import Hopeless
from tuner.study.pruners._rule import Rule, Situation, best_score, score_at
from tuner.study.pruners._s_curve import HopelessSCurve


@dataclass(frozen=True)
class Judgement:
    """What the pruner thinks of a trial that a rule would stop."""

    rule: str
    """The rule's name."""
    stops: bool
    """False if the trial runs on as a shadow."""


@dataclass(frozen=True)
class _Ended:
    """A trial that has ended, as its peers see it: every tick of every trial asks, and it changes no more."""

    trial: FrozenTrial
    """Kept, so that its `id` belongs to no other object."""
    scores: tuple[float | None, ...]
    """Its `score_at` of each tick."""
    reached: float | None
    """Its time to return; None if it did not reach the target."""


class _Running:
    """A trial that runs, as its peers see it: its best score at each tick, worked out once."""

    def __init__(self) -> None:
        self._best: list[float] = []

    def score_at(self, trial: FrozenTrial, tick: int) -> float | None:
        """Return the trial's `score_at` of a tick."""
        best, values = self._best, trial.intermediate_values
        if tick > len(best) and (reached := max(values, default=0)) >= tick:
            for step in range(len(best) + 1, reached + 1):
                best.append(best_score((best[-1] if best else math.inf, values.get(step, math.inf))))
        return best[tick - 1] if tick <= len(best) else None


class TimeToReturnPruner(BasePruner):
    """Stops trials that can no longer win, are behind their peers, or will not reach the target in time.

    It reads only the reported values, so it works in any Optuna study that minimises the scores of
    `tuner.storage.score`, reported at the integer ticks 1 … `ticks` of a common time grid: time to return in seconds
    for a trial that reached the target, B · (1 + shortfall) for one that did not. In your own loop::

        study = optuna.create_study(pruner=TimeToReturnPruner(budget_seconds=240.0, ticks=40))
        ...
        trial.report(score(objective, budget_seconds=240.0, best_return=best), step=tick)
        if trial.should_prune():
            raise optuna.TrialPruned

    The rules, in the order in which they are checked (see their modules):

    - `dominated`: the elapsed clock exceeds `kappa` times the best confirmed time to return;
    - `behind`: the best return so far is below the `percentile`-th percentile of the peers' at this tick;
    - `hopeless`: even optimistic growth does not reach the target before the cap, or, with `hopeless="s_curve"`, a
      curve in the shape of an S hardly would.

    The rule, tick and clock of a verdict are written to the trial's attribute `pruner_verdict`. Of the trials that
    `behind` or `hopeless` would stop, a random share runs on with the verdict in the attribute `shadow`; a shadow trial
    that becomes the best of the study is one that pruning would have lost. `dominated` is certain and stops shadow
    trials too.

    A trial whose values are all NaN is judged by `dominated` only.

    Args:
        budget_seconds: training clock of a whole trial, in seconds; None for a study whose scores are not seconds
            (`return_at_budget`), where `behind` alone applies.
        ticks: points of the time grid; tick k stands at k / ticks of the budget.
        kappa: how many times the best time a trial may take; at least 1. The default leaves a slow seed of a better
            configuration a quarter more time.
        percentile: 0 to 100; `behind` stops trials whose return is below this percentile of all trials so far. The
            default keeps the better half of everything tried, which suits a few dozen trials.
        min_peers: `behind` waits for this many peers at the tick.
        warmup: share of the budget (of the cap, once that is tighter) before which `behind` does not fire.
            At a quarter, curves are still noise: shadow trials reached the target.
        hopeless_warmup: the same for `hopeless`.
        hopeless: how `hopeless` continues a curve: `line` or `s_curve`.
        optimism: factor on the steepest recent slope of a line; infinity would never fire, so it must be finite.
        least_chance: with `s_curve` the rule fires below this probability to reach the target.
        rise: mean of what is expected of the rise of an S, in units of max(1, |target|), before it has been seen.
        rise_std: its standard deviation.
        shadow_share: share of trials that run on, in [0, 1].
        seed: decides, with the trial's number, which trials those are.
    """

    def __init__(
        self,
        *,
        budget_seconds: float | None,
        ticks: int,
        kappa: float = 1.25,
        percentile: float = 50.0,
        min_peers: int = 4,
        warmup: float = 0.4,
        hopeless_warmup: float = 0.5,
        hopeless: Literal["line", "s_curve"] = "line",
        optimism: float = 2.0,
        least_chance: float = 0.05,
        rise: float = 1.0,
        rise_std: float = 1.0,
        shadow_share: float = 0.1,
        seed: int = 0,
    ) -> None:
        if budget_seconds is not None and not 0 < budget_seconds < math.inf:
            raise ValueError(f"budget_seconds must be a positive number of seconds but got {budget_seconds}.")
        if ticks < 1:
            raise ValueError(f"ticks must be at least 1 but got {ticks}.")
        if not 1 <= kappa < math.inf:
            raise ValueError(f"kappa must be at least 1 and finite, so that the best trial survives, but got {kappa}.")
        if not 0 <= percentile <= 100:
            raise ValueError(f"percentile must be between 0 and 100 inclusive but got {percentile}.")
        if min_peers < 1:
            raise ValueError(f"min_peers must be at least 1 but got {min_peers}.")
        for name, share in (("warmup", warmup), ("hopeless_warmup", hopeless_warmup), ("shadow_share", shadow_share)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must be between 0 and 1 inclusive but got {share}.")
        if not 0 < optimism < math.inf:
            raise ValueError(f"optimism must be positive and finite but got {optimism}.")
        if hopeless not in ("line", "s_curve"):
            raise ValueError(f"hopeless must be line or s_curve but got {hopeless!r}.")
        if not 0 <= least_chance <= 1:
            raise ValueError(f"least_chance must be between 0 and 1 inclusive but got {least_chance}.")
        if not math.isfinite(rise) or not 0 < rise_std < math.inf:
            raise ValueError(f"rise must be finite and rise_std positive and finite but got {rise} and {rise_std}.")
        self.budget_seconds = budget_seconds
        self._ticks = ticks
        self._kappa = kappa
        self._shadow_share = shadow_share
        self._seed = seed
        self._ended: dict[int, _Ended] = {}
        """By the `id` of the trial's object."""
        self._running: defaultdict[int, _Running] = defaultdict(_Running)
        """By the trial's id."""
        self._certain: Rule = Dominated()
        self._guesses: tuple[Rule, ...] = (
            Behind(percentile=percentile, min_peers=min_peers, warmup=warmup),
            Hopeless(optimism=optimism, warmup=hopeless_warmup)
            if hopeless == "line"
            else HopelessSCurve(least_chance=least_chance, rise=rise, rise_std=rise_std, warmup=hopeless_warmup),
        )

    def prune(self, study: optuna.study.Study, trial: FrozenTrial) -> bool:
        """Judge whether the trial should be pruned, and store why."""
        if study.direction is not StudyDirection.MINIMIZE:
            raise ValueError("TimeToReturnPruner compares scores in seconds, which a study must minimise.")
        if trial.last_step is None or trial.last_step < 1:
            return False
        situation = self._situation(study, trial, trial.last_step)
        judgement = self.judge(situation, trial.number)
        if judgement is None:
            return False
        if judgement.stops:
            self._write(study, trial, VERDICT, judgement, situation)
            return True
        # A running trial's own attributes, as Optuna passes them, do not show what was written here a tick ago.
        if SHADOW not in study._storage.get_trial(trial._trial_id).user_attrs:
            self._write(study, trial, SHADOW, judgement, situation)
        return False

    def judge(self, situation: Situation, number: int) -> Judgement | None:
        """Return the first rule that fires, and whether it stops the trial; None if no rule does.

        Args:
            situation: the trial at its tick, beside its peers.
            number: the trial's number, which decides whether it is a shadow.
        """
        if self._certain.fires(situation):
            return Judgement(self._certain.name, stops=True)
        for rule in self._guesses:
            if rule.fires(situation):
                return Judgement(rule.name, stops=not self._runs_in_shadow(number))
        return None

    def situation(
        self, *, tick: int, scores: tuple[float, ...], peers: tuple[float, ...], best_seconds: float | None
    ) -> Situation:
        """Return what the rules see of a trial, under the pruner's budget and options; see `Situation`."""
        return Situation(
            tick=tick,
            ticks=self._ticks,
            scores=scores,
            peers=peers,
            budget_seconds=self.budget_seconds,
            best_seconds=best_seconds,
            kappa=self._kappa,
        )

    def _situation(self, study: optuna.study.Study, trial: FrozenTrial, tick: int) -> Situation:
        others = [other for other in study.get_trials(deepcopy=False) if other.number != trial.number]
        if len(self._ended) > 2 * len(others):  # of a storage that returns other objects every time
            self._ended.clear()
        peers, times = [], []
        for other in others:
            if other.state.is_finished():
                ended = self._look_up(other)
                score = ended.scores[tick - 1] if tick <= len(ended.scores) else score_at(other, tick)
                if ended.reached is not None:
                    times.append(ended.reached)
            elif other.state is TrialState.RUNNING:
                score = self._running[other._trial_id].score_at(other, tick)
            else:
                score = None
            if score is not None:
                peers.append(score)
        return self.situation(
            tick=tick,
            scores=_on_every_tick(trial.intermediate_values, tick),
            peers=tuple(peers),
            best_seconds=min(times, default=None),
        )

    def _look_up(self, trial: FrozenTrial) -> "_Ended":
        """Return what is known of a trial that has ended."""
        known = self._ended.get(id(trial))
        if known is None:
            self._running.pop(trial._trial_id, None)
            scores = tuple(score_at(trial, tick) for tick in range(1, self._ticks + 1))
            known = self._ended[id(trial)] = _Ended(trial, scores, self._reached(trial))
        return known

    def _reached(self, trial: FrozenTrial) -> float | None:
        """Return the time to return of a trial that reached the target: a score within the budget."""
        if self.budget_seconds is None or trial.state is not TrialState.COMPLETE or trial.value is None:
            return None
        return trial.value if trial.value < self.budget_seconds else None

    def _runs_in_shadow(self, number: int) -> bool:
        return bool(np.random.default_rng([self._seed, number]).random() < self._shadow_share)

    @staticmethod
    def _write(
        study: optuna.study.Study, trial: FrozenTrial, key: str, judgement: Judgement, situation: Situation
    ) -> None:
        fact = {"rule": judgement.rule, "tick": situation.tick, "clock_seconds": situation.clock_seconds}
        study._storage.set_trial_user_attr(trial._trial_id, key, fact)


def _on_every_tick(values: dict[int, float], last_tick: int) -> tuple[float, ...]:
    """Return the best score so far at ticks 1 … last_tick; a tick without a value keeps the one before."""
    best = math.inf
    filled = []
    for tick in range(1, last_tick + 1):
        best = best_score((best, values.get(tick, math.inf)))
        filled.append(best)
    return tuple(filled)
