from a1_story import TASK
from walking import CHANGES, agent_of

from tuner.agents._choose_learner import check_alternatives
from tuner.spaces import load_space


def test_each_arm_is_the_recipe_with_one_thing_changed():
    space = load_space("sac_legged")
    walker = agent_of("walker")
    assert walker == space.agent(space.warm_start("a1_walker", TASK), TASK)
    changed = {}
    for arm in CHANGES:
        agent = agent_of(arm)
        check_alternatives(agent)
        fields = {name for name in type(agent).model_fields if getattr(agent, name) != getattr(walker, name)}
        changed[arm] = sorted(fields)
    assert changed == {
        "walker": [],
        "steady_noise": ["target_entropy_schedule"],
        "half_noise": ["initial_std", "target_entropy_schedule", "target_entropy_std"],
        "held_noise": ["arguments"],
        "no_bonus": ["alive_bonus"],
        "cautious": ["critics_for_actor"],
        "one_critic": ["critics_for_actor", "network"],
        "one_step": ["arguments"],
        "long_horizon": ["arguments"],
        "half_updates": ["arguments"],
    }
