import jax
import numpy as np
import pytest

from tests.agents.fused.support import ONE_BLOCK, fused_agent, fused_config
from tests.agents.small import small_agent
from tests.agents.test_warm_up import compilations
from tuner.agents import is_finite, warm_up
from tuner.agents.fused._programs import strong_types
from tuner.config import Network


@pytest.mark.parametrize("learning_rate", [7e-4, "lin_7e-4"])
def test_second_agent_of_the_same_shapes_compiles_nothing(learning_rate):
    first = small_agent(fused_config(arguments=ONE_BLOCK | {"use_sde": True}, initial_std=0.4), probes=[1])
    warm_up(first)
    first.learn(64)
    first.replay_buffer.interrupt()
    other = {
        "learning_rate": learning_rate,
        "qf_learning_rate": 1e-4,
        "gamma": 0.9,
        "tau": 0.02,
        "ent_coef": "auto_0.02",
        "learning_starts": 40,
        "use_sde": False,
    }
    config = fused_config(arguments=ONE_BLOCK | other, initial_std=0.2, target_entropy_std=0.1, clip_observations=5.0)
    with compilations() as built:
        second = small_agent(config, probes=[0, 2], seed=8)
    assert not [message for message in built if "ompil" in message]  # building SBX's networks traces, no more
    with compilations() as seen:
        warm_up(second)
        second.learn(128)
        second.learner.finish_updates()
        second.predict(second._last_obs, deterministic=True)
        second.replay_buffer.interrupt()
        assert is_finite(second)
    assert seen == []
    assert second.learner.programs is first.learner.programs
    assert second._n_updates > 0


def test_another_shape_has_programs_of_its_own():
    usual = fused_agent().learner.programs
    assert fused_agent(seed=1).learner.programs is usual
    changed = [
        fused_agent(batch_size=4),
        fused_agent(gradient_steps=4, train_freq=1),
        small_agent(fused_config(network=Network(pi=(8,), qf=(8,), activation="elu"))),
        small_agent(fused_config(network=Network(pi=(8,), qf=(8,), optimizer_arguments={"b1": 0.5}))),
        small_agent(fused_config(precision="bfloat16")),
    ]
    assert len({id(agent.learner.programs) for agent in changed} | {id(usual)}) == len(changed) + 1


def test_strong_types_are_copies():
    tree = {"weak": 1.0, "rate": jax.numpy.ones(2), "host": np.int32(3)}
    strong = strong_types(tree)
    assert not any(leaf.weak_type for leaf in jax.tree.leaves(strong))
    assert [float(leaf.sum()) for leaf in jax.tree.leaves(strong)] == [3.0, 2.0, 1.0]  # by name
    strong["rate"].delete()
    np.testing.assert_array_equal(tree["rate"], [1, 1])
