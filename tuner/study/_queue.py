"""What is tried before the sampler's own proposals: warm starts, and configurations that people queue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from tuner.config import StudyConfig, UnpinnedStart
from tuner.config.recipes import Recipe
from tuner.errors import UserError, unknown_name
from tuner.records import Outcome, OutcomeKind
from tuner.spaces import SearchSpace
from tuner.spaces.fitting import Remark, check_own, fit_pinned, fit_recipe
from tuner.storage import transact
from tuner.storage.attributes import QUEUED, RETRY_OF, UNPINNED, WARM_START, counts, outcome_of
from tuner.study._running_trial import write_outcome
from tuner.study.samplers import parameters_of


@dataclass(frozen=True)
class Start:
    """A configuration to try, in the parameters of the search space."""

    name: str
    parameters: dict[str, Any]
    pinned: bool = True
    """Whether the study's pinned values replace its own."""
    remarks: tuple[Remark, ...] = ()
    """What became of each value of a configuration in SBX's names; empty for a warm start of the search space."""


def with_own_names(config: StudyConfig, space: SearchSpace) -> StudyConfig:
    """Return a study file whose pinned parameters have the search space's own names in place of SBX's.

    Raises:
        UserError: if the search space cannot pin a value.
    """
    return config.model_copy(update={"fixed": fit_pinned(space, config.fixed, config.task)})


def make_start(config: StudyConfig, space: SearchSpace, given: str | UnpinnedStart | Recipe) -> Start:
    """Return a configuration in the parameters of the search space; pinned parameters win, but for `UnpinnedStart`.

    Args:
        config: the study file.
        space: the search space, with the study's action bounds if it has any.
        given: a configuration in SBX's names, or the name of one in the study file or of a warm start of the space.

    Raises:
        UserError: if there is no such warm start, it fails, or the search space cannot have the configuration.
    """
    fixed = with_own_names(config, space).fixed
    named = {start.name: start for start in config.warm_start if not isinstance(start, str)}
    start = named.get(given, given) if isinstance(given, str) else given
    if isinstance(start, str):
        return Start(start, {**space.warm_start(start, config.task), **fixed})
    if isinstance(start, UnpinnedStart):
        return Start(start.name, space.warm_start(start.name, config.task), pinned=False)
    fit = fit_recipe(space, start, config.task, fixed=fixed)
    return Start(start.name, {**fit.parameters, **fixed}, remarks=fit.remarks)


def check_names(config: StudyConfig, space: SearchSpace, starts: Sequence[Start]) -> dict[str, BaseDistribution]:
    """Check pinned parameters, and that warm starts set none that the search space does not draw.

    Returns:
        The parameters of the search space, with their ranges.

    Raises:
        UserError: for an unknown name, a pinned value out of range, or a space that fails or gives everything up.
    """
    distributions = parameters_of(space, config.task, fixed=config.fixed, starts=[start.parameters for start in starts])
    for start in starts:
        for parameter in start.parameters:
            if parameter not in distributions:
                raise unknown_name("parameter", parameter, distributions, where=f"in warm start '{start.name}'")
    return distributions


def queue_starts(study: optuna.Study, starts: Sequence[Start], space: SearchSpace, say: Callable[[str], None]) -> None:
    """Enqueue the starts that the study does not have yet; those that ended by the user's mistake do not count.

    A warm start of the search space is known by its name. Any other is the one that was tried if its parameters are
    the same, as the same name may stand for another content by now.
    """
    tried = [trial for trial in study.get_trials(deepcopy=False) if not _ended_by_mistake(trial)]
    for start in starts:
        same = [trial for trial in tried if trial.user_attrs.get(WARM_START) == start.name]
        if start.name not in space.warm_starts:
            same = [trial for trial in same if has_parameters(trial, start.parameters)]
        if same:
            continue
        study.enqueue_trial(start.parameters, user_attrs=_attributes(start))
        changed = [f"  {remark}" for remark in start.remarks if remark.kind != "kept"]
        if changed:
            say("\n".join([f"The warm start '{start.name}' is tried as nearly as the search space has it:", *changed]))


@dataclass(frozen=True)
class Enqueued:
    """What came of a configuration that was to be queued."""

    number: int
    """The trial that was queued, or the one that has the same parameters."""
    duplicate: bool
    finished: int
    """Trials of the study that count toward its number."""
    waiting: int
    """Trials that are queued or running."""


