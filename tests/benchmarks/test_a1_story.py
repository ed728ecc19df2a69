import argparse
from pathlib import Path

from a1_story import configurations

DATA = Path(__file__).parents[2] / "benchmarks" / "data"


def test_the_story_is_about_the_box_and_the_entropy():
    agents = configurations(argparse.Namespace(ppo=None, sac=None))
    assert list(agents) == ["ppo_shipped", "ppo_tuned", "sac_default", "sac_3_percent", "sac_tuned"]
    default, small = agents["sac_default"], agents["sac_3_percent"]
    assert (default.action_bound_fraction, default.arguments["ent_coef"]) == (1.0, "auto_1.0")
    assert (small.action_bound_fraction, small.arguments["ent_coef"]) == (0.03, "auto_0.006")
    changed = {name for name, value in small.arguments.items() if default.arguments[name] != value}
    assert changed == {"ent_coef"}


def test_an_exported_winner_takes_the_place_of_the_shipped_one():
    shipped = configurations(argparse.Namespace(ppo=None, sac=None))
    agents = configurations(argparse.Namespace(ppo=None, sac=DATA / "a1_flat_ppo.json"))
    assert (agents["sac_tuned"].algorithm, shipped["sac_tuned"].algorithm) == ("ppo", "sac")
    assert agents["ppo_tuned"] == shipped["ppo_tuned"]
