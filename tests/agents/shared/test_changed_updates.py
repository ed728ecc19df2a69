"""Which subclasses of SBX's classes make other updates; `fused/test_update_rules.py` compares what they learn."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
import sbx
from flax.training.train_state import TrainState

from tuner.agents import averaging_critics, changed_updates, limiting_ent_coef, penalizing_means
from tuner.config import AgentConfig, Network


def test_each_setting_has_its_subclass():
    config = AgentConfig(algorithm="sac", max_ent_coef=0.03, critics_for_actor="mean", mean_penalty=0.5)
    found = [(change.setting, change.subclass, change.arguments) for change in changed_updates(config)]
    assert found == [
        ("max_ent_coef", limiting_ent_coef, (0.03,)),
        ("critics_for_actor", averaging_critics, ()),
        ("mean_penalty", penalizing_means, (0.5,)),
    ]
    assert all(change.parts[-1] is change.subclass for change in changed_updates(config))


def test_sbx_itself_is_enough_otherwise():
    assert changed_updates(AgentConfig(algorithm="sac")) == ()
    alone = Network(n_critics=1)
    assert changed_updates(AgentConfig(algorithm="sac", critics_for_actor="mean", network=alone)) == ()


@pytest.mark.parametrize("algorithm", [sbx.SAC, sbx.TQC])
@pytest.mark.parametrize(("entropy", "after"), [(-1.0, 0.1), (1.0, 0.1 * np.exp(-0.5))])
def test_an_entropy_coefficient_falls_and_rises_to_its_limit(algorithm, entropy, after):
    # A policy with less entropy than the target of 0 makes the coefficient rise, and one with more makes it fall; the
    # first step of Adam has the length of the learning rate.
    state = TrainState.create(
        apply_fn=lambda variables: jnp.exp(variables["params"]["log_ent_coef"]),
        params={"log_ent_coef": jnp.log(0.1)},
        tx=optax.adam(0.5),
    )
    updated, _ = limiting_ent_coef(algorithm, 0.1).update_temperature(0.0, state, jnp.float32(entropy))
    assert np.exp(updated.params["log_ent_coef"]) == pytest.approx(after, rel=1e-5)
