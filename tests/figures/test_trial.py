"""One trial: the curve of a trial that rises in a straight line, and its ledger."""

import pytest

from tests.figures.studies import crashing, empty, fast_and_slow
from tests.study import toy
from tests.study.toy import Lab
from tuner.errors import UserError
from tuner.figures import (
    trial_curve_data,
    trial_curve_figure,
    trial_evaluations_data,
    trial_ledger_data,
    trial_ledger_figure,
)
from tuner.records import Evaluation, OutcomeKind


@pytest.fixture(scope="module")
def study():
    return fast_and_slow()


def test_a_curve_has_a_row_for_each_tick(study):
    # 10 in 20 s: 2.5, 5, 7.5 at the ticks of 5, 10, 15 s
    curve = trial_curve_data(study, 0)
    assert curve["clock_seconds"].tolist() == [5.0, 10.0, 15.0]
    assert curve["estimate"].tolist() == curve["best"].tolist() == [2.5, 5.0, 7.5]
    assert curve["low"].isna().all()
    assert len(trial_curve_data(study, 1)) == 20


def test_the_curve_is_drawn_in_its_outcomes_colour_with_the_target(study):
    fast, slow = trial_curve_figure(study, 0), trial_curve_figure(study, 1)
    assert [list(trace.y) for trace in fast.data] == [[2.5, 5.0, 7.5]]
    assert fast.data[0].line.color != slow.data[0].line.color
    assert [note.text for note in fast.layout.annotations] == ["target 10"]
    assert "reached the target" in fast.layout.title.text
    assert "budget spent" in slow.layout.title.text


def test_evaluations_are_marks_with_two_standard_errors():
    evaluation = Evaluation(clock_seconds=12.0, mean=4.0, standard_error=0.5, episodes=4, mean_length=100.0)
    lab = Lab(None)
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.8})
    facts = {"evaluations": [evaluation.to_json()], "clock_seconds": 20.0}
    lab.run(config, recordings=lambda spec: toy.failing(OutcomeKind.EXHAUSTED, spec, **facts))
    study = lab.load(config)
    assert trial_evaluations_data(study, 0).to_dict("list") == {
        "clock_seconds": [12.0],
        "mean": [4.0],
        "standard_error": [0.5],
    }
    (marks,) = (trace for trace in trial_curve_figure(study, 0).data if "evaluation" in trace.name)
    assert (list(marks.x), list(marks.y), list(marks.error_y.array)) == ([12.0], [4.0], [1.0])


def test_a_ledger_has_every_account(study):
    ledger = trial_ledger_data(study, 0).set_index("account")
    assert ledger["seconds"].to_dict() == {
        "launch": 3.0,
        "simulate": 20.0,
        **dict.fromkeys(("compile", "act", "learn", "evaluate", "report", "idle"), 0.0),
    }
    assert ledger.index[ledger["training"]].tolist() == ["act", "simulate", "learn"]
    figure = trial_ledger_figure(study, 0)
    assert "20.0 of 23.0 s were training clock" in figure.layout.title.text


def test_nothing_to_draw_is_no_figure():
    study = crashing()
    assert trial_ledger_figure(study, 0) is None
    assert trial_curve_figure(study, 0) is not None


def test_an_unknown_trial(study):
    with pytest.raises(UserError, match="has no trial 2; its trials: 0 to 1"):
        trial_curve_figure(study, 2)
    with pytest.raises(UserError, match="its trials: none yet"):
        trial_ledger_figure(empty(), 0)
