"""What the manager wrote to a study and its trials, read back: also what another version, or another program, wrote."""

from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from tests.study.toy import Lab
from tuner.analysis import summary_data, trials_data
from tuner.errors import UserError
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.replay import study_recordings
from tuner.storage import (
    attributes,
    check_schema_number,
    config_of,
    counts,
    newer_schema,
    objective_and_budget,
    outcome_kind_of,
    outcome_of,
    own_config_of,
    ticks_of,
    write_config,
)
from tuner.storage.attributes import SCHEMA_NUMBER


def ended(state: TrialState = TrialState.COMPLETE, **attrs: Any) -> FrozenTrial:
    return create_trial(state=state, value=1.0 if state is TrialState.COMPLETE else None, user_attrs=attrs)


@pytest.fixture
def study() -> optuna.Study:
    return optuna.create_study(study_name="walk")


def test_the_study_file_is_read_back_without_its_password(study: optuna.Study) -> None:
    config = Lab(None).config(storage="postgresql://me:secret@host/db")
    write_config(study, config)
    assert config_of(study) == config.model_copy(update={"storage": "postgresql://me:***@host/db"})
    assert "secret" not in str(study.user_attrs)
    assert objective_and_budget(study) == (config.objective, config.budget)
    assert study.user_attrs["schema"] == SCHEMA_NUMBER


@pytest.mark.parametrize("stored", [None, {"study": "walk"}, {"some": "thing"}])
def test_a_study_of_another_program_has_no_study_file(study: optuna.Study, stored: Any) -> None:
    if stored is not None:
        study.set_user_attr("config", stored)
    assert config_of(study) is None
    study.add_trial(ended())
    with pytest.raises(UserError, match="'walk' was not made by this program"):
        objective_and_budget(study)


@pytest.mark.parametrize("read", [own_config_of, objective_and_budget, trials_data, summary_data, study_recordings])
def test_a_study_that_is_just_being_created_is_told_from_another_programs(study: optuna.Study, read) -> None:
    # What `tuner run` has written when it is interrupted between creating the study and writing its study file.
    study.set_user_attr("fingerprint", {"version": "1"})
    with pytest.raises(UserError, match=r"'walk' has no trials and no study file: .* Try again in a moment\.$"):
        read(study)


@pytest.mark.parametrize("number", [None, 0, SCHEMA_NUMBER])
def test_studies_of_this_and_earlier_versions_can_be_read(study: optuna.Study, number: int | None) -> None:
    if number is not None:
        study.set_user_attr("schema", number)
    assert newer_schema(study) is None
    check_schema_number(study)


@pytest.mark.parametrize("number", [SCHEMA_NUMBER + 1, "2.0"])
def test_a_newer_study_is_named(study: optuna.Study, number: Any) -> None:
    study.set_user_attr("schema", number)
    assert f"its schema is {number}, and this version reads {SCHEMA_NUMBER}" in (newer_schema(study) or "")
    with pytest.raises(UserError, match="'walk' was written by a newer version"):
        check_schema_number(study)


def test_an_outcome_is_read_back() -> None:
    outcome = Outcome(kind=OutcomeKind.PRUNED, rule="behind", clock_seconds=3.0)
    trial = ended(TrialState.PRUNED, record=outcome.to_json())
    assert outcome_of(trial) == outcome
    assert outcome_kind_of(trial) == "pruned"


@pytest.mark.parametrize(
    ("state", "record", "kind"),
    [
        (TrialState.COMPLETE, {"reached_seconds": 2.0}, "reached"),
        (TrialState.COMPLETE, {}, "exhausted"),
        (TrialState.PRUNED, {}, "pruned"),
        (TrialState.FAIL, {}, "crashed"),
    ],
)
@pytest.mark.parametrize("given", [{}, {"kind": "solved"}, {"kind": None}])
def test_of_a_kind_that_is_not_known_the_trials_state_tells(
    state: TrialState, record: dict[str, Any], kind: str, given: dict[str, Any]
) -> None:
    trial = ended(state, record={**record, **given, "clock_seconds": 7.0})
    assert outcome_kind_of(trial) == kind
    outcome = outcome_of(trial)
    assert outcome is not None
    assert (outcome.kind, outcome.clock_seconds) == (OutcomeKind(kind), 7.0)


@pytest.mark.parametrize(
    ("state", "kind"), [("COMPLETE", "exhausted"), ("PRUNED", "pruned"), ("FAIL", "crashed"), ("RUNNING", None)]
)
def test_a_trial_of_another_program_has_a_kind_but_no_outcome(state: str, kind: str | None) -> None:
    trial = ended(TrialState[state])
    assert outcome_of(trial) is None
    assert outcome_kind_of(trial) == kind
    assert outcome_of(ended(TrialState[state], record=["of another program"])) is None


def test_ticks_are_read_back_whatever_other_columns_there_are() -> None:
    stored = {"index": [1, 2], "clock_seconds": [5.0, 10.0], "best": [None, 3.0], "of_another_version": ["a", "b"]}
    ticks = [Tick(index=1, clock_seconds=5.0), Tick(index=2, clock_seconds=10.0, best=3.0)]
    assert ticks_of(ended(ticks=stored)) == ticks
    assert ticks_of(ended(ticks={**stored, "index": []})) == []


@pytest.mark.parametrize("stored", [None, {}, {"index": [1]}, {"clock_seconds": [5.0]}])
def test_no_ticks(stored: Any) -> None:
    assert ticks_of(ended(ticks=stored)) is None
    assert ticks_of(ended()) is None


@pytest.mark.parametrize(
    ("state", "final", "expected"),
    [
        ("COMPLETE", False, True),
        ("PRUNED", False, True),
        ("FAIL", False, False),
        ("FAIL", True, True),
        ("RUNNING", True, False),
        ("WAITING", False, False),
    ],
)
def test_what_counts_toward_the_budget(state: str, final: bool, expected: bool) -> None:
    assert counts(ended(TrialState[state], **({attributes.FINAL: True} if final else {}))) is expected
