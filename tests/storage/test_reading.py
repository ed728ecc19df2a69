"""Studies and their names, read from a storage that nothing is written to."""

import sqlite3
from pathlib import Path

import optuna
import pytest

from tuner.config import AgentConfig, ObjectiveConfig, TaskConfig, TrialSpec
from tuner.errors import TunerError, UserError
from tuner.storage import (
    confirm_name,
    open_storage,
    read_study,
    study_names,
    study_of,
    trial_name,
    trial_of,
    without_confirm_runs,
)


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_an_empty_file_is_filled_but_not_by_reading(tmp_path: Path) -> None:
    path = tmp_path / "tuner.db"
    path.touch()
    with pytest.raises(UserError, match=r"tuner\.db holds no studies\. Run a study first"):
        study_names(url(path))
    assert path.stat().st_size == 0
    open_storage(url(path))
    assert study_names(url(path)) == []


def test_a_trial_by_its_number() -> None:
    study = optuna.create_study(study_name="walk")
    with pytest.raises(UserError, match="The study 'walk' has no trial 0; it has no trials"):
        trial_of(study, 0)
    study.tell(study.ask(), 1.5)
    assert trial_of(study, 0).value == 1.5
    for number in (-1, 1):
        with pytest.raises(UserError, match=f"has no trial {number}; it has trials 0 to 0"):
            trial_of(study, number)


def test_reading_a_study(tmp_path: Path) -> None:
    path = tmp_path / "tuner.db"
    study = optuna.create_study(storage=open_storage(url(path)), study_name="walk")
    study.tell(study.ask(), 1.5)
    assert study_names(url(path)) == ["walk"]
    assert read_study(url(path), "walk").best_value == 1.5
    with pytest.raises(UserError, match=r"Unknown study 'wlak'\. Did you mean 'walk'\?"):
        read_study(url(path), "wlak")


def test_reading_a_damaged_study(tmp_path: Path) -> None:
    path = tmp_path / "tuner.db"
    study = optuna.create_study(storage=open_storage(url(path)), study_name="walk")
    study.tell(study.ask(), 1.5)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE trials SET state = 'NONSENSE'")
    with pytest.raises(UserError, match=r"cannot be read and may be damaged; name another\. \(LookupError: .NONSENSE"):
        read_study(url(path), "walk")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE trials SET state = 'COMPLETE'")
        connection.execute("DROP TABLE trial_user_attributes")
    with pytest.raises(TunerError, match=r"tuner\.db failed: no such table"):
        read_study(url(path), "walk")


def test_confirm_runs_lie_beside_their_study_and_are_not_listed() -> None:
    assert confirm_name("walk") == "walk/confirm"
    assert study_of("walk/confirm") == study_of("walk") == "walk"
    assert without_confirm_runs(["walk/confirm", "walk", "run"]) == ["walk", "run"]
    assert without_confirm_runs(["lost/confirm"]) == ["lost/confirm"], "it belongs to no study, so it is shown"


def test_the_names_of_studies(tmp_path: Path) -> None:
    storage = open_storage(url(tmp_path / "tuner.db"))
    for name in ("walk", "walk/confirm", "run"):
        optuna.create_study(storage=storage, study_name=name)
    assert study_names(url(tmp_path / "tuner.db")) == ["walk", "run"]
    with pytest.raises(UserError, match="Known: run, walk"):
        read_study(url(tmp_path / "tuner.db"), "swim")
    assert read_study(url(tmp_path / "tuner.db"), "walk/confirm").study_name == "walk/confirm"


def test_a_study_of_a_newer_version_is_not_read(tmp_path: Path) -> None:
    study = optuna.create_study(storage=open_storage(url(tmp_path / "tuner.db")), study_name="walk")
    study.set_user_attr("schema", 99)
    with pytest.raises(UserError, match="'walk' was written by a newer version"):
        read_study(url(tmp_path / "tuner.db"), "walk")
    assert study_names(url(tmp_path / "tuner.db")) == ["walk"]


@pytest.mark.parametrize(("study", "name"), [("walk", "Trial 3"), ("walk/confirm", "Run 3")])
def test_what_trials_and_confirm_runs_are_called(study: str, name: str) -> None:
    spec = TrialSpec(
        study=study,
        number=3,
        seed=0,
        task=TaskConfig(id="Cartpole"),
        agent=AgentConfig(algorithm="sac"),
        objective=ObjectiveConfig(target=1.0),
        budget_seconds=1.0,
        ticks=1,
    )
    assert trial_name(spec) == name
