"""Each warm start gives the arguments that its source documents, at the source's number of robots."""

import pytest

from tuner.agents import target_entropy
from tuner.config import Network, TaskConfig
from tuner.spaces import load_space


def agent(warm_start, num_envs, space="sac_speed"):
    loaded, task = load_space(space), TaskConfig(id="Velocity-Flat-A1", num_envs=num_envs)
    parameters = loaded.warm_start(warm_start, task)
    return loaded.agent(parameters, task)


def assert_arguments(config, **expected):
    found = {name: config.arguments[name] for name in expected}
    assert found == expected


SBX = {
    "learning_rate": 3e-4,
    "learning_starts": 255,  # SBX's own 100 would learn from a batch of 256 before there is one
    "batch_size": 256,
    "tau": 0.005,
    "gamma": 0.99,
    "train_freq": 1,
    "gradient_steps": 1,
    "policy_delay": 1,
    "n_steps": 1,
    "use_sde": False,
    "ent_coef": "auto_1.0",  # which is what SBX makes of "auto"
}


@pytest.mark.parametrize("num_envs", [1, 16, 64, 256, 1024, 4096])
def test_sbx_default_for_any_number_of_robots(num_envs):
    config = agent("sbx_default", num_envs)
    assert_arguments(config, **SBX)
    assert config.arguments["buffer_size"] // num_envs == 1_000_000 // num_envs  # the rows that SBX makes of either
    assert config.network == Network(pi=(256, 256), qf=(256, 256), activation="relu")
    assert config.initial_std == 1.0
    assert config.action_bound_fraction == 1.0
    assert config.normalize_observations is True
    # SBX's default target entropy is −1 for each action dimension.
    assert target_entropy(config.target_entropy_std, 12) == pytest.approx(-12)


def test_raffin_part1_on_2048_robots():
    config = agent("raffin_part1", 2048)
    assert_arguments(config, **{**SBX, "gradient_steps": 512, "ent_coef": "auto_0.006"})
    assert config.arguments["buffer_size"] // 2048 == 1_000_000 // 2048
    assert config.network == Network(pi=(512, 256, 128), qf=(512, 256, 128), activation="elu")
    assert config.action_bound_fraction == 0.03


def test_raffin_part2_on_1024_robots():
    config = agent("raffin_part2", 1024)
    assert_arguments(
        config,
        batch_size=512,
        ent_coef="auto_0.009471776840423638",
        gamma=0.983100250213744,
        gradient_steps=32,
        learning_rate=0.00044689099625712413,
        learning_starts=2000,
        policy_delay=8,
        tau=0.0023055560568780655,
        train_freq=1,
        n_steps=1,
        use_sde=False,
    )
    assert config.arguments["buffer_size"] // 1024 == 2_000_000 // 1024
    network = {"pi": (512, 256, 128), "qf": (512, 256, 128), "activation": "elu"}
    assert config.network == Network(**network, layer_norm=True, optimizer="adamw")


def test_fast_sac_on_4096_robots():
    config = agent("fast_sac", 4096)
    assert_arguments(
        config,
        batch_size=8192,
        buffer_size=1024 * 4096,
        learning_starts=10 * 4096,
        learning_rate=3e-4,
        tau=0.125,
        gamma=0.97,
        gradient_steps=8,
        policy_delay=4,
        ent_coef="auto_0.001",
    )
    assert config.network == Network(
        pi=(512, 256, 128),
        qf=(768, 384, 192),
        activation="silu",
        layer_norm=True,
        optimizer="adamw",
        optimizer_arguments={"b2": 0.95, "weight_decay": 1e-3},
    )


def test_flash_sac_on_1024_robots():
    config = agent("flash_sac", 1024)
    assert_arguments(
        config,
        batch_size=2048,
        gradient_steps=2,
        policy_delay=2,
        tau=0.01,
        gamma=0.99,
        n_steps=3,
        learning_rate=3e-4,
        ent_coef="auto_0.01",
    )
    assert config.target_entropy_std == 0.15
    assert (config.network.kind, config.network.pi, config.network.qf) == ("simba", (128, 128), (256, 256))


def test_rsl_rl_sac_on_8192_robots_nearly():
    config = agent("rsl_rl_sac", 8192)
    assert_arguments(config, batch_size=8192, tau=0.003, n_steps=5, learning_rate=2e-4, ent_coef="auto_0.001")
    assert config.arguments["gamma"] == 0.97
    assert config.initial_std == 0.15
    assert config.network == Network(pi=(512, 256, 128), qf=(512, 256, 128), activation="silu")
    # Its source: 200 gradient steps after 24 environment steps, 8⅓ per step; here 64 after 8 are 8.
    assert config.arguments["gradient_steps"] / config.arguments["train_freq"] == pytest.approx(200 / 24, rel=0.05)


def test_held_noise_on_256_robots():
    config = agent("held_noise", 256)
    assert_arguments(
        config,
        use_sde=True,
        train_freq=4,
        gradient_steps=16,
        batch_size=512,
        learning_rate=1e-3,
        tau=0.02,
        gamma=0.985,
        n_steps=3,
        policy_delay=2,
        ent_coef="auto_0.001",
    )
    assert (config.initial_std, config.target_entropy_std) == (0.4, 0.25)
    low, high = [-100.0] * 12, [100.0] * 12
    assert config.resolved(low, high).action_box.high == (2.0,) * 12


def test_penalized_means_is_held_noise_with_a_penalty_a_fixed_coefficient_and_many_small_updates():
    config, plain = agent("penalized_means", 256), agent("held_noise", 256)
    assert (config.mean_penalty, plain.mean_penalty) == (0.2, 0.0)
    assert config.action_bound_fraction == plain.action_bound_fraction
    assert_arguments(config, gamma=0.97, ent_coef=0.0005, learning_starts=20 * 256, use_sde_at_warmup=True)
    assert config.arguments["qf_learning_rate"] == 2 * config.arguments["learning_rate"]
    assert plain.arguments["qf_learning_rate"] == plain.arguments["learning_rate"]
    transitions = [c.arguments["gradient_steps"] * c.arguments["batch_size"] for c in (config, plain)]
    assert transitions[0] == 2 * transitions[1]


def test_tight_box_is_penalized_means_in_half_the_box_with_larger_noise_that_is_held_for_longer():
    config, wider = agent("tight_box", 256), agent("penalized_means", 256)
    assert 2 * config.action_bound_fraction == wider.action_bound_fraction
    assert config.initial_std == 2 * wider.initial_std
    assert config.arguments["train_freq"] == 2 * wider.arguments["train_freq"]  # noise is held from update to update
    assert config.arguments["gradient_steps"] == 2 * wider.arguments["gradient_steps"]
    assert 0 < config.mean_penalty < wider.mean_penalty


def test_buffer_beyond_the_space_is_cut():
    # 1,024 steps of 8,192 robots would be twice the 2^22 transitions that the space allows.
    assert agent("fast_sac", 8192).arguments["buffer_size"] == 2**22


def test_tqc_is_sac_with_quantiles():
    config, plain = agent("held_noise", 256, "tqc_speed"), agent("held_noise", 256)
    assert config.algorithm == "tqc"
    assert config.arguments == {**plain.arguments, "top_quantiles_to_drop_per_net": 2}
    assert config.network == plain.network
    assert (config.initial_std, config.target_entropy_std) == (0.4, 0.25)
