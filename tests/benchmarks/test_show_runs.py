import sys
from dataclasses import replace
from pathlib import Path

import action_bounds
import pytest
from _runs_file import Run, append_run
from _show_runs import curves_data, draw, draw_ranges, groups, ranges_data, summary

from tuner.records import Outcome, OutcomeKind, Tick

MACHINE = {"machine": {"cpu": "A Processor", "cores": 2, "system": "Linux"}}
ASKED = {"task": "Velocity-Flat-A1", "target": 15.0, "budget_seconds": 240.0, "threads": 2}


def run(variant: str, seed: int, *estimates: float | None) -> Run:
    ticks = [Tick(index=k, clock_seconds=6.0 * k, estimate=estimate) for k, estimate in enumerate(estimates, start=1)]
    return Run.of(Outcome(OutcomeKind.EXHAUSTED, details=MACHINE), ticks, variant=variant, seed=seed, **ASKED)


def test_a_table_says_how_its_runs_were_made():
    (title,) = groups([replace(run("sac", seed), jobs=jobs) for seed, jobs in enumerate((1, 3))])
    assert title == (
        "Velocity-Flat-A1: training clock to a return of 15, budget 240 s, 2 threads, up to 3 side by side; "
        "on A Processor, 2 CPUs"
    )


def test_a_table_counts_the_runs_of_each_machine_as_their_times_differ():
    faster = {"machine": {"cpu": "Another", "cores": 8, "system": "Linux"}}
    runs = [run("sac", 0), run("ppo", 0), replace(run("sac", 1), details=faster), replace(run("ppo", 1), details={})]
    (title,) = groups(runs)
    assert title.endswith("; on A Processor, 2 CPUs (2 runs) and Another, 8 CPUs (1 run) and unknown machine (1 run)")


def test_what_runs_say_together():
    ended = [(100.0, 16.0, False), (None, 3.0, True), (None, -8.0, False)]
    runs = [
        Run.of(
            Outcome(OutcomeKind.EXHAUSTED, reached_seconds=reached, final_return=final, contended=contended),
            [],
            **{**ASKED, "variant": "sac", "seed": 0, "budget_seconds": 400.0},
        )
        for reached, final, contended in ended
    ]
    reached, mean, *interval, contended = summary(runs).split()
    assert (reached, mean, contended) == ("1/3", "300.0", "1/3")  # (100 + 400 + 400) / 3
    assert " ".join(interval[-4:]) == "3.0 (-8.0 … 16.0)"


def test_curves_are_lines_of_runs_labelled_by_variant():
    data = curves_data([run("sac_tuned", 0, None, 3.0), run("sac_tuned", 1, 4.0)])
    assert data["label"].tolist() == ["sac_tuned"] * 3
    assert data["trial"].tolist() == ["sac_tuned 0", "sac_tuned 0", "sac_tuned 1"]
    assert data["clock_seconds"].tolist() == [6.0, 12.0, 6.0]
    assert data["estimate"].tolist()[1:] == [3.0, 4.0]


def test_the_figure_shows_the_variants_and_the_target(tmp_path: Path):
    file = tmp_path / "story.html"
    draw([run("ppo_shipped", 0, 1.0, 2.0), run("sac_tuned", 0, 3.0, 16.0)], file)
    text = file.read_text()
    assert "ppo_shipped" in text
    assert "sac_tuned" in text


def test_without_runs_there_is_no_figure(tmp_path: Path):
    with pytest.raises(SystemExit, match="no runs to draw"):
        draw([], tmp_path / "story.html")


def test_some_variants_of_the_bounds_can_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    for variant in ("full_box", "3_percent"):
        append_run(tmp_path / "runs.jsonl", run(variant, 0, 1.0, 2.0))
    asked = ["--table", tmp_path / "runs.jsonl", "--figure", tmp_path / "bounds.html", "--variants", "3_percent"]
    monkeypatch.setattr(sys, "argv", ["action_bounds.py", *map(str, asked)])
    action_bounds.main()
    text = (tmp_path / "bounds.html").read_text()
    assert '"name":"3_percent"' in text
    assert "full_box" not in text
    assert "full_box" in capsys.readouterr().out


def test_a_table_of_runs_with_milestones_names_all_returns():
    milestones = [{"goal": 5.0, "reached_seconds": None}]
    (title,) = groups([replace(run("sac", 0), milestones=milestones, stop_at_target=False)])
    asked, _, machine = title.partition("; ")
    assert asked == "Velocity-Flat-A1: training clock to returns of 5 and 15, budget 240 s in full, 2 threads"
    assert machine == "on A Processor, 2 CPUs"


def test_ranges_are_over_the_seeds_at_ticks_that_all_of_them_have():
    runs = [run("sac", 0, None, 3.0, 5.0), run("ppo", 0, 1.0), run("sac", 1, 2.0, 4.0), run("sac", 2, 2.0, 8.0, 9.0)]
    data = ranges_data(runs)
    sac = data[data["label"] == "sac"]
    assert sac[["clock_seconds", "estimate", "low", "high"]].values.tolist() == [[12.0, 4.0, 3.0, 8.0]]
    ppo = data[data["label"] == "ppo"]
    assert ppo[["trial", "estimate", "low", "high"]].values.tolist() == [["ppo", 1.0, 1.0, 1.0]]


def test_the_figure_of_ranges_has_a_line_and_a_band_for_each_variant_and_all_returns(tmp_path: Path):
    file = tmp_path / "story.html"
    milestones = [{"goal": 5.0, "reached_seconds": None}]
    runs = [run("ppo_tuned", 0, 1.0, 2.0), run("sac_tuned", 0, 3.0, 16.0)]
    draw_ranges([replace(each, milestones=milestones) for each in runs], file, ["sac_tuned", "ppo_tuned"])
    text = file.read_text()
    assert 0 < text.index('"name":"sac_tuned"') < text.index('"name":"ppo_tuned"')
    for words in ("target 15", "milestone 5", "median and range"):
        assert words in text


def test_runs_without_estimates_are_not_drawn(tmp_path: Path):
    with pytest.raises(SystemExit, match="no estimates to draw"):
        draw_ranges([run("sac", 0, None)], tmp_path / "story.html", ["sac"])
