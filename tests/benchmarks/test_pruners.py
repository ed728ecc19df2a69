import sys
from dataclasses import replace
from pathlib import Path

import pruners
import pytest

from tests.replay.recorded import DISTRIBUTIONS, FACTS, family, recordings, rising, run, study
from tuner.analysis import Estimated
from tuner.replay import ArmSummary, RecordingsFile, check_arms, replay_data


def data_of(*runs):
    return replay_data([recordings(list(runs))])


def test_rises_are_those_of_the_recorded_runs():
    # By 0.4 in units of the target of 10, and from a gap of 1 − 20/(1 + e^2.5) / 10 = 0.85 to the target.
    mean, std = pruners.rises(data_of(run("a", [1.0, 5.0], x=0.1), rising("b", 20.0, 30.0, x=0.2)))
    assert mean == pytest.approx((0.4 + 0.848) / 2, abs=0.002)
    assert std == pytest.approx((0.848 - 0.4) / 2, abs=0.002)


def test_all_arms_are_valid():
    data = data_of(*family(20))
    arms = [*pruners.variants(data), *pruners.rivals(40)]
    check_arms(arms, data.config.objective, data.config.budget, trials=20)


def summary(name: str, seconds: float, false: float | None) -> ArmSummary:
    one = Estimated(seconds, None, None)
    wrong = None if false is None else Estimated(false, None, None)
    return ArmSummary(name, 1.0, one, None, one, one, wrong, one, stopped=1.0, cut=0.0)


def test_the_quickest_variant_with_few_false_prunes_is_chosen():
    arms = [pruners.ours(name) for name in "abc"]
    rows = [summary("a", 30.0, None), summary("b", 20.0, 0.04), summary("c", 10.0, 0.06)]
    assert pruners.chosen(arms, rows).name == "b"
    assert pruners.chosen(arms, [replace(row, false_prunes=Estimated(0.5, None, None)) for row in rows]).name == "c"


def test_variants_and_rivals_are_compared(tmp_path: Path, monkeypatch, capsys):
    file = RecordingsFile(tmp_path / "curves.jsonl", study(), FACTS, DISTRIBUTIONS)
    for each in family(40):
        file.append(each)
    options = [str(tmp_path / "curves.jsonl"), "--repeats", "2", "--trials", "12", "--jobs", "1"]
    monkeypatch.setattr(sys, "argv", ["pruners.py", *options, "--figure", str(tmp_path / "arms.html")])
    pruners.main()
    out = capsys.readouterr().out
    for row in ("capping alone", "s-curve alone", "median on steps", "ASHA, grace 1/9", "none", "chosen / median on"):
        assert row in out
    assert (tmp_path / "arms.html").exists()


def test_a_file_that_is_no_recording_is_named(tmp_path: Path, monkeypatch):
    (tmp_path / "other.jsonl").write_text("{}\n")
    monkeypatch.setattr(sys, "argv", ["pruners.py", str(tmp_path / "other.jsonl")])
    with pytest.raises(SystemExit, match="is not a file of recorded curves"):
        pruners.main()
