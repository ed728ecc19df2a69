"""When a run says that its target may be out of reach."""

from dataclasses import replace

import pytest

from tests.cli.printing.test_run_result import GIVEN, printed
from tuner.analysis import summary_data
from tuner.cli.printing.run_result import result_data
from tuner.cli.printing.target_doubt import target_doubt


@pytest.fixture
def report(stored):
    """Ten trials far from the target of 10, six of them hopeless and one that spent its budget."""
    facts = {"finished": 10, "outcomes": {"pruned": 9, "exhausted": 1}, "rules": {"hopeless": 6, "behind": 3}}
    return replace(summary_data(stored[2]), **facts, best_returns=[3.25, 2.0, -1.0])


def test_the_best_returns_are_told(stored, report):
    config, summary, _ = stored
    (line,) = [line for line in printed(GIVEN, summary, report, config) if "out of reach" in line]
    assert "target of 10 may be out of reach in 100 s: 7 of 10 trials" in line
    assert "The best earned 3.25, 2.00, -1.00." in line
    assert result_data(summary, report, {})["run"]["target_doubt"] == line


@pytest.mark.parametrize(
    "facts",
    [
        {"outcomes": {"reached": 1, "pruned": 8, "exhausted": 1}},
        {"rules": {"hopeless": 4, "behind": 5}},  # five of ten are not most
        {"best_returns": [7.5, 2.0]},  # a quarter of 10 is missing
        {"best_returns": []},
        {"finished": 2, "outcomes": {"pruned": 2}, "rules": {"hopeless": 2}},
        {"objective": "return_at_budget"},
        {"target": None},
    ],
)
def test_there_is_no_doubt(report, facts):
    assert target_doubt(report) is not None
    assert target_doubt(replace(report, **facts)) is None


@pytest.mark.parametrize(("best", "doubted"), [(-250.0, False), (-251.0, True), (-1200.0, True)])
def test_targets_below_zero(report, best, doubted):
    assert (target_doubt(replace(report, target=-200.0, best_returns=[best])) is not None) == doubted


def test_a_study_knows_its_best_returns(stored):
    assert summary_data(stored[2]).best_returns == pytest.approx([10.0, 4.63], abs=0.01)
