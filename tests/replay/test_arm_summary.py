import numpy as np
import pytest

from tuner.replay import ArmResult, StudyResult, found_seconds, ratio, summarize_arms


def study(**changes) -> StudyResult:
    facts = {
        "incumbents": ((10.0, 50.0), (20.0, 30.0)),
        "wall_seconds": 100.0,
        "found_seconds": 20.0,
        "worker_seconds": 200.0,
        "loser_seconds": 150.0,
        "stopped": 5,
        "judged": 4,
        "lost": 1,
        "cut": 0,
    }
    return StudyResult(**{**facts, **changes})


def test_sums_are_compared_and_a_study_keeps_its_pair():
    estimated = ratio(np.array([1.0, 3.0]), np.array([2.0, 6.0]))
    assert estimated.value == 0.5
    assert (estimated.low, estimated.high) == (0.5, 0.5)  # whichever studies are drawn
    wide = ratio(np.array([0.0, 1.0] * 50), np.ones(100))
    # the standard error of a share of a half of 100 is 0.05
    assert wide.low == pytest.approx(0.4, abs=0.03)
    assert wide.high == pytest.approx(0.6, abs=0.03)


def test_one_study_has_no_interval():
    estimated = ratio(np.array([1.0]), np.array([2.0]))
    assert (estimated.value, estimated.low, estimated.high) == (0.5, None, None)


def test_a_study_that_never_found_it_counts_as_long_as_without_pruning():
    result = ArmResult("a", (study(), study(found_seconds=None)))
    assert found_seconds(result, np.array([300.0, 400.0])).tolist() == [20.0, 400.0]


def test_arms_are_summarized():
    first = ArmResult("first", (study(), study(found_seconds=40.0)))
    second = ArmResult("second", (study(found_seconds=10.0), study(found_seconds=None, stopped=0, judged=0, lost=0)))
    one, two = summarize_arms([first, second], np.array([300.0, 400.0]), 100.0)
    assert one.against_first is None
    assert one.found_seconds.value == 30.0
    assert two.against_first.value == pytest.approx(410 / 60)
    assert (one.found, two.found) == (1.0, 0.5)
    assert (one.false_prunes.value, two.false_prunes.value) == (0.25, 0.25)
    assert one.losers.value == 0.75
    assert one.final_seconds.value == 30.0
    assert (one.stopped, one.cut) == (5.0, 0.0)
    assert one.to_json()["found_seconds"]["value"] == 30.0


def test_nothing_stopped_has_no_false_prunes_and_no_incumbent_counts_as_the_budget():
    (arm,) = summarize_arms(
        [ArmResult("a", (study(stopped=0, judged=0, lost=0, incumbents=()),))], np.array([300.0]), 100.0
    )
    assert arm.false_prunes is None
    assert arm.final_seconds.value == 100.0
