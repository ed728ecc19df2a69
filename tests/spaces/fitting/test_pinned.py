"""What a study pins may have SBX's names, if one parameter of the space decides it."""

import pytest

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.spaces import load_space
from tuner.spaces.fitting import fit_pinned

TASK = TaskConfig(id="Toy", num_envs=256)


@pytest.mark.parametrize(
    ("fixed", "space", "own"),
    [
        ({"gamma": 0.98, "batch_size": 256}, "sac_speed", {"one_minus_gamma": 0.02, "log2_batch_size": 8}),
        ({"ent_coef": "auto_0.1"}, "sac_speed", {"ent_coef": 0.1, "fixed_ent_coef": 0}),
        ({"ent_coef": 0.1}, "sac_speed", {"ent_coef": 0.1}),  # the space's own parameter of that name
        ({"policy_kwargs": {"net_arch": [256, 256]}}, "sac_speed", {"network_index": 2}),
        ({"use_sde": False}, "sac_speed", {"log2_noise_hold": 0}),
        ({"gamma": 0.98, "clip_range": 0.3}, "ppo_speed", {"one_minus_gamma": 0.02, "clip_range": 0.3}),
        ({"learning_rate": 7.0}, "sac_speed", {"learning_rate": 7.0}),  # refused later, as the space's own
        ({}, "sac_speed", {}),
    ],
)
def test_pinned_values_in_names_of_sbx(fixed, space, own):
    assert fit_pinned(load_space(space), fixed, TASK) == own


@pytest.mark.parametrize(
    ("fixed", "message"),
    [
        ({"batch_size": 300}, "fixed.batch_size is 300, but the search space 'sac_speed' has 256 as the nearest value"),
        ({"gamma": 0.5}, "fixed.gamma is 0.5, but .* has 0.9 as the nearest value"),
        ({"clip_observations": 5.0}, "always uses 10.0"),
        ({"gamma": 0.97, "one_minus_gamma": 0.05}, "uses 0.95 because of fixed.one_minus_gamma. Pin one of them only"),
        ({"gradient_steps": 8}, "several parameters decide it together: .*log2_gradient_steps_per_1024"),
        ({"gamma": "x"}, "'gamma' is 'x' but must be"),
        ({"use_sde": True}, "several values of 'log2_noise_hold' give .* Pin log2_noise_hold instead"),
        ({"gae_lambda": 0.9}, "Unknown sac argument 'gae_lambda'"),
    ],
)
def test_values_that_cannot_be_pinned(fixed, message):
    with pytest.raises(UserError, match=message):
        fit_pinned(load_space("sac_speed"), fixed, TASK)
