"""Which subclasses of SBX's classes make other updates; `fused/test_update_rules.py` compares what they learn."""

from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import optax
import pytest
import sbx
from flax.training.train_state import TrainState

from tuner.agents import averaging_critics, changed_updates, falling_entropy, limiting_ent_coef, penalizing_means
from tuner.config import AgentConfig, EntropySchedule, Network


def test_each_setting_has_its_subclass():
    config = AgentConfig(
        algorithm="sac",
        max_ent_coef=0.03,
        critics_for_actor="mean",
        mean_penalty=0.5,
        target_entropy_std=0.4,
        target_entropy_schedule=EntropySchedule(final_std=(0.1, 0.4), start_return=3.0, fall_steps=70),
    )
    changes = changed_updates(config, 2)
    # ½ · ln(2πe · σ²) of σ 0.1 and of σ 0.4
    fall = {"final": pytest.approx(-0.8836465 + 0.5026478), "start_return": 3.0, "start_steps": 0, "fall_steps": 70}
    assert [(change.setting, change.subclass, change.arguments) for change in changes] == [
        ("target_entropy_schedule", falling_entropy, fall),
        ("max_ent_coef", limiting_ent_coef, {"largest": 0.03}),
        ("critics_for_actor", averaging_critics, {}),
        ("mean_penalty", penalizing_means, {"weight": 0.5}),
    ]
    assert all(change.parts[-1] is change.subclass for change in changes)


def test_sbx_itself_is_enough_otherwise():
    assert changed_updates(AgentConfig(algorithm="sac"), 1) == ()
    alone = Network(n_critics=1)
    assert changed_updates(AgentConfig(algorithm="sac", critics_for_actor="mean", network=alone), 1) == ()


class Learner:
    """What a learning algorithm of Stable-Baselines3 has to do with it."""

    target_entropy = 5.0
    num_timesteps = 0
    ep_info_buffer: ClassVar = []

    def train(self, gradient_steps, batch_size):
        """Keep the target entropy that an update would be made with."""
        self.trained_with = self.target_entropy


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        # Nothing is known at 0, 2 on average at 10, and 4 at 20: from there it falls by 4 in 20 steps.
        ({"start_return": 4.0, "start_steps": 0}, [5.0, 5.0, 5.0, 3.0, 1.0, 1.0]),
        ({"start_return": 4.0, "start_steps": 30}, [5.0, 5.0, 5.0, 5.0, 3.0, 1.0]),
        ({"start_return": None, "start_steps": 10}, [5.0, 5.0, 3.0, 1.0, 1.0, 1.0]),
    ],
)
def test_a_target_entropy_falls_once_episodes_earn_enough(waits, expected):
    agent = falling_entropy(Learner, 1.0, fall_steps=20, **waits)()
    found = []
    for steps, returns in ((0, []), (10, [0.0, 4.0]), (20, [3.0, 5.0]), (30, [4.0]), (40, []), (90, [])):
        agent.num_timesteps, agent.ep_info_buffer = steps, [{"r": earned} for earned in returns]
        agent.train(gradient_steps=1, batch_size=2)
        found.append(agent.trained_with)
    assert found == expected


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
