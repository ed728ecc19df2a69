"""What is said of each value."""

import pytest

from tuner.spaces.fitting import Remark
from tuner.spaces.fitting._remarks import shown


@pytest.mark.parametrize(
    ("remark", "text"),
    [
        (Remark("gamma", 0.98, "kept", 0.98, {"one_minus_gamma": 0.02}), "gamma 0.98 → one_minus_gamma 0.02"),
        (Remark("policy", "mlp", "kept", "mlp"), "policy mlp → as it always is"),
        (
            Remark("buffer_size", 1000, "kept", 996, {"steps": 249}),
            "buffer_size 1000 → steps 249, which is 996 and the same in effect",
        ),
        (
            Remark("batch_size", 300, "rounded", 256, {"log2_batch_size": 8}),
            "batch_size 300 is rounded to 256 (log2_batch_size 8)",
        ),
        (
            Remark("gamma", 0.9999, "clipped", 0.995, {"one_minus_gamma": 0.005}),
            "gamma 0.9999 lies beyond the range and is clipped to 0.995 (one_minus_gamma 0.005)",
        ),
        (
            Remark("activation_fn", "tanh", "outside", "relu", {"activation_index": 1}),
            "activation_fn tanh lies outside of the space, which uses relu (activation_index 1)",
        ),
        (Remark("n_envs", 1, "ignored", reason="why"), "n_envs 1 is ignored: why"),
        (Remark("tau", 0.1, "pinned", 0.2, {"tau": 0.2}), "tau 0.1 is not used: 'fixed' pins tau 0.2"),
    ],
)
def test_in_words(remark, text):
    assert str(remark) == text
    assert remark.to_json()["name"] == remark.name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (0.1 + 0.2, "0.3"),
        ({"pi": (8, 8), "qf": (8, 8)}, "[8, 8]"),
        ({"pi": [8], "qf": [4]}, "pi [8], qf [4]"),
        ({"b2": 0.9}, "{b2: 0.9}"),
        (None, "nothing"),
    ],
)
def test_values(value, text):
    assert shown(value) == text
