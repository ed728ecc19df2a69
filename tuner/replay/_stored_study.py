"""The trials of a study as recorded runs, read from its storage."""

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from tuner.machine import machine_text
from tuner.records import OutcomeKind
from tuner.replay._recorded_run import SAMPLED, RecordedRun, Recordings
from tuner.storage import compared, outcome_of, own_config_of, ticks_of
from tuner.storage.attributes import FINGERPRINT, SPEC, WARM_START


def study_recordings(study: optuna.Study) -> Recordings:
    """Return the ended trials of a study, on the device class that it compares; also those that failed, to be counted.

    What the sampler and the manager took for a trial is the time between its proposal and its end that is not in its
    ledger.

    Raises:
        UserError: if there is no study file in the study, as in another program's.
    """
    config = own_config_of(study)
    distributions: dict[str, BaseDistribution] = {}
    runs = []
    trials = study.get_trials(deepcopy=False)
    comparable = compared(trials)
    for trial in comparable:
        run = _run(trial)
        if run is not None:
            runs.append(run)
            distributions |= trial.distributions
    return Recordings(
        name=f"the study '{study.study_name}'",
        config=config,
        fingerprint=study.user_attrs.get(FINGERPRINT, {}),
        distributions=distributions,
        runs=tuple(runs),
        elsewhere=len(trials) - len(comparable),
    )


def _run(trial: FrozenTrial) -> RecordedRun | None:
    """Return a trial as a run; None if it says nothing about its parameters."""
    outcome, ticks = outcome_of(trial), ticks_of(trial) or []
    if outcome is None or not trial.state.is_finished():
        return None
    if outcome.kind is OutcomeKind.PRUNED and not ticks:
        return None  # the search space gave it up
    asking = 0.0
    if trial.datetime_start is not None and trial.datetime_complete is not None:
        took = (trial.datetime_complete - trial.datetime_start).total_seconds()
        asking = max(0.0, took - sum(outcome.ledger.values()))
    return RecordedRun(
        configuration=str(trial.number),
        origin=trial.user_attrs.get(WARM_START, SAMPLED),
        parameters=dict(trial.params),
        seed=int(trial.user_attrs.get(SPEC, {}).get("seed", 0)),
        ticks=tuple(ticks),
        outcome=outcome,
        asking_seconds=asking,
        machine=machine_text(outcome.details.get("machine")),
    )
