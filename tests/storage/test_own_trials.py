"""Trials that this process runs are not read again, and say all the same what the database has."""

import json
from pathlib import Path

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import event

from tuner.storage import open_storage


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/tuner.db"


def facts(trial: FrozenTrial) -> tuple[object, ...]:
    attributes = (json.dumps(trial.user_attrs, sort_keys=True), json.dumps(trial.system_attrs, sort_keys=True))
    return trial.number, trial.state, trial.params, trial.distributions, trial.intermediate_values, *attributes


def stored(url: str) -> list[tuple[object, ...]]:
    """Return the trials as another process reads them, without any cache."""
    storage = RDBStorage(url)
    return [facts(trial) for trial in storage.get_all_trials(storage.get_all_studies()[0]._study_id)]


def seen(study: optuna.Study) -> list[tuple[object, ...]]:
    return [facts(trial) for trial in study.get_trials(deepcopy=False)]


def test_every_write_is_seen_as_the_database_has_it(url: str) -> None:
    study = optuna.create_study(storage=open_storage(url), sampler=optuna.samplers.RandomSampler(seed=1))
    study.enqueue_trial({"x": 0.5}, user_attrs={"warm": "start"})
    for _ in range(3):
        trial = study.ask()
        assert seen(study) == stored(url)
        trial.suggest_float("x", 0.0, 1.0)
        trial.suggest_categorical("y", ["a", "b"])
        trial.report(3.0, 1)
        trial.set_user_attr("spec", {"sizes": (256, 256)})
        study._storage.set_trial_system_attr(trial._trial_id, "rung", 1.0)
        assert seen(study) == stored(url)
    study.tell(1, 4.0)
    study.tell(0, state=TrialState.PRUNED)
    assert seen(study) == stored(url)
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "COMPLETE", "RUNNING"]
    assert isinstance(study.trials[2].distributions["x"], FloatDistribution)
    assert isinstance(study.trials[2].distributions["y"], CategoricalDistribution)


def test_what_others_write_is_read(url: str) -> None:
    mine = optuna.create_study(storage=open_storage(url), study_name="shared")
    own = mine.ask()
    theirs = optuna.load_study(storage=open_storage(url), study_name="shared")
    other = theirs.ask()
    assert seen(mine) == seen(theirs) == stored(url)
    other.report(1.0, 1)
    own.report(2.0, 1)
    theirs.enqueue_trial({"x": 1.0})
    assert seen(mine) == seen(theirs) == stored(url)
    theirs.tell(other, 1.0)
    assert seen(mine) == stored(url)
    assert mine.ask().number == 2, "the one that they queued"
    assert seen(mine) == seen(theirs) == stored(url)


def test_a_trial_that_somebody_else_ended_is_read_again(url: str) -> None:
    mine = optuna.create_study(storage=open_storage(url), study_name="shared")
    own = mine.ask()
    theirs = optuna.load_study(storage=open_storage(url), study_name="shared")
    theirs.tell(own.number, state=TrialState.FAIL)
    with pytest.raises(UpdateFinishedTrialError):
        own.report(1.0, 1)
    assert seen(mine) == stored(url)
    assert mine.trials[0].state is TrialState.FAIL


def test_a_look_at_it_tells_that_somebody_else_ended_it(url: str) -> None:
    mine = optuna.create_study(storage=open_storage(url), study_name="shared")
    own = mine.ask()
    optuna.load_study(storage=open_storage(url), study_name="shared").tell(own.number, state=TrialState.FAIL)
    assert mine._storage.get_trial(own._trial_id).state is TrialState.FAIL
    assert seen(mine) == stored(url)


def test_own_trials_are_not_read_again(url: str) -> None:
    storage = open_storage(url)
    study = optuna.create_study(storage=storage)
    trials = [study.ask() for _ in range(5)]
    study.get_trials(deepcopy=False)
    read: list[str] = []
    event.listen(storage._backend.engine, "before_cursor_execute", lambda *facts: read.append(facts[2]))  # type: ignore[attr-defined]
    for trial in trials:
        trial.report(1.0, 1)
    read.clear()
    study.get_trials(deepcopy=False)
    assert not any("trial_intermediate_values" in statement for statement in read)
    assert [trial.intermediate_values for trial in study.trials] == [{1: 1.0}] * 5
