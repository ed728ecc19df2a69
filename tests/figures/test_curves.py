"""Learning curves of trial folders and of studies."""

import json

import pandas as pd
import pytest

from tuner.analysis import curves_data, trials_data
from tuner.errors import UserError
from tuner.figures import curves_figure, study_curves_data, trial_curves_data
from tuner.figures._curves import OTHERS
from tuner.records import Tick


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes a trial's folder with the curve that is given, a return every 10 s."""

    def write(name, *estimates, **more):
        made = tmp_path / name
        made.mkdir()
        ticks = [
            Tick(index=index, clock_seconds=10.0 * index, estimate=value, best=value, **more)
            for index, value in enumerate(estimates, start=1)
        ]
        (made / "curve.jsonl").write_text("".join(json.dumps(tick.to_json()) + "\n" for tick in ticks))
        return made

    return write


def test_folders_become_rows(folder):
    data = trial_curves_data([folder("a", 1.0, 2.0), folder("b", 3.0)], ["before", "after"])
    assert data["label"].tolist() == ["before", "before", "after"]
    assert data["clock_seconds"].tolist() == [10.0, 20.0, 10.0]
    assert data["estimate"].tolist() == data["best"].tolist() == [1.0, 2.0, 3.0]
    assert data["low"].isna().all()


def test_each_label_has_its_own_line_and_one_entry_in_the_legend(folder):
    folders = [folder("a", 1.0, 2.0, low=0.0, high=5.0), folder("b", 3.0, 4.0), folder("c", 5.0, 6.0)]
    figure = curves_figure(trial_curves_data(folders, ["before", "after", "after"]), target=4.5, title="A1")
    lines = [trace for trace in figure.data if trace.name]
    assert [(line.name, line.showlegend) for line in lines] == [("before", True), ("after", True), ("after", False)]
    assert [list(line.y) for line in lines] == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert lines[1].line == lines[2].line
    assert lines[0].line.color != lines[1].line.color
    assert lines[0].line.dash != lines[1].line.dash
    (band,) = (trace for trace in figure.data if trace.fill)
    assert list(band.x) == [10.0, 20.0, 20.0, 10.0]
    assert list(band.y) == [5.0, 5.0, 0.0, 0.0]
    assert [note.text for note in figure.layout.annotations] == ["target 4.5"]
    assert figure.layout.xaxis.title.text == "training clock [s]"


def test_more_labels_than_colours_still_differ(folder):
    folders = [folder(str(number), 1.0) for number in range(15)]
    figure = curves_figure(trial_curves_data(folders, [f"trial {number}" for number in range(15)]))
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data}) == 15


def test_without_an_estimate_the_best_return_is_drawn(folder):
    made = folder("a")
    ticks = [Tick(index=1, clock_seconds=5.0, best=2.0), Tick(index=2, clock_seconds=10.0)]
    (made / "curve.jsonl").write_text("\n".join(json.dumps(tick.to_json()) for tick in ticks))
    figure = curves_figure(trial_curves_data([made], ["a"]))
    assert [list(trace.y) for trace in figure.data] == [[2.0]]
    ticks.append(Tick(index=3, clock_seconds=15.0, estimate=1.0, best=2.0))
    (made / "curve.jsonl").write_text("\n".join(json.dumps(tick.to_json()) for tick in ticks))
    figure = curves_figure(trial_curves_data([made], ["a"]))
    assert [list(trace.y) for trace in figure.data] == [[1.0]], "the two are never mixed in one line"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("{", "is not a learning curve"),
        ("[1]\n", "instead of a tick"),
        ('{"index": 1}\n', "is not a learning curve"),
    ],
)
def test_broken_curves(folder, text, message):
    made = folder("a")
    (made / "curve.jsonl").write_text(text)
    with pytest.raises(UserError, match=message):
        trial_curves_data([made], ["a"])


def test_fields_of_another_version_are_left_out(folder):
    made = folder("a")
    (made / "curve.jsonl").write_text('{"index": 1, "clock_seconds": 1.0, "estimate": 3.0, "colour": 2}\n')
    assert trial_curves_data([made], ["a"])["estimate"].tolist() == [3.0]


def test_a_folder_that_is_no_trials(tmp_path):
    with pytest.raises(UserError, match="Name a trial's folder"):
        trial_curves_data([tmp_path], ["a"])


def test_a_studys_best_trials_are_named_best_first():
    curves = pd.DataFrame(
        {
            "number": [0, 0, 1, 2],
            "outcome": None,
            "tick": [1, 2, 1, 1],
            "clock_seconds": [1.0, 2.0, 1.0, 1.0],
            "estimate": [5.0, 6.0, 7.0, 8.0],
            **dict.fromkeys(("low", "high", "best"), float("nan")),
        }
    )
    trials = pd.DataFrame(
        {"number": [0, 1, 2, 3], "rank": [3, 2, None, 1], "warm_start": ["sbx_default", None, None, None]}
    )
    data = study_curves_data(curves, trials, top=2)
    # trial 2 has no rank and comes first, below the others; trial 3 has no curve; trial 1 is better than trial 0
    assert data["label"].tolist() == [OTHERS, "trial 1", "trial 0 (sbx_default)", "trial 0 (sbx_default)"]
    assert data["estimate"].tolist() == [8.0, 7.0, 5.0, 6.0]
    figure = curves_figure(data)
    assert [trace.name for trace in figure.data] == [OTHERS, "trial 1", "trial 0 (sbx_default)"]
    assert study_curves_data(curves, trials, top=0)["label"].unique().tolist() == [OTHERS]


def test_a_real_studys_tables_fit(lab):
    # x = 0.3 reaches 10 at 20 s: ticks at 5, 10, 15 s show 2.5, 5, 7.5
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.3})
    lab.run(config)
    study = lab.load(config)
    data = study_curves_data(curves_data(study), trials_data(study), top=1)
    assert data["label"].tolist() == ["trial 0"] * 3
    assert data["estimate"].tolist() == [2.5, 5.0, 7.5]


def test_milestones_are_marked_beside_the_target_and_the_sentence_above_can_be_another(folder):
    data = trial_curves_data([folder("a", 1.0)], ["a"])
    figure = curves_figure(data, target=4.5, milestones=[2.0], subtitle="over seeds")
    assert [note.text for note in figure.layout.annotations] == ["target 4.5", "milestone 2"]
    assert "over seeds" in figure.layout.title.text
