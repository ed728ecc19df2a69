"""Evaluating a policy of a run's folder, against plain SBX on the point mass stepped by hand."""

import numpy as np
import pytest
import sbx

from tests.actions.folders import BOX, write_trial
from tests.support.point_mass import PointMassEnv
from tuner.agents import load_normalization
from tuner.errors import TunerError
from tuner.policies import Policy, evaluate_policy


def env(robots=4):
    return PointMassEnv(robots, max_episode_steps=20)


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trial")
    write_trial(folder, "ppo", initial_std=0.5)
    return folder


def by_hand(folder, seed, robots=4):
    """Returns of the first episodes of a seed, in plain SBX and NumPy."""
    model, normalization, task = sbx.PPO.load(folder / "policy.zip"), load_normalization(folder), env(robots)
    task.seed(int(seed))
    observations, running, earned = task.reset(), np.ones(robots, bool), np.zeros(robots)
    for _ in range(20):
        actions, _ = model.predict(normalization.apply(observations), deterministic=True)
        observations, rewards, dones, _ = task.step(np.clip(actions, BOX.low, BOX.high))
        earned += rewards * running
        running &= ~dones
    return earned


def test_whole_episodes_without_noise(trial):
    found = evaluate_policy(Policy.load(trial), env(), episodes=6, seed=3)
    # Two rounds of four robots, each with a seed of its own; six episodes count.
    seeds = np.random.SeedSequence(3).generate_state(2)
    expected = np.concatenate([by_hand(trial, seed) for seed in seeds])[:6]
    assert found.episodes == 6
    assert found.mean == pytest.approx(expected.mean(), rel=1e-6)
    assert (found.minimum, found.maximum) == pytest.approx((expected.min(), expected.max()), rel=1e-6)
    assert found.max_length == 20


def test_ages_are_not_spread(trial):
    task = env()
    task.spread_ages = True  # as training leaves it
    assert evaluate_policy(Policy.load(trial), task, episodes=4, seed=0).shortest == 20


def test_the_same_seed_gives_the_same_numbers_exploring_or_not(trial):
    policy = Policy.load(trial)
    runs = {
        (deterministic, number): evaluate_policy(policy, env(), episodes=4, seed=2, deterministic=deterministic)
        for deterministic in (True, False)
        for number in (0, 1)
    }
    assert runs[True, 0] == runs[True, 1]
    assert runs[False, 0] == runs[False, 1]
    assert runs[True, 0] != runs[False, 0]


class ExplodingEnv(PointMassEnv):
    def step_wait(self):
        observations, rewards, dones, infos = super().step_wait()
        return observations, rewards * np.float32(np.nan), dones, infos


def test_a_simulation_that_diverges(trial):
    policy = Policy.load(trial)
    with pytest.raises(TunerError, match="diverged under this policy: a reward was NaN"):
        evaluate_policy(policy, ExplodingEnv(2), episodes=2, seed=0)
