"""Plain SBX acts with a saved agent as the agent itself does."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
import sbx

from tests.agents.fused.support import ONE_BLOCK, fused_config
from tests.agents.small import small_agent
from tuner.agents import save_agent
from tuner.agents.fused import SAVED_BOX_FACTOR, divided_gaussian
from tuner.agents.fused._saved_form import as_saved
from tuner.clock import ManualClock
from tuner.config import BoxSchedule


def widening_agent(clock):
    schedule = BoxSchedule(start=0.25, seconds=60.0)
    return small_agent(
        fused_config(arguments=ONE_BLOCK, action_box_schedule=schedule, initial_std=0.5), probes=[1], clock=clock
    )


def plain_agent():
    return small_agent(fused_config(arguments=ONE_BLOCK, squash=False, initial_std=0.5), probes=[1])


def test_mean_and_deviation_are_divided():
    kernel, bias = np.float32([[2.0], [-3.0]]), np.float32([1.0])
    layers = {name: {"kernel": kernel, "bias": bias} for name in ("Dense_0", "Dense_1", "Dense_2")}
    layers["Dense_2"] = {"kernel": 0 * kernel, "bias": np.float32([math.log(0.5)])}
    found = divided_gaussian({"params": layers}, action_dim=1, divisor=4.0)["params"]
    np.testing.assert_array_equal(found["Dense_0"]["kernel"], kernel)  # no head
    np.testing.assert_array_equal(found["Dense_1"]["kernel"], [[0.5], [-0.75]])
    np.testing.assert_array_equal(found["Dense_1"]["bias"], [0.25])
    # ln 0.5 − ln 4 = ln 0.125 = −2.0794415.
    np.testing.assert_allclose(found["Dense_2"]["bias"], [-2.0794415], rtol=1e-6)
    np.testing.assert_array_equal(layers["Dense_1"]["bias"], [1.0])  # the input is unchanged


def test_agents_that_plain_sbx_knows_are_saved_unchanged():
    agent = plain_agent()
    box, actor = agent.action_space, agent.policy.actor_state
    with as_saved(agent, squash=True, box_share=1.0):
        assert agent.action_space is box
        assert agent.policy.actor_state is actor


@pytest.mark.parametrize(("squash", "factor"), [(True, 0.25), (False, SAVED_BOX_FACTOR)])
def test_the_agent_is_restored_afterwards_and_after_a_failure(squash, factor):
    agent = plain_agent()
    box, actor = agent.action_space, agent.policy.actor_state

    def fail_to_save():
        with as_saved(agent, squash=squash, box_share=0.25):
            assert agent.action_space.high == agent.policy.action_space.high == pytest.approx([factor])
            assert agent.action_space.low == pytest.approx([-factor])
            assert (agent.policy.actor_state is actor) is squash
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        fail_to_save()
    assert agent.action_space is agent.policy.action_space is box
    assert agent.policy.actor_state is actor


def test_the_open_part_of_the_box_is_saved(tmp_path):
    clock = ManualClock()
    agent = widening_agent(clock)
    agent.ledger.switch("act")
    clock.sleep(30.0)
    save_agent(agent, tmp_path)
    loaded = sbx.SAC.load(tmp_path / "policy.zip")
    assert loaded.action_space.high == pytest.approx([0.5])
    assert agent.action_space.high == pytest.approx([1.0])


@pytest.mark.parametrize("deterministic", [True, False])
def test_plain_sbx_acts_as_a_plain_gaussian_far_beyond_its_box(tmp_path, deterministic):
    agent = plain_agent()
    state = agent.policy.actor_state
    layers = state.params["params"]
    far = {**layers, "Dense_1": {**layers["Dense_1"], "bias": jnp.full(1, 8.0)}}
    agent.policy.actor_state = state.replace(params={"params": far})
    save_agent(agent, tmp_path)
    loaded = sbx.SAC.load(tmp_path / "policy.zip")
    rows = np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    ours, theirs = (each.predict(rows, deterministic=deterministic)[0] for each in (agent, loaded))
    assert ours.min() > 5  # in units of the box, which is 1
    if deterministic:
        np.testing.assert_allclose(theirs, ours, rtol=1e-3)
    else:
        deviations = [(each - agent.predict(rows, deterministic=True)[0]).std() for each in (ours, theirs)]
        np.testing.assert_allclose(deviations, 0.5, rtol=0.1)
