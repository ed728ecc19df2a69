import argparse
from dataclasses import replace
from pathlib import Path

import pytest
from _runs_file import Run, read_runs
from _training_runs import Planned, check_configurations, plan, train_all, turns

from tuner.config import ActionBox, AgentConfig, JointBox, Network, TaskConfig
from tuner.records import Outcome, OutcomeKind
from tuner.workers import LocalPool

AGENT = AgentConfig(algorithm="sac", arguments={"gamma": 0.98})
BOX = ActionBox(low=(-2.0,), high=(2.0,))


def planned(agent: AgentConfig = AGENT) -> Planned:
    return Planned(TaskConfig(id="Cartpole"), "fused", agent, seed=0, target=4.0, budget_seconds=60.0)


def finished(asked: Planned, agent: AgentConfig = AGENT) -> Run:
    milestones = [{"goal": goal, "reached_seconds": None} for goal in asked.milestones]
    outcome = Outcome(OutcomeKind.EXHAUSTED, agent=agent.to_json(), milestones=milestones)
    return Run.of(outcome, [], **asked.asked(threads=2))


def test_variants_take_turns_so_that_none_is_always_first():
    assert list(turns(["a", "b"], first_seed=3, seeds=2)) == [(3, "a"), (3, "b"), (4, "b"), (4, "a")]


@pytest.mark.parametrize("milestones", [(), (1.0, 2.0)])
def test_a_finished_run_answers_the_question_that_was_planned(milestones):
    asked = replace(planned(), milestones=milestones)
    assert finished(asked).question == asked.question(threads=2)
    assert asked.spec(threads=2).objective.milestones == milestones


def test_a_run_for_the_whole_budget_is_another_question_than_one_until_the_target():
    whole = replace(planned(), stop_at_target=False)
    assert not whole.spec(threads=2).stop_at_target
    assert planned().spec(threads=2).stop_at_target
    assert finished(whole).question != finished(planned()).question


def test_milestones_lie_below_the_target_that_was_asked_for():
    arguments = argparse.Namespace(target=15.0, budget_seconds=None, first_seed=0, seeds=1)
    (run,) = plan(
        TaskConfig(id="Cartpole"), {"sac": AGENT}, arguments, target=25.0, budget_seconds=9.0, milestones=(5.0, 15.0)
    )
    assert (run.target, run.milestones, run.budget_seconds) == (15.0, (5.0,), 9.0)


def test_runs_of_the_same_configuration_are_gone_on_with(tmp_path: Path):
    # What was asked for counts, not what the task made of it: joints' ranges and degrees become numbers.
    asked = planned(AGENT.model_copy(update={"joint_box": JointBox(ranges={".*": 30.0}), "std_unit": "degrees"}))
    stored = finished(asked, AGENT.model_copy(update={"action_box": BOX}))
    check_configurations([asked], [stored], tmp_path / "runs.jsonl")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (AGENT.model_copy(update={"arguments": {"gamma": 0.99}}), "arguments"),
        (AGENT.model_copy(update={"action_box": BOX}), "action_box"),
    ],
)
def test_runs_of_another_configuration_are_not_mixed_in(tmp_path: Path, changed: AgentConfig, name: str):
    with pytest.raises(SystemExit, match=rf"runs\.jsonl holds runs of Cartpole, fused, with other {name}\."):
        check_configurations([planned(changed)], [finished(planned())], tmp_path / "runs.jsonl")


def test_runs_that_do_not_say_their_configuration_are_not_gone_on_with(tmp_path: Path):
    stored = replace(finished(planned()), configuration=None)
    with pytest.raises(SystemExit, match="of an older version, without their configurations"):
        check_configurations([planned()], [stored], tmp_path / "runs.jsonl")


def small(variant: str) -> Planned:
    arguments = {"n_steps": 16, "batch_size": 64, "n_epochs": 1}
    agent = AgentConfig(algorithm="ppo", arguments=arguments, network=Network(pi=(32, 32), qf=(32, 32)))
    task = TaskConfig(id="Cartpole", num_envs=8)
    return Planned(task, variant, agent, 0, -98.0, 0.5, stop_at_target=False, milestones=(-99.0,))


@pytest.mark.slow
def test_runs_are_trained_evaluated_and_kept_and_only_what_is_left_is_trained(tmp_path: Path, capsys):
    file = tmp_path / "runs.jsonl"
    train_all([small("first")], file, jobs=1, threads=1)
    train_all([small("first"), small("second")], file, jobs=1, threads=1)
    first, second = read_runs(file)
    assert (first.variant, second.variant) == ("first", "second")
    assert capsys.readouterr().out.count("seed 0") == 2
    assert first.clock_seconds >= 0.5
    assert first.goals == (-99.0, -98.0)
    assert first.final_evaluation == first.evaluations[-1]
    assert first.final_evaluation["episodes"] == 8
    assert set(first.final_evaluation["metrics"]) == {"pole_angle", "cart_distance"}
    assert first.final_return == first.final_evaluation["mean"]


def test_an_interruption_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalPool, "submit", interrupted)
    with pytest.raises(SystemExit, match=r"runs\.jsonl; the same command with --resume goes on"):
        train_all([small("first")], tmp_path / "runs.jsonl", jobs=1, threads=1)
