import sys
from dataclasses import replace
from pathlib import Path

import pytest
import record_curves
from _training_runs import Planned

from tuner.records import Outcome, OutcomeKind, Tick
from tuner.replay import draw_configurations, read_recordings
from tuner.spaces import load_space

SPACE = """
from tuner.config import AgentConfig, Network
from tuner.spaces import search_space


def first(task):
    return {"learning_rate": 0.001}


@search_space(warm_starts=(first,))
def small(trial):
    rate = trial.suggest_float("learning_rate", 1e-4, 1e-3)
    arguments = {"n_steps": 16, "batch_size": 64, "n_epochs": 1, "learning_rate": rate}
    return AgentConfig(algorithm="ppo", arguments=arguments, network=Network(pi=(32, 32), qf=(32, 32)))
"""
STUDY = """
study: small
task: {id: Cartpole, num_envs: 8}
search_space: ./space.py:small
warm_start: [first]
objective: {target: 100.0}
budget: {seconds: 0.5}
"""


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "space.py").write_text(SPACE)
    (tmp_path / "small.yaml").write_text(STUDY)

    def record(*options: str) -> Path:
        output = tmp_path / "curves.jsonl"
        study = str(tmp_path / "small.yaml")
        given = ["--study", study, "--ticks", "5", "--output", str(output), *options]
        monkeypatch.setattr(sys, "argv", ["record_curves.py", *given])
        record_curves.main()
        return output

    return record


@pytest.fixture
def unexpected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what is trained, by a stand-in for workers that reports one tick and a spent budget."""
    trained: list[str] = []

    def train_each(planned: list[Planned], keep, *_, **__) -> None:
        for run in planned:
            trained.append(run.variant)
            keep(run, Outcome(OutcomeKind.EXHAUSTED, clock_seconds=run.budget_seconds), [Tick(1, 0.1, best=1.0)])

    monkeypatch.setattr(record_curves, "train_each", train_each)
    return trained


@pytest.mark.slow
def test_curves_are_trained_and_recorded(record, capsys):
    recordings = read_recordings(record("--count", "1", "--second-seeds", "1"))
    assert [(run.configuration, run.origin) for run in recordings.runs] == [("000", "first")] * 2
    for run in recordings.runs:
        assert run.outcome.kind == OutcomeKind.EXHAUSTED
        assert [tick.clock_seconds for tick in run.ticks] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
        assert run.ticks[-1].env_steps > run.ticks[0].env_steps
        assert run.outcome.ledger["compile"] > 0
    assert "2 of 2" in capsys.readouterr().out


def test_a_recording_goes_on_where_it_ended(record, unexpected):
    record("--count", "2", "--second-seeds", "0")
    path = record("--count", "4", "--second-seeds", "0", "--resume")
    assert unexpected == ["000 first", "001 random", "002 near first", "003 random"]
    assert [run.configuration for run in read_recordings(path).runs] == ["000", "001", "002", "003"]


def test_other_configurations_under_the_same_names_are_not_mixed_in(record, unexpected):
    record("--count", "2")
    with pytest.raises(SystemExit, match=r"holds another configuration 001, drawn with another --seed"):
        record("--count", "2", "--seed", "1", "--resume")


def test_another_budget_is_another_recording(record, unexpected):
    record("--count", "1")
    with pytest.raises(SystemExit, match=r"(?s)recorded for something else:.*budget\.seconds"):
        record("--count", "1", "--budget-seconds", "3", "--resume")


def test_a_share_out_of_range_is_named(record):
    with pytest.raises(SystemExit, match="is 2, but lies between 0 and 1"):
        record("--near", "2")


def test_what_a_file_holds_is_printed(record, unexpected, capsys, monkeypatch):
    path = record("--count", "3", "--second-seeds", "1")
    monkeypatch.setattr(sys, "argv", ["record_curves.py", "--table", str(path)])
    capsys.readouterr()
    record_curves.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Cartpole, 8 robots, target 100, 0.5 s, 1 threads: 6 runs"
    assert lines[1].startswith("on ")
    assert lines[1].endswith(": 6 runs")
    assert [line.split()[:3] for line in lines[3:]] == [
        ["first", "1", "2"],
        ["random", "1", "2"],
        ["near", "first", "1"],
    ]


@pytest.mark.parametrize("task", sorted(record_curves.TASKS))
def test_the_tasks_have_configurations_at_random_and_near_good_ones(task):
    make, good, _ = record_curves.TASKS[task]
    config = make()
    draws = draw_configurations(
        config, load_space(config.search_space), count=4, near_share=0.5, second_seed_share=0.5, seed=0, good=good
    )
    planned = record_curves.plan_runs(config, draws)
    assert len(planned) == 6
    assert all(run.milestones == config.objective.milestones for run, _ in planned)
    assert replace(planned[0][0], seed=0) == replace(planned[1][0], seed=0)