def enqueue_start(storage: BaseStorage, name: str, start: Start) -> Enqueued:
    """Queue a configuration in a study that exists, unless one of its trials has the same parameters.

    A run in progress takes it as its next trial.
    """
    return transact(storage, name, lambda: _enqueued(storage, name, start))


def _enqueued(storage: BaseStorage, name: str, start: Start) -> Enqueued:
    study = optuna.load_study(study_name=name, storage=storage)
    trials = study.get_trials(deepcopy=False)
    duplicate = any(has_parameters(trial, start.parameters) and not _ended_by_mistake(trial) for trial in trials)
    if not duplicate:
        study.enqueue_trial(start.parameters, user_attrs=_attributes(start))
        trials = study.get_trials(deepcopy=False)
    same = [trial for trial in trials if has_parameters(trial, start.parameters)]
    finished = sum(counts(trial) for trial in trials)
    waiting = sum(not trial.state.is_finished() for trial in trials)
    return Enqueued(same[-1].number, duplicate, finished, waiting)


def _attributes(start: Start) -> dict[str, Any]:
    return {WARM_START: start.name} | ({} if start.pinned else {UNPINNED: True})


def has_parameters(trial: FrozenTrial, parameters: Mapping[str, Any]) -> bool:
    """Return whether a trial has, or was queued with, the given parameters."""
    given = {**trial.system_attrs.get(QUEUED, {}), **trial.params}
    return all(name in given and given[name] == value for name, value in parameters.items())


class QueueCheck:
    """Checks trials that wait in a study's queue: anybody can put some there with Optuna, whatever their parameters.

    Args:
        study: the study.
        space: its search space.
        config: its study file, with the search space's own names in `fixed`.
        say: gets a sentence where a pinned value takes the place of a queued one.
    """

    def __init__(
        self, study: optuna.Study, space: SearchSpace, config: StudyConfig, say: Callable[[str], None]
    ) -> None:
        self._study = study
        self._space = space
        self._config = config
        self._say = say
        self._checked: set[int] = set()

    def refuse(self) -> list[str]:
        """Let pinned values win in waiting trials, and fail those that the search space cannot have.

        Returns:
            Why, for each trial that was failed. Such trials do not count.
        """
        if not self._new():
            return []

        def check() -> list[str]:
            return [reason for trial in self._new() if (reason := self._problem(trial)) is not None]

        reasons = transact(self._study._storage, self._study.study_name, check)
        self._checked |= {trial.number for trial in self._new()}
        return reasons

    def _new(self) -> list[FrozenTrial]:
        waiting = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        return [trial for trial in waiting if trial.number not in self._checked and trial.system_attrs.get(QUEUED)]

    def _problem(self, trial: FrozenTrial) -> str | None:
        queued = trial.system_attrs[QUEUED]
        if not trial.user_attrs.get(UNPINNED):
            self._pin(trial)
            queued = {**queued, **self._config.fixed}
        if RETRY_OF in trial.user_attrs or trial.user_attrs.get(WARM_START) in self._space.warm_starts:
            return None  # from the study itself, whose ranges may be others on another machine, or from its space
        try:
            ranges = parameters_of(self._space, self._config.task, fixed=self._config.fixed, starts=[queued])
            check_own(queued, ranges, f"the queued trial {trial.number}")
        except UserError as error:
            self._fail(trial, f"{error} It is not trained. Queue another with: tuner enqueue {self._study.study_name}")
            return str(error)
        return None

    def _pin(self, trial: FrozenTrial) -> None:
        """Replace what the study file pins in a queued trial, and say so."""
        queued, fixed = trial.system_attrs[QUEUED], self._config.fixed
        other = {name: value for name, value in fixed.items() if name in queued and queued[name] != value}
        if not other:
            return
        self._study._storage.set_trial_system_attr(trial._trial_id, QUEUED, {**queued, **other})
        changes = ", ".join(f"{name} is {value!r} and not {queued[name]!r}" for name, value in other.items())
        self._say(f"The queued trial {trial.number} has values that the study file pins in 'fixed': {changes}.")

    def _fail(self, trial: FrozenTrial, message: str) -> None:
        outcome = Outcome(kind=OutcomeKind.CRASHED, message=message, details={"user_error": True})
        storage = self._study._storage
        if storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING):
            write_outcome(self._study, trial._trial_id, outcome, [])
            self._study.tell(trial.number, state=TrialState.FAIL)


def _ended_by_mistake(trial: FrozenTrial) -> bool:
    """Return whether a trial ended because of the user's mistake, and so was neither counted nor queued again."""
    outcome = outcome_of(trial)
    return outcome is not None and bool(outcome.details.get("user_error"))
