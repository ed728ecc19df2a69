import shlex
import sys

import number_of_robots
import pytest
from _runs_file import Run
from _training_runs import Planned
from number_of_robots import parse, planned

from tuner.records import Outcome, OutcomeKind


@pytest.fixture
def plan(monkeypatch):
    def plan(options: str = "") -> list[Planned]:
        monkeypatch.setattr(sys, "argv", ["number_of_robots.py", *shlex.split(f"--output none.jsonl {options}")])
        return planned(parse())

    return plan


def test_each_learner_is_trained_with_each_number_of_robots_seed_by_seed(plan):
    runs = plan("--robots 64 1024 --seeds 2")
    assert [(run.seed, run.variant, run.task.num_envs) for run in runs] == [
        *((0, "ppo_64", 64), (0, "sac_64", 64), (0, "ppo_1024", 1024), (0, "sac_1024", 1024)),
        *((1, "sac_64", 64), (1, "ppo_64", 64), (1, "sac_1024", 1024), (1, "ppo_1024", 1024)),
    ]


def test_ppo_collects_as_many_steps_of_each_robot_whatever_their_number(plan):
    few, many = plan("--robots 64 1024 --seeds 1 --arms ppo")
    assert few.agent.arguments["n_steps"] == many.agent.arguments["n_steps"]
    assert 16 * few.agent.arguments["batch_size"] == many.agent.arguments["batch_size"]


def test_sac_makes_as_many_updates_for_each_step_whatever_the_number_of_robots(plan):
    runs = plan("--robots 64 256 1024 4096 --seeds 1 --arms sac")

    def ratio(run: Planned) -> float:
        arguments = run.agent.arguments
        return arguments["gradient_steps"] / (arguments["train_freq"] * run.task.num_envs)

    assert len({ratio(run) for run in runs}) == 1


def test_the_tables_have_learner_by_learner_from_few_robots_to_many(plan, capsys):
    outcome = Outcome(
        OutcomeKind.EXHAUSTED, milestones=[{"goal": 15.0, "reached_seconds": None}], clock_seconds=900.0, env_steps=900
    )
    order = [run for run in plan("--seeds 1") if run.seed == 0]
    number_of_robots.print_tables([Run.of(outcome, [], **run.asked(1)) for run in reversed(order)])
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split()[0] for line in lines if line.split()[:1] and line.split()[0][:4] in {"ppo_", "sac_"}]
    wanted = [f"{name}_{number}" for name in ("ppo", "sac") for number in (64, 256, 1024, 4096)]
    assert rows == wanted * 2
