import argparse
from pathlib import Path

from _runs_file import Run
from a1_story import TASK, configurations, curves_data, draw

from tuner.records import Outcome, OutcomeKind, Tick

ASKED = {"task": TASK.id, "target": 15.0, "budget_seconds": 240.0, "threads": 2}


def run(variant: str, seed: int, *estimates: float | None) -> Run:
    ticks = [Tick(index=k, clock_seconds=6.0 * k, estimate=estimate) for k, estimate in enumerate(estimates, start=1)]
    return Run.of(Outcome(OutcomeKind.EXHAUSTED), ticks, variant=variant, seed=seed, **ASKED)


def test_the_story_is_about_the_box_and_the_entropy():
    agents = configurations(argparse.Namespace(ppo=None, sac=None))
    assert list(agents) == ["ppo_shipped", "sac_default", "sac_3_percent", "sac_tuned"]  # no tuned PPO was given
    default, small = agents["sac_default"], agents["sac_3_percent"]
    assert (default.action_bound_fraction, default.arguments["ent_coef"]) == (1.0, "auto_1.0")
    assert (small.action_bound_fraction, small.arguments["ent_coef"]) == (0.03, "auto_0.006")
    changed = {name for name, value in small.arguments.items() if default.arguments[name] != value}
    assert changed == {"ent_coef"}


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
