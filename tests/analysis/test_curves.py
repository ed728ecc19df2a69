"""Learning curves, against the formulas of `tests/study/toy.py`."""

import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.analysis import curves_data


def test_a_curve_ends_with_its_trial(lab: Lab) -> None:
    # x = 0.3 reaches 10 at 20 s: ticks at 5, 10, 15 s show 2.5, 5, 7.5; the scores carried forward are no ticks
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.3})
    lab.run(config)
    table = curves_data(lab.load(config))
    assert table["tick"].tolist() == [1, 2, 3]
    assert table["clock_seconds"].tolist() == [5.0, 10.0, 15.0]
    assert table["estimate"].tolist() == table["best"].tolist() == [2.5, 5.0, 7.5]
    assert table["number"].tolist() == [0, 0, 0]
    assert table["outcome"].tolist() == ["reached"] * 3
    assert table["low"].isna().all()


def test_a_running_trials_curve_is_read_back_from_its_scores(lab: Lab) -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    config = lab.config(fixed={"x": 0.8})
    with pytest.raises(Killed):
        lab.run(config, listener=toy.Stopper(0, 3, die))
    table = curves_data(lab.load(config))
    assert table["best"].tolist() == pytest.approx([10 * t / 120 for t in (5, 10, 15)])
    assert table["estimate"].isna().all()


def test_no_trials(lab: Lab) -> None:
    config = lab.config()
    manager = lab.manager(config)
    manager.request_stop()
    manager.run()
    assert curves_data(lab.load(config)).empty


def test_a_trial_that_reached_before_its_first_tick_has_no_curve(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1, "ticks": 2}, fixed={"x": 0.3})  # ticks at 50 and 100 s
    lab.run(config)
    assert curves_data(lab.load(config)).empty
