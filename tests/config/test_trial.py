"""What crosses the pipe to a worker."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tuner.config import ActionBox, AgentConfig, ObjectiveConfig, TaskConfig, TrialSpec

SPEC = TrialSpec(
    study="s",
    number=3,
    seed=7,
    task=TaskConfig(id="Cartpole", num_envs=8, options={"noise": False}),
    agent=AgentConfig(algorithm="tqc", action_box=ActionBox(low=(-1.5,), high=(2.5,))),
    objective=ObjectiveConfig(target=4.5),
    budget_seconds=30.0,
    ticks=10,
)


def test_a_trial_survives_json() -> None:
    text = json.dumps(SPEC.model_dump(mode="json"))
    assert TrialSpec.model_validate(json.loads(text)) == SPEC


def test_a_trial_is_a_first_attempt_that_ends_at_its_target_and_writes_nothing() -> None:
    assert (SPEC.attempt, SPEC.stop_at_target, SPEC.final_evaluation) == (0, True, False)
    assert (SPEC.start_from, SPEC.directory) == (None, None)


@pytest.mark.parametrize(
    ("key", "value"),
    [("number", -1), ("attempt", -1), ("seed", -1), ("budget_seconds", 0.0), ("ticks", 0), ("threads", 0)],
)
def test_numbers_that_cannot_be(key: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        TrialSpec.model_validate({**SPEC.model_dump(mode="json"), key: value})
    assert [details["loc"] for details in caught.value.errors()] == [(key,)]


def test_a_stored_trial_is_read_without_the_keys_of_another_version() -> None:
    data = SPEC.model_dump(mode="json")
    stored = {**data, "new": 1, "task": {**data["task"], "new": {"a": 1}}}
    assert TrialSpec.from_stored(stored, complete=("agent",)) == SPEC
    assert stored["new"] == 1, "what was given stays as it is"
    other_agent = {**data, "agent": {**data["agent"], "new": 1}}
    assert TrialSpec.from_stored(other_agent) == SPEC
    with pytest.raises(ValidationError, match="new"):
        TrialSpec.from_stored(other_agent, complete=("agent",))
    with pytest.raises(ValidationError, match="seed"):
        TrialSpec.from_stored({**stored, "seed": "one"})
