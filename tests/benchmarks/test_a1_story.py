import argparse

from a1_story import configurations


def test_the_story_is_about_the_box_and_the_entropy():
    agents = configurations(argparse.Namespace(ppo=None, sac=None))
    assert list(agents) == ["ppo_shipped", "sac_default", "sac_3_percent", "sac_tuned"]  # no tuned PPO was given
    default, small = agents["sac_default"], agents["sac_3_percent"]
    assert (default.action_bound_fraction, default.arguments["ent_coef"]) == (1.0, "auto_1.0")
    assert (small.action_bound_fraction, small.arguments["ent_coef"]) == (0.03, "auto_0.006")
    changed = {name for name, value in small.arguments.items() if default.arguments[name] != value}
    assert changed == {"ent_coef"}
