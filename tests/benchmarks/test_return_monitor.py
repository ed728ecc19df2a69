import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import return_monitor
from _monitor_tables import Exact, Snapshot, read
from return_monitor import Case, chosen, spread_evenly

from tests.agents.small import small_config
from tuner.config import AgentConfig, TaskConfig
from tuner.policies import Policy


@dataclass(frozen=True)
class SmallCase(Case):
    """Agents that compile in a test."""

    def agent(self, algorithm: str) -> AgentConfig:
        return small_config(algorithm)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    case = SmallCase(TaskConfig(id="Cartpole", num_envs=8), target=-1e6, seconds={"sac": 2.0, "ppo": 2.0}, recipes={})
    monkeypatch.setattr(return_monitor, "CASES", {"Cartpole": case})

    def start(action: str, *options: str) -> Path:
        folder = tmp_path / "snapshots"
        given = {
            "train": ["--train", str(folder), "--seeds", "1", "--snapshots", "2"],
            "measure": [
                *("--measure", str(folder), "--output", str(tmp_path / "measured.jsonl"), "--policies", "1"),
                *("--episodes", "8", "--readings", "2"),
            ],
        }
        monkeypatch.setattr(sys, "argv", ["return_monitor.py", *given[action], "--threads", "1", *options])
        return_monitor.main()
        return folder / "snapshots.jsonl" if action == "train" else tmp_path / "measured.jsonl"

    return start


def snapshot(mean: float) -> Snapshot:
    return Snapshot("", "", 1, "sac", 0, 1.0, 1.0, 1.0, 1.0, Exact(mean, 0.0, 1), 1.0, 0.0, None, [])


def test_the_snapshots_that_are_measured_go_from_bad_to_good():
    assert [each.evaluation.mean for each in chosen([snapshot(mean) for mean in (9, 0, 8, 5, 10)], 3)] == [0, 5, 10]
    assert [each.evaluation.mean for each in chosen([snapshot(mean) for mean in (9, 0)], 3)] == [0, 9]


def test_fewer_probes_are_some_of_the_probes():
    assert spread_evenly(2, np.array([0, 4, 8, 12])).tolist() == [0, 8]


@pytest.mark.slow
def test_policies_are_kept_while_they_learn_and_then_measured(start, capsys):
    snapshots, _ = read(start("train"))
    assert [(each.algorithm, each.folder[-2:]) for each in snapshots] == [
        *(("sac", "01"), ("sac", "02")),
        *(("ppo", "01"), ("ppo", "02")),
    ]
    assert snapshots[0].clock_seconds < 2.0 <= snapshots[1].clock_seconds
    before = [(each.folder, each.clock_seconds) for each in snapshots]
    assert [(each.folder, each.clock_seconds) for each in read(start("train"))[0]] == before  # nothing is left to train

    copied, measured = read(start("measure"))
    assert copied == snapshots
    assert [(each.algorithm, each.setting) for each in measured] == [
        ("sac", "as in training"),
        ("ppo", "as in training"),
    ]
    sac, ppo = measured
    assert sac.exploring is None
    assert ppo.exploring is not None
    assert ppo.exploring != ppo.deterministic
    assert all(len(each.readings) == 2 and each.deterministic.episodes == 8 for each in measured)

    options = ("--algorithms", "sac", "--probes", "2", "4", "--windows", "40")
    measured = read(start("measure", *options))[1][2:]
    assert [each.setting for each in measured] == ["2 probes, a window of 40 steps", "4 probes, a window of 40 steps"]
    assert {each.deterministic for each in measured} == {sac.deterministic}
    assert "Cartpole, sac, 4 probes, a window of 40 steps" in capsys.readouterr().out
    assert len(read(start("measure"))[1]) == 4  # all is measured already


@pytest.mark.slow
def test_an_interrupted_training_goes_on_from_its_last_snapshot(start, monkeypatch):
    take, taken = return_monitor.Keeper.take, []

    def interrupted(keeper: return_monitor.Keeper) -> None:
        if taken:
            raise KeyboardInterrupt
        taken.append(keeper)
        take(keeper)

    monkeypatch.setattr(return_monitor.Keeper, "take", interrupted)
    with pytest.raises(SystemExit, match="the same command goes on"):
        start("train", "--algorithms", "ppo")
    monkeypatch.setattr(return_monitor.Keeper, "take", take)
    file = start("train", "--algorithms", "ppo")
    first, second = read(file)[0]
    assert first.clock_seconds < second.clock_seconds
    assert second.clock_seconds >= 2.0
    # Parameters, optimiser and normalisation go on: the second has seen the first one's observations, too.
    counts = [Policy.load(file.parent / each.folder).normalization.count for each in (first, second)]
    assert 8 < counts[0] < counts[1]

    with pytest.raises(SystemExit, match=r"Cartpole ppo 0 with 8 robots, 2 s"):
        start("train", "--algorithms", "ppo", "--seconds", "3")


def test_snapshots_must_have_been_made_before_they_are_measured(start):
    with pytest.raises(SystemExit, match="holds no snapshots"):
        start("measure")


def test_what_is_measured_needs_a_file(start, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["return_monitor.py", "--measure", str(tmp_path)])
    with pytest.raises(SystemExit):
        return_monitor.main()
    assert "--measure needs --output FILE" in capsys.readouterr().err


@pytest.mark.parametrize("case", return_monitor.CASES.values(), ids=return_monitor.CASES)
@pytest.mark.parametrize("algorithm", return_monitor.ALGORITHMS)
def test_each_task_has_an_agent_of_each_algorithm(case: Case, algorithm: str):
    assert case.agent(algorithm).algorithm == algorithm
