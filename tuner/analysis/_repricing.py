"""A study's trials as they would rank on another machine, from what each recorded and from two calibrations."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from tuner.errors import UserError
from tuner.records import Calibration, Outcome, OutcomeKind
from tuner.storage import attributes, calibration_of, outcome_of, own_config_of

ASSUMPTIONS = (
    "A trial needs as many environment steps and updates there as it did, and reaches the target again.",
    "All simulation scales as stepping the task with random actions does, all acting and learning as the reference "
    "update does: SAC with two layers of 256, batches of 256. Larger networks and batches gain more from threads and "
    "GPUs, smaller ones less.",
    "What ran beside each other does so in the same proportion: the ledger has only the seconds in which simulation "
    "waited for learning.",
    "Trials that did not reach the target are left out, although on a faster machine some would within the budget.",
)
"""What a prediction rests on."""
_SAME_TASK = ("id", "simulator", "num_envs", "options")


@dataclass(frozen=True)
class Repriced:
    """One trial that reached the target, with its time there and its predicted time."""

    number: int
    warm_start: str | None
    device_class: str
    """What it ran on."""
    rank: int
    """Among the trials listed, by the time that was measured."""
    seconds: float
    """The measured time to return."""
    new_rank: int
    predicted_seconds: float
    """steps · a′ + updates · b′."""
    env_steps: int
    """Until the target, in proportion to the training clock."""
    updates: int
    step_seconds: float
    """a′: predicted seconds of simulating and acting for each environment step."""
    update_seconds: float
    """b′: predicted seconds that each update takes, as far as simulation waits for it; 0 without updates."""


@dataclass(frozen=True)
class Repricing:
    """A study's trials re-ranked for another machine."""

    study: str
    target: float
    calibration: Calibration
    """Of the machine that it is ranked for."""
    trials: tuple[Repriced, ...]
    """The fastest there first."""
    left_out: dict[str, int]
    """How many trials could not be ranked, by the reason."""
    assumptions: tuple[str, ...] = ASSUMPTIONS

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-safe dictionary."""
        return {**asdict(self), "calibration": self.calibration.to_json()}


def reprice(study: optuna.Study, there: Calibration) -> Repricing:
    """Predict the times to return of a study's trials on another machine, and rank them.

    With s environment steps and u updates per second, measured where a trial ran and (primed) there, and the seconds of
    its ledger up to the target,

        time′ = simulate · s/s′ + (act + learn) · u/u′.

    Args:
        study: a study of this program.
        there: the other machine's calibration, for the same task.

    Raises:
        UserError: if there is no study file in the study, as in another program's, it does not minimise time, the
            calibration belongs to another task or is not complete, or no trial can be ranked.
    """
    config = own_config_of(study)
    if config.objective.kind != "time_to_return" or config.objective.target is None:
        raise UserError(f"The study '{study.study_name}' has no times to return, which are what is ranked.")
    _check_task(config.task.model_dump(mode="json"), there)
    if not (there.env_steps_per_second and there.updates_per_second):
        raise UserError("The calibration has no speeds: a task that cannot start again is not stepped to measure it.")
    found, left_out = [], Counter[str]()
    for trial in study.get_trials(deepcopy=False):
        outcome = outcome_of(trial)
        if outcome is None or not trial.state.is_finished():
            continue
        usable = _usable(trial, outcome)
        if isinstance(usable, str):
            left_out[usable] += 1
        else:
            found.append(usable)
    if not found:
        told = "; ".join(f"{reason}: {count}" for reason, count in left_out.items()) or "there are none"
        raise UserError(f"No trial of the study '{study.study_name}' can be ranked for another machine ({told}).")
    return Repricing(study.study_name, config.objective.target, there, _ranked(found, there), dict(left_out))


def _check_task(task: dict[str, Any], there: Calibration) -> None:
    differing = [name for name in _SAME_TASK if task.get(name) != there.task.get(name)]
    if differing:
        told = ", ".join(f"{name} {there.task.get(name)!r} and not {task.get(name)!r}" for name in differing)
        raise UserError(f"The calibration is of another task: {told}. Measure it for this study with --calibrate.")


@dataclass(frozen=True)
class _Usable:
    """A trial that can be ranked."""

    trial: FrozenTrial
    outcome: Outcome
    seconds: float
    """Its time to return."""
    here: Calibration
    """Of what it ran on."""


def _usable(trial: FrozenTrial, outcome: Outcome) -> _Usable | str:
    """Return a trial with what is needed of it, or why it cannot be ranked."""
    seconds = outcome.reached_seconds
    if outcome.kind is not OutcomeKind.REACHED or not seconds:
        return "did not reach the target"
    here = calibration_of(trial)
    if here is None or not (here.env_steps_per_second and here.updates_per_second):
        return "without a calibration"
    if not (outcome.ledger and outcome.env_steps and outcome.clock_seconds):
        return "without a ledger"
    return _Usable(trial, outcome, seconds, here)


def _ranked(found: Sequence[_Usable], there: Calibration) -> tuple[Repriced, ...]:
    measured = sorted(found, key=lambda each: (each.seconds, each.trial.number))
    old = {each.trial.number: rank for rank, each in enumerate(measured, start=1)}
    predicted = [(each, _predicted(each, there)) for each in measured]
    predicted.sort(key=lambda pair: pair[1]["predicted_seconds"])
    return tuple(
        Repriced(
            number=each.trial.number,
            warm_start=each.trial.user_attrs.get(attributes.WARM_START),
            device_class=each.here.device.class_name,
            rank=old[each.trial.number],
            seconds=each.seconds,
            new_rank=rank,
            **facts,
        )
        for rank, (each, facts) in enumerate(predicted, start=1)
    )


def _predicted(each: _Usable, there: Calibration) -> dict[str, Any]:
    """Return the prediction, and the steps, the updates and the prices that it is made of."""
    outcome = each.outcome
    simulation = _ratio(each.here.env_steps_per_second, there.env_steps_per_second)
    learning = _ratio(each.here.updates_per_second, there.updates_per_second)
    share = min(1.0, each.seconds / outcome.clock_seconds)  # it may have trained on
    seconds = {account: share * outcome.ledger.get(account, 0.0) for account in ("simulate", "act", "learn")}
    steps, updates = round(share * outcome.env_steps), round(share * outcome.updates)
    collecting = seconds["simulate"] * simulation + seconds["act"] * learning
    updating = seconds["learn"] * learning
    return {
        "predicted_seconds": collecting + updating,
        "env_steps": steps,
        "updates": updates,
        "step_seconds": collecting / max(steps, 1),
        "update_seconds": updating / updates if updates else 0.0,
    }


def _ratio(here: float | None, there: float | None) -> float:
    """Return how many times as long it takes there."""
    return (here or 0.0) / (there or 1.0)
