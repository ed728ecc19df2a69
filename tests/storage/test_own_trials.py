"""Trials that this process runs are not read again, and say all the same what the database has."""

import json
from pathlib import Path

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import event

from tuner.storage import _own_trials, claiming, open_storage, write_reports


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tuner.db"
    new: str = request.getfixturevalue("server").new_database()
    return new


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be read and written at once."""
    monkeypatch.setattr(_own_trials, "READ_SECONDS", 0.0)
    monkeypatch.setattr(_own_trials, "WRITE_SECONDS", 0.0)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be read or written again unless it has to be."""
    monkeypatch.setattr(_own_trials, "READ_SECONDS", 1e9)
    monkeypatch.setattr(_own_trials, "WRITE_SECONDS", 1e9)


def facts(trial: FrozenTrial) -> tuple[object, ...]:
    attributes = (json.dumps(trial.user_attrs, sort_keys=True), json.dumps(trial.system_attrs, sort_keys=True))
    return trial.number, trial.state, trial.params, trial.distributions, trial.intermediate_values, *attributes


def stored(url: str) -> list[tuple[object, ...]]:
    """Return the trials as another process reads them, without any cache."""
    storage = RDBStorage(url.replace("postgresql:", "postgresql+psycopg:"))
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
    read = statements_of(storage)
    for trial in trials:
        trial.report(1.0, 1)
    read.clear()
    study.get_trials(deepcopy=False)
    assert not any("trial_intermediate_values" in statement for statement in read)
    assert [trial.intermediate_values for trial in study.trials] == [{1: 1.0}] * 5


def statements_of(storage: BaseStorage) -> list[str]:
    """Return a list that grows by every statement that the storage sends from now on."""
    sent: list[str] = []
    event.listen(storage._backend.engine, "before_cursor_execute", lambda *facts: sent.append(facts[2]))  # type: ignore[attr-defined]
    return sent


def sample(trial: optuna.Trial) -> None:
    trial.suggest_float("x", 0.0, 1.0)
    trial.suggest_categorical("y", ["a", "b"])


@pytest.mark.usefixtures("later")
def test_what_many_trials_report_is_written_together(url: str) -> None:
    storage = open_storage(url)
    study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(seed=1))
    sample(study.ask())  # the database has the parameters' distributions
    trials = [study.ask() for _ in range(20)]
    sent = statements_of(storage)
    for trial in trials:
        sample(trial)
    for tick in range(1, 6):
        for trial in trials:
            trial.report(float("nan") if tick == 2 else float("inf") if tick == 3 else tick / 4, tick)
    assert sent == []
    write_reports(storage, when_due=True)
    assert sent == [], "it is not due"
    expected = seen(study)
    sent.clear()
    write_reports(storage)
    assert len(sent) <= 6
    assert str(stored(url)) == str(expected), "as strings, since NaN is not NaN"
    sent.clear()
    write_reports(storage)
    assert sent == []


@pytest.mark.usefixtures("later")
def test_a_trial_that_ends_has_all_that_it_reported(url: str) -> None:
    study = optuna.create_study(storage=open_storage(url))
    for end in (
        lambda trial: study.tell(trial, 3.0),
        lambda trial: study.tell(trial, state=TrialState.PRUNED),
        lambda trial: trial.set_user_attr("outcome", "crashed"),
    ):
        trial = study.ask()
        sample(trial)
        trial.report(1.5, 1)
        end(trial)
        assert seen(study) == stored(url)


@pytest.mark.usefixtures("later")
def test_what_an_ended_trial_reports_is_dropped_and_the_others_keep_theirs(url: str) -> None:
    storage = open_storage(url)
    mine = optuna.create_study(storage=storage, study_name="shared")
    lost, kept = mine.ask(), mine.ask()
    optuna.load_study(storage=open_storage(url), study_name="shared").tell(lost.number, state=TrialState.FAIL)
    lost.report(1.0, 1)
    kept.report(1.0, 1)
    write_reports(storage)
    assert seen(mine) == stored(url)
    assert [trial.intermediate_values for trial in mine.trials] == [{}, {1: 1.0}]
    with pytest.raises(UpdateFinishedTrialError):
        lost.report(2.0, 2)


def test_what_is_written_again_because_an_answer_was_lost_is_there_once(url: str) -> None:
    storage = open_storage(url)
    study = optuna.create_study(storage=storage)
    trial, other = study.ask(), study.ask()
    other.report(0.5, 1)
    parameters = {(trial._trial_id, "x"): (0.5, FloatDistribution(0.0, 1.0))}
    for value in (1.0, 2.0):
        assert storage._backend.write_reports(parameters, {(trial._trial_id, 1): value}) == set()  # type: ignore[attr-defined]
    first, second = RDBStorage(str(storage._backend.url)).get_all_trials(study._study_id)  # type: ignore[attr-defined]
    assert (first.params, first.intermediate_values) == ({"x": 0.5}, {1: 2.0})
    assert second.intermediate_values == {1: 0.5}


@pytest.mark.usefixtures("later")
def test_others_are_read_from_time_to_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage(url)
    mine = optuna.create_study(storage=storage, study_name="shared")
    theirs = optuna.load_study(storage=open_storage(url), study_name="shared")
    mine.get_trials()
    sent = statements_of(storage)
    theirs.enqueue_trial({"x": 1.0})
    assert (len(mine.get_trials()), sent) == (0, [])
    with claiming(storage, "shared"):
        assert len(mine.get_trials()) == 1
    theirs.enqueue_trial({"x": 2.0})
    assert len(mine.get_trials()) == 1
    monkeypatch.setattr(_own_trials, "READ_SECONDS", 0.0)
    assert len(mine.get_trials()) == 2
