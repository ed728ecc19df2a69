"""Which configurations of a study are worth confirming, and what they are compared with."""

import warnings

import optuna
from optuna.trial import FixedTrial, FrozenTrial, TrialState

from tuner.config import StudyConfig
from tuner.confirm._plan import Entrant, agent_of
from tuner.errors import UserError
from tuner.records import OutcomeKind
from tuner.spaces import SearchSpace
from tuner.study import attributes, counts, outcome_kind_of, outcome_of, warm_start_parameters


def best_trials(study: optuna.Study, top: int) -> list[Entrant]:
    """Return the best trials of different configurations: those that reached the target first, then by score.

    Args:
        study: the study.
        top: how many at most.

    Raises:
        UserError: if no trial has a score.
    """
    trials = study.get_trials(deepcopy=False)
    scored = [
        trial
        for trial in trials
        if trial.state is TrialState.COMPLETE
        and outcome_kind_of(trial) not in attributes.UNSCORED
        and agent_of(trial) is not None
    ]
    if not scored:
        finished = sum(counts(trial) for trial in trials)
        state = f"none of its {finished} finished trials trained to an end" if finished else "no trial has finished yet"
        raise UserError(
            f"The study '{study.study_name}' has nothing to confirm: {state}. Run it until a trial is reached or "
            "exhausted."
        )
    found: list[Entrant] = []
    for trial in sorted(scored, key=_rank):
        entrant = _entrant(trial)
        if len(found) < top and all(entrant.agent != other.agent for other in found):
            found.append(entrant)
    return found


def reference_entrant(study: optuna.Study, config: StudyConfig, space: SearchSpace, name: str) -> Entrant:
    """Return a warm start as something to compare with: as the study trained it, else as the search space gives it.

    Args:
        study: the study.
        config: its study file.
        space: its search space.
        name: the warm start.

    Raises:
        UserError: if the search space has no such warm start, or it leaves a parameter open.
    """
    if config.action_bounds is not None:
        space = space.with_action_bounds(config.action_bounds)
    parameters = warm_start_parameters(config, space, [name])[name]
    for trial in study.get_trials(deepcopy=False):
        agent = agent_of(trial)
        if trial.user_attrs.get(attributes.WARM_START) == name and outcome_of(trial) is not None and agent is not None:
            return Entrant(number=None, label=name, promised_seconds=None, agent=agent)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Fixed parameter", category=UserWarning)  # out of range on purpose
        try:
            built = space.configure(FixedTrial(parameters), config.task)
        except UserError as error:
            raise UserError(f"The reference '{name}' cannot be built. {error}") from error
    return Entrant(number=None, label=name, promised_seconds=None, agent=built.to_json())


def _rank(trial: FrozenTrial) -> tuple[bool, float, int]:
    value = trial.value if trial.value is not None else float("inf")
    return outcome_kind_of(trial) != OutcomeKind.REACHED, value, trial.number


def _entrant(trial: FrozenTrial) -> Entrant:
    outcome, agent = outcome_of(trial), agent_of(trial)
    reached = outcome is not None and outcome.kind is OutcomeKind.REACHED
    return Entrant(
        number=trial.number,
        label=f"trial {trial.number}",
        promised_seconds=outcome.reached_seconds if outcome is not None and reached else None,
        agent=agent or {},
    )
