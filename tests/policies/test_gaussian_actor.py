"""The Gaussian in an actor is the one that plain SBX acts with."""

import numpy as np
import pytest

from tests.actions.folders import BOX, write_trial
from tuner.policies import GaussianActor, Policy

OBSERVATIONS = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)


@pytest.mark.parametrize("algorithm", ["sac", "ppo", "td3", "crossq"])
def test_the_mean_is_what_plain_sbx_predicts(tmp_path, algorithm):
    write_trial(tmp_path, algorithm)
    policy = Policy.load(tmp_path)
    assert type(policy.agent).__module__.startswith("sbx.")
    mean, drawn = GaussianActor(policy.agent, seed=0).draw(OBSERVATIONS)
    expected, _ = policy.agent.predict(OBSERVATIONS, deterministic=True)
    # −0.5 … 0.25: the centre is −0.125, the half width 0.375.
    actions = np.clip(mean, BOX.low, BOX.high) if algorithm == "ppo" else -0.125 + 0.375 * np.tanh(mean)
    np.testing.assert_allclose(actions, expected, rtol=1e-4, atol=1e-5)
    assert (drawn == mean).all() == (algorithm == "td3")


@pytest.mark.parametrize("algorithm", ["sac", "ppo"])
def test_draws_are_the_gaussian_of_the_agent(tmp_path, algorithm):
    write_trial(tmp_path, algorithm, initial_std=0.2)
    actor = GaussianActor(Policy.load(tmp_path).agent, seed=0)
    mean, drawn = actor.draw(np.zeros((20_000, 2), np.float32))
    assert np.ptp(mean) == 0
    assert (drawn - mean).std() == pytest.approx(0.2, rel=0.03)  # the standard error of 20,000 draws is 0.5 %


def test_noise_that_the_agent_holds_is_held(tmp_path):
    write_trial(tmp_path, "sac", initial_std=0.2, arguments={"use_sde": True, "train_freq": 3})
    actor = GaussianActor(Policy.load(tmp_path).agent, seed=0)
    drawn = np.stack([actor.draw(OBSERVATIONS)[1] for _ in range(6)])
    np.testing.assert_array_equal(drawn[:3], np.broadcast_to(drawn[0], (3, 5, 1)))
    np.testing.assert_array_equal(drawn[3:], np.broadcast_to(drawn[3], (3, 5, 1)))
    assert (drawn[2] != drawn[3]).all()


def test_the_seed_decides_the_noise(tmp_path):
    write_trial(tmp_path, "ppo")
    agent = Policy.load(tmp_path).agent
    first, again, other = (GaussianActor(agent, seed=seed).draw(OBSERVATIONS)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
