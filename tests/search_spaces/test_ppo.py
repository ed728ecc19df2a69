import optuna
import pytest

from tuner.config import Network, TaskConfig
from tuner.spaces import load_space


def agent(num_envs, **changes):
    space, task = load_space("ppo_speed"), TaskConfig(id="Velocity-Flat-A1", num_envs=num_envs)
    return space.configure(optuna.trial.FixedTrial(space.warm_starts["isaaclab_ppo"](task) | changes), task)


def test_isaaclab_ppo_as_it_is_shipped():
    config = agent(4096)
    arguments = dict(config.arguments)
    assert arguments.pop("gae_lambda") == pytest.approx(0.95)
    assert arguments == {
        "n_steps": 24,
        "batch_size": 4096 * 24 // 4,
        "n_epochs": 5,
        "gamma": 0.99,
        "ent_coef": 0.005,
        "learning_rate": 1e-3,
        "clip_range": 0.2,
        "vf_coef": 0.5,
        "max_grad_norm": 1.0,
    }
    assert config.network == Network(pi=(512, 256, 128), qf=(512, 256, 128), activation="elu")
    assert (config.normalize_observations, config.clip_observations) == (True, 10.0)
    assert (config.initial_std, config.action_bound_fraction) == (1.0, 1.0)


def test_minibatches_that_do_not_divide_become_fewer():
    # 8 steps of 5 robots are 40 transitions: 32 minibatches do not divide them, 4 of 10 do.
    assert agent(5, n_steps_index=0, log2_minibatches=5).arguments["batch_size"] == 10


def test_no_minibatch_of_a_single_transition():
    # 8 steps of one robot: 8 minibatches would divide them, but advantages cannot be normalised over one transition.
    assert agent(1, n_steps_index=0, log2_minibatches=3).arguments["batch_size"] == 2


def test_adaptive_learning_rate_aims_at_a_divergence():
    assert agent(256, adaptive_learning_rate=1).arguments["target_kl"] == 0.01
