"""Says early that, at the speed of the trials, no configuration known to reach the target can do so in the budget."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import optuna
from optuna.trial import FrozenTrial

from tuner.config import StudyConfig, TrialSpec
from tuner.listener import SilentListener
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.spaces import SearchSpace, stated_steps
from tuner.storage import StudySummary, differences, outcome_of, runs_of, trial_name, unlike
from tuner.storage.attributes import BUDGET_WARNING, FINGERPRINT, WARM_START

_LEAST_SHARE = 0.05
"""The speed of a trial is known after this share of its budget."""
_SAME_GOAL = ("task.", "objective.")
"""Sections of the fingerprint that a study must share for its trials to need as many steps."""


@dataclass(frozen=True)
class Need:
    """A configuration that reached the target, or a lower return, and what it needed."""

    env_steps: int
    """Environment steps until then, of all robots together."""
    name: str
    seconds_here: float | None = None
    """The training clock until then, if it was timed on a machine and with threads like now."""


def stated_needs(space: SearchSpace, config: StudyConfig) -> dict[str, Need]:
    """Return what warm starts of the search space state, by their names."""
    target = config.objective.target
    if target is None:
        return {}
    found = {name: stated_steps(start, config.task.id, target) for name, start in space.warm_starts.items()}
    return {
        name: Need(stated[1], f"{name}, to a return of {stated[0]:g}")
        for name, stated in found.items()
        if stated is not None
    }


def stored_needs(study: optuna.Study, config: StudyConfig) -> list[Need]:
    """Return what trials needed that reached the target, of the study and of all in its storage with the same one."""
    storage, needs = study._storage, []
    for name in optuna.get_all_study_names(storage):
        study_id = storage.get_study_id_from_name(name)
        facts = storage.get_study_user_attrs(study_id).get(FINGERPRINT)
        if facts is None or differences(facts, study.user_attrs[FINGERPRINT], sections=_SAME_GOAL):
            continue
        other = optuna.load_study(study_name=name, storage=storage)
        here = unlike(runs_of(other), threads=config.workers.threads) is None
        where = "" if name == study.study_name else f" of the study '{name}'"
        needs += [
            Need(steps, f"trial {trial.number}{where}", seconds if here else None)
            for trial in other.get_trials(deepcopy=False)
            if (outcome := outcome_of(trial)) is not None
            and outcome.kind is OutcomeKind.REACHED
            and (seconds := outcome.reached_seconds) is not None
            and (steps := _steps_until(outcome, seconds)) > 0
        ]
    return needs


def _steps_until(outcome: Outcome, seconds: float) -> int:
    """Return the environment steps of a trial until a reading of its clock; it may have trained on."""
    share = min(1.0, seconds / outcome.clock_seconds) if outcome.clock_seconds > 0 else 1.0
    return round(outcome.env_steps * share)


class BudgetWatch(SilentListener):
    """Warns once in a run that the budget is too short by the steps that it allows; a `StudyListener`.

    A trial is judged after 5 % of its budget. If warm starts of the study state what they need, only their own trials
    are, because another configuration may be slower and need less. There is no warning if any configuration that is
    known needs fewer steps than the budget allows, or reached the target on this machine in that many seconds.

    Args:
        study: what it runs; the warning is kept in its attributes, for who reads the study.
        space: the search space.
        config: the study file.
        warn: gets the warning.
    """

    def __init__(
        self, study: optuna.Study, space: SearchSpace, config: StudyConfig, warn: Callable[[str], None]
    ) -> None:
        self._study = study
        self._config = config
        self._warn = warn
        stated = stated_needs(space, config)
        self._needs: Sequence[Need] = [*stated.values(), *stored_needs(study, config)]
        self._judged = {name for name in config.warm_start if isinstance(name, str)} & set(stated)
        self._labels: dict[int, str] = {}
        self._silent = not self._needs or any(
            need.seconds_here is not None and need.seconds_here <= config.budget.seconds for need in self._needs
        )

    def on_study_started(self, summary: StudySummary) -> None:
        """Drop the warning of an earlier run, and judge by the speed of its fastest trial.

        Says also if the run ends before any trial can spend its budget.
        """
        budget = self._config.budget
        if budget.total_seconds is not None and budget.total_seconds <= budget.seconds:
            self._warn(
                f"This run ends after {budget.total_seconds:g} s, but a trial may train for {budget.seconds:g} s. One "
                "that has neither reached the target nor been stopped by then begins again in the next run. Give a "
                "longer --timeout, or Ctrl-C when you have seen enough."
            )
        running = [run for run in runs_of(self._study) if run["end"] is None]
        if self._study.user_attrs.get(BUDGET_WARNING) is not None and len(running) <= 1:  # this one
            self._study.set_user_attr(BUDGET_WARNING, None)
        if unlike(runs_of(self._study), threads=self._config.workers.threads) is not None:
            return
        speeds = [speed for trial in self._study.get_trials(deepcopy=False) if (speed := self._speed(trial))]
        if speeds:
            self._judge(*max(speeds))

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        """Remember which warm start it is."""
        self._labels[slot] = label

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        """Judge by the speed of a trial so far."""
        if self._is_judged(self._labels.get(slot, "")) and self._is_known(tick.clock_seconds):
            self._judge(tick.env_steps / tick.clock_seconds, trial_name(spec).lower())

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        """Take the warning back if the target was reached all the same."""
        if outcome.kind is OutcomeKind.REACHED:
            self._silent = True
            if self._study.user_attrs.get(BUDGET_WARNING) is not None:
                self._study.set_user_attr(BUDGET_WARNING, None)

    def _speed(self, trial: FrozenTrial) -> tuple[float, str] | None:
        """Return the environment steps per second of a trial that ended, with its name; None if it is not judged."""
        outcome = outcome_of(trial)
        if outcome is None or not self._is_judged(trial.user_attrs.get(WARM_START, "")):
            return None
        if not self._is_known(outcome.clock_seconds):
            return None
        return outcome.env_steps / outcome.clock_seconds, f"trial {trial.number}"

    def _is_judged(self, label: str) -> bool:
        return not self._judged or label in self._judged

    def _is_known(self, clock_seconds: float) -> bool:
        return clock_seconds >= _LEAST_SHARE * self._config.budget.seconds

    def _judge(self, steps_per_second: float, name: str) -> None:
        allowed = steps_per_second * self._config.budget.seconds
        if self._silent or steps_per_second <= 0 or any(need.env_steps <= allowed for need in self._needs):
            return
        self._silent = True
        text = self._text(steps_per_second, name)
        self._study.set_user_attr(BUDGET_WARNING, text)
        self._warn(text)

    def _text(self, steps_per_second: float, name: str) -> str:
        config, least = self._config, min(self._needs, key=lambda need: need.env_steps)
        seconds = config.budget.seconds
        return (
            f"The budget of {seconds:g} s may be too short for the target of {config.objective.target:g}: {name} makes "
            f"{steps_per_second:,.0f} environment steps per second, {steps_per_second * seconds:,.0f} in the budget, "
            f"but the least that any configuration is known to need is {least.env_steps:,} ({least.name}). Raise "
            f"budget.seconds to at least {math.ceil(least.env_steps / steps_per_second)}, in a study of another name, "
            f"give each trial more threads (workers.threads is {config.workers.threads}), or use a smaller network. "
            "Configurations that nobody has tried may need fewer steps."
        )
