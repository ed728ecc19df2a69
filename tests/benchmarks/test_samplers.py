import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
import samplers

from tests.replay.recorded import DISTRIBUTIONS, FACTS, recordings, rising, study
from tuner.replay import ArmResult, RecordingsFile, StudyResult, Surrogate, check_arms, replay_data


def valley(count: int = 30):
    """Return runs that are quickest, 20 s, at x = 0.5; a warm start is at 0.3."""
    places = [0.3, *np.linspace(0.0, 1.0, count - 1).tolist()]
    runs = [rising(f"{place}", 20.0, 20.0 + 300.0 * (x - 0.5) ** 2, x=x) for place, x in enumerate(places)]
    return [replace(runs[0], origin="start"), *runs[1:]]


def test_all_arms_are_valid_and_some_need_a_start():
    data = replay_data([recordings(valley())])
    families = samplers.variants(Surrogate(data))
    arms = [arm for family in families.values() for arm in family]
    arms += [*samplers.mixtures(families["local"][1]), *samplers.others(), *samplers.gaussian_processes()]
    check_arms(arms, data.config.objective, data.config.budget, trials=20)
    without = samplers.variants(Surrogate(replace(data, starts=())))
    assert len(without["cmaes"]) == len(families["cmaes"]) - 1


def test_mixtures_have_the_options_of_the_local_search():
    mixed = samplers.mixtures(samplers.named("near", "local", parents=5))
    assert mixed[0].sampler.options == {"parents": 5, "explore": 0.15, "explorer": "tpe"}


def test_cmaes_begins_around_the_start():
    distributions = dict.fromkeys("ab", DISTRIBUTIONS["x"])
    study = optuna.create_study(sampler=samplers.cmaes_from({"a": 0.2, "b": 0.7}, distributions, 0))
    seen = []
    for _ in range(12):
        trial = study.ask(distributions)
        study.tell(trial, 1.0)
        seen.append([trial.params["a"], trial.params["b"]])
    assert np.mean(seen[1:], axis=0) == pytest.approx([0.2, 0.7], abs=0.1)
    assert np.std(seen[1:], axis=0).max() < 0.2


def test_proposals_are_timed(monkeypatch, capsys):
    ticks = iter(range(100))
    monkeypatch.setattr(samplers.time, "perf_counter", lambda: 0.5 * next(ticks))
    arms = samplers.timed([samplers.named("chance", "random")], Surrogate(replay_data([recordings(valley())])), 4)
    assert [arm.proposal_seconds for arm in arms] == [0.5]
    assert capsys.readouterr().out == "Seconds for a proposal: chance 0.500\n"


def result(name: str, *seconds: float | None) -> ArmResult:
    return ArmResult(name, tuple(StudyResult((), 100.0, each, 1.0, 0.0, 0, 0, 0, 0) for each in seconds))


def test_the_quickest_of_a_family_is_chosen():
    arms = [samplers.named(name, "random") for name in "abc"]
    results = [result("other", 1.0), result("a", None), result("b", 20.0), result("c", 20.0)]
    assert samplers.quickest(arms, results, np.array([30.0])).name == "b"


def test_the_winner_is_named_with_its_shares_of_the_others(capsys):
    results = [result("tpe", 40.0, 80.0), result("local", 20.0, 40.0), result("random", None, 100.0)]
    samplers.print_winner(results, [result("gp", 30.0)], np.array([200.0, 150.0]))
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[0].startswith("local wins")
    assert lines[1] == "local / tpe: 0.50 (0.50 … 0.50)"
    assert lines[2].startswith("local / random: 0.20 (")  # 60 of 200 + 100 s
    assert lines[3] == "gp / local: 1.50, 1 studies"
    assert len(lines) == 4  # TPE is both the default and the next one


@pytest.fixture
def path(tmp_path: Path):
    file = RecordingsFile(tmp_path / "curves.jsonl", study(), FACTS, DISTRIBUTIONS)
    for each in valley():
        file.append(each)
    return tmp_path / "curves.jsonl"


def replayed(path: Path, monkeypatch, capsys, *options: str) -> str:
    arguments = ["samplers.py", str(path), "--trials", "8", "--repeats", "2", "--jobs", "1", *options]
    monkeypatch.setattr(sys, "argv", arguments)
    samplers.main()
    return capsys.readouterr().out


def test_samplers_are_compared_from_the_warm_start(path: Path, monkeypatch, capsys):
    # 20 + 300 · 0.2² = 32 s until half of the plateau of 20, which is the target.
    out = replayed(path, monkeypatch, capsys, "--slow-repeats", "1", "--figure", str(path.with_suffix(".html")))
    assert "warm starts: 3" in out
    for row in ("mixed, 30% tpe", "cmaes from start", "tpe, Optuna's", "gp on log scores", "wins", "/ tpe: "):
        assert row in out
    assert path.with_suffix(".html").exists()


def test_samplers_are_compared_without_a_warm_start_and_again_with_the_same_numbers(path: Path, monkeypatch, capsys):
    options = ("--cold", "--slow-repeats", "0", "--free-proposals")
    first, again = (replayed(path, monkeypatch, capsys, *options) for _ in range(2))
    assert "warm starts: none" in first
    for row in ("cmaes from start", "gp"):
        assert row not in first
    assert first.splitlines()[:-1] == again.splitlines()[:-1]
