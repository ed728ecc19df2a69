from dataclasses import replace
from pathlib import Path

import pytest
from _runs_file import Run
from _training_runs import Planned, check_configurations, turns

from tuner.config import ActionBox, AgentConfig, TaskConfig
from tuner.records import Outcome, OutcomeKind

AGENT = AgentConfig(algorithm="sac", arguments={"gamma": 0.98})
BOX = ActionBox(low=(-2.0,), high=(2.0,))


def planned(agent: AgentConfig = AGENT) -> Planned:
    return Planned(TaskConfig(id="Cartpole"), "fused", agent, seed=0, target=4.0, budget_seconds=60.0)


def finished(agent: AgentConfig) -> Run:
    outcome = Outcome(OutcomeKind.EXHAUSTED, agent=agent.to_json())
    return Run.of(outcome, [], **planned().asked(threads=2))


def test_variants_take_turns_so_that_none_is_always_first():
    assert list(turns(["a", "b"], first_seed=3, seeds=2)) == [(3, "a"), (3, "b"), (4, "b"), (4, "a")]


def test_a_finished_run_answers_the_question_that_was_planned():
    assert finished(AGENT).question == tuple(planned().asked(threads=2).values())


def test_a_run_for_the_whole_budget_is_another_question_than_one_until_the_target():
    whole = replace(planned(), stop_at_target=False)
    assert not whole.spec(threads=2).stop_at_target
    assert planned().spec(threads=2).stop_at_target
    assert Run.of(Outcome(OutcomeKind.EXHAUSTED), [], **whole.asked(threads=2)).question != finished(AGENT).question


def test_runs_of_the_same_configuration_are_gone_on_with(tmp_path: Path):
    # The fraction of the task's box was resolved to numbers when the run was made.
    resolved = AGENT.model_copy(update={"action_box": BOX})
    fraction = AGENT.model_copy(update={"action_bound_fraction": 0.02})
    check_configurations([planned(fraction)], [finished(resolved)], tmp_path / "runs.jsonl")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (AGENT.model_copy(update={"arguments": {"gamma": 0.99}}), "arguments"),
        (AGENT.model_copy(update={"action_box": ActionBox(low=(-1.0,), high=(2.0,))}), "action_box"),
    ],
)
def test_runs_of_another_configuration_are_not_mixed_in(tmp_path: Path, changed: AgentConfig, name: str):
    stored = finished(AGENT.model_copy(update={"action_box": BOX}))
    with pytest.raises(SystemExit, match=rf"runs\.jsonl holds runs of Cartpole, fused, with other .*{name}.*"):
        check_configurations([planned(changed)], [stored], tmp_path / "runs.jsonl")
