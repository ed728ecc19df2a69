import pytest

from tuner.config import Network, TaskConfig
from tuner.spaces import load_space


def agent(num_envs, warm_start="isaaclab_ppo", **changes):
    space, task = load_space("ppo_speed"), TaskConfig(id="Velocity-Flat-A1", num_envs=num_envs)
    return space.agent(space.warm_start(warm_start, task) | changes, task)


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


def test_the_medium_one_differs_in_the_network_alone():
    medium = agent(256, "isaaclab_ppo_medium")
    shipped = agent(256)
    assert medium == shipped.model_copy(update={"network": medium.network})
    assert medium.network.pi == medium.network.qf == (256, 128, 64)


def test_the_small_one_differs_in_network_entropy_bonus_and_gradient_norm():
    small = agent(256, "isaaclab_ppo_small")
    shipped = agent(256)
    assert small.network == shipped.network.model_copy(update={"pi": (128, 128), "qf": (128, 128)})
    changed = {name for name, value in small.arguments.items() if shipped.arguments[name] != value}
    assert changed == {"ent_coef", "max_grad_norm"}
