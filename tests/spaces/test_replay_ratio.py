import pytest

from tuner.spaces import log2_for_one_step, replay_arguments

DEFAULTS = {"gradient_steps": 16, "batch_size": 256, "policy_delay": 1, "noise_hold": 1, "train_freq": 1}


def replay(num_envs=1024, **changes):
    return replay_arguments(num_envs, **(DEFAULTS | changes))


def test_as_asked_for_1024_robots():
    assert replay(policy_delay=4) == {
        "gradient_steps": 16,
        "batch_size": 256,
        "policy_delay": 4,
        "train_freq": 1,
        "use_sde": False,
        "use_sde_at_warmup": False,
    }


@pytest.mark.parametrize(("num_envs", "steps"), [(4096, 64), (1024, 16), (256, 4), (64, 1)])
def test_replay_ratio_is_kept(num_envs, steps):
    assert replay(num_envs)["gradient_steps"] == steps
    assert steps / num_envs == 16 / 1024


def test_few_robots_wait_for_their_one_gradient_step():
    arguments = replay(16)  # 16/64 is a quarter of a gradient step: one after four environment steps
    assert (arguments["gradient_steps"], arguments["train_freq"]) == (1, 4)


def test_they_wait_for_16_steps_at_most():
    arguments = replay(16, gradient_steps=1)  # 1/64: one after 64
    assert (arguments["gradient_steps"], arguments["train_freq"]) == (1, 16)


def test_noise_is_held_no_longer_for_waiting():
    arguments = replay(16, gradient_steps=8, noise_hold=2)  # 8/64 · 2 is a quarter: one after 2 · 4
    assert (arguments["gradient_steps"], arguments["train_freq"]) == (1, 8)
    assert (arguments["use_sde"], arguments["sde_sample_freq"]) == (True, 2)


def test_rounded_to_a_power_of_two():
    # 300 robots: 16·300/1024 = 4.69, whose logarithm 2.23 rounds to 2.
    assert replay(300)["gradient_steps"] == 4


def test_more_steps_between_updates_more_gradient_steps():
    assert replay(train_freq=8)["gradient_steps"] == 128
    assert replay(train_freq=8)["use_sde"] is False


def test_held_noise_takes_the_place_of_train_freq():
    arguments = replay(noise_hold=4, train_freq=8)
    assert (arguments["train_freq"], arguments["gradient_steps"], arguments["use_sde"]) == (4, 64, True)
    assert arguments["use_sde_at_warmup"] is True


def test_policy_delay_is_cut_to_the_gradient_steps():
    assert replay(256, policy_delay=32)["policy_delay"] == 4


def test_no_transition_is_replayed_more_than_128_times():
    # 1,024 transitions replayed 128 times are 131,072 drawn: 16 batches of 8,192 instead of 512.
    assert replay(gradient_steps=512, batch_size=8192)["gradient_steps"] == 16


def test_one_update_draws_at_most_2_to_the_19():
    # 4,096 robots, 16 steps: 65,536 transitions would allow 8.4 million; 2^19 / 2,048 are 256 batches.
    arguments = replay(4096, gradient_steps=512, batch_size=2048, noise_hold=16)
    assert arguments["gradient_steps"] == 256


@pytest.mark.parametrize("num_envs", [1, 10, 64, 300, 1024, 1500, 4096])
def test_one_step_for_any_number_of_robots(num_envs):
    steps = 2.0 ** log2_for_one_step(num_envs)
    assert replay(num_envs, gradient_steps=steps)["gradient_steps"] == 1
