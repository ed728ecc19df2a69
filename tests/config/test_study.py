"""Studies as models: what contradicts itself, and that a study written out and read back is the same study."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import Phase, given, settings
from pydantic import ValidationError

from tuner.config import (
    DEFAULT_STORAGE,
    ActionBoundsFile,
    BoundsTask,
    BudgetConfig,
    ConfirmConfig,
    ObjectiveConfig,
    PrunerConfig,
    SamplerConfig,
    StudyConfig,
    TaskConfig,
    WorkersConfig,
    dump_study,
    load_study,
)
from tuner.config.recipes import Recipe

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
NAME = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,15}", fullmatch=True)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
SECONDS = st.floats(min_value=1e-3, max_value=1e9)
COUNT = st.integers(1, 10**9)
SCALAR = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | FINITE | TEXT
JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
OPTIONS = st.dictionaries(TEXT, JSON, max_size=3)
RECIPE = st.builds(
    Recipe,
    name=NAME,
    algorithm=st.none() | st.just("sac"),
    values=OPTIONS.filter(bool),
    file_values=OPTIONS,
    parameters=st.dictionaries(TEXT, SCALAR, max_size=2),
    num_envs=st.none() | COUNT,
)

STUDIES = st.builds(
    StudyConfig,
    study=NAME,
    task=st.builds(TaskConfig, id=NAME, simulator=NAME, num_envs=COUNT, options=OPTIONS),
    search_space=NAME,
    fixed=OPTIONS,
    warm_start=st.lists(TEXT | RECIPE, max_size=3, unique_by=lambda start: getattr(start, "name", start)).map(tuple),
    objective=st.builds(ObjectiveConfig, target=FINITE)
    | st.builds(ObjectiveConfig, kind=st.just("return_at_budget"), target=st.none() | FINITE),
    budget=st.builds(
        BudgetConfig, seconds=SECONDS, trials=COUNT, total_seconds=st.none() | SECONDS, ticks=st.integers(1, 500)
    ),
    sampler=st.builds(SamplerConfig, kind=NAME, seed=st.integers(0, 2**32), options=OPTIONS),
    pruner=st.builds(PrunerConfig, kind=NAME, options=OPTIONS),
    confirm=st.none() | st.builds(ConfirmConfig, top=COUNT, seeds=COUNT, reference=st.none() | NAME),
    workers=st.builds(WorkersConfig, count=COUNT, threads=COUNT, retries=st.integers(0, 9), launch_seconds=SECONDS),
    storage=TEXT,
)


PHASES = [phase for phase in Phase if phase is not Phase.explain]  # explaining a failure can take minutes


@given(study=STUDIES)
@settings(max_examples=150, deadline=None, phases=PHASES)
def test_yaml_round_trip(study: StudyConfig, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.yaml"
    path.write_text(dump_study(study), encoding="utf-8")
    found = load_study(path)
    assert found == study
    assert found.model_dump_json() == study.model_dump_json()  # 1 and 1.0 and true are equal, but not the same


@given(study=STUDIES)
@settings(max_examples=100, deadline=None, phases=PHASES)
def test_json_round_trip(study: StudyConfig) -> None:
    assert StudyConfig.model_validate_json(study.model_dump_json()) == study


MINIMAL: dict[str, Any] = {
    "study": "tiny",
    "task": {"id": "Cartpole"},
    "search_space": "sac_speed",
    "objective": {"target": 4.5},
}


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        StudyConfig.model_validate(MINIMAL | changes)
    return str(caught.value)


def test_a_study_is_kept_in_the_default_storage() -> None:
    assert StudyConfig.model_validate(MINIMAL).storage == DEFAULT_STORAGE


def test_a_time_to_return_needs_a_target_and_a_return_at_the_budget_does_not() -> None:
    assert "needs a target" in refused(objective={})
    objective = {"kind": "return_at_budget"}
    assert StudyConfig.model_validate(MINIMAL | {"objective": objective}).objective.target is None


@pytest.mark.parametrize(
    ("objective", "why"),
    [
        ({"milestones": [5.0, 10.0], "target": 10.0}, "below the target of 10"),
        ({"milestones": [8.0, 5.0], "target": 10.0}, "must rise from one to the next"),
        ({"milestones": [5.0, 5.0], "target": 10.0}, "must rise from one to the next"),
        ({"milestones": [5.0], "kind": "return_at_budget"}, "on the way to a target"),
        ({"milestones": [float("nan")], "target": 10.0}, "finite"),
        ({"milestones": [float("-inf")], "target": 10.0}, "finite"),
    ],
)
def test_milestones_rise_to_the_target(objective: dict[str, Any], why: str) -> None:
    assert why in refused(objective=objective)
    assert ObjectiveConfig.model_validate({"milestones": [-300, -250.5], "target": -200}).milestones == (-300.0, -250.5)


@pytest.mark.parametrize("name", ["", ".hidden", "../up", "a b", "a/b"])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    assert "study" in refused(study=name)


def test_a_warm_start_named_twice_is_refused() -> None:
    assert "a warm start is named twice" in refused(warm_start=["a", "b", "a"])


def test_action_bounds_of_another_task_are_refused() -> None:
    bounds = ActionBoundsFile(task=BoundsTask(id="Reach"), source="fraction", fraction=0.1, low=(-1.0,), high=(1.0,))
    assert "found on Reach" in refused(action_bounds=bounds)
    same = bounds.model_copy(update={"task": BoundsTask(id="Cartpole")})
    assert StudyConfig.model_validate(MINIMAL | {"action_bounds": same}).action_bounds == same
