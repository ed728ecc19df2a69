import pytest
import sbx

from tests.agents.fused.support import fused_config
from tests.agents.small import small_agent
from tuner.agents.fused._initialization import _compiled_init


@pytest.mark.parametrize(("algorithm", "critic_class"), [("sac", "vector_critic_class"), ("tqc", "critic_class")])
def test_nothing_of_it_stays_in_the_agent(algorithm, critic_class):
    policy_class = getattr(sbx, algorithm.upper()).policy_aliases["MlpPolicy"]
    agent = small_agent(fused_config(algorithm))
    assert agent.policy_class is policy_class
    policy = agent.policy
    assert type(policy) is policy_class
    assert type(policy.actor) is policy.actor_class
    assert hasattr(policy, critic_class)
    for network in (policy.actor, policy.qf):
        assert "init" not in vars(network)


def test_networks_of_one_size_are_initialised_by_one_program():
    small_agent(fused_config())
    before = _compiled_init.cache_info()
    small_agent(fused_config(), seed=1)
    after = _compiled_init.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 2)  # the actor and the critics
