"""`clip_actions` as trainers and Isaac Gym's tasks have it."""

import pytest

from tests.actions.audit.config_files.reading import read
from tuner.errors import UserError


def test_rsl_rl(tmp_path):
    found = read(tmp_path, "agent.yaml", "seed: 42\nclip_actions: 100.0\npolicy: {init_noise_std: 1.0}")
    assert (found.style, found.place, found.high) == ("training YAML", "clip_actions", (100.0,))
    assert "one row stands for each" in found.notes[0]


def test_rl_games_has_a_switch_of_the_same_name(tmp_path):
    text = "params:\n  env: {clip_observations: 5.0, clip_actions: 1.0}\n  config: {clip_actions: False}"
    found = read(tmp_path, "agent.yaml", text)
    assert (found.place, found.low, found.high) == ("params.env.clip_actions", (-1.0,), (1.0,))


def test_isaac_gym(tmp_path):
    text = """
        name: Anymal
        env:
          clipActions: 1.0
          control: {stiffness: 85.0, actionScale: 0.5}
          defaultJointAngles: {HAA: 0.03, HFE: 0.4, KFE: -0.8}
    """
    found = read(tmp_path, "Anymal.yaml", text)
    assert (found.place, found.high) == ("env.clipActions", (1.0,) * 3)
    assert found.joints.names == ("HAA", "HFE", "KFE")
    assert found.joints.default == (0.03, 0.4, -0.8)
    assert found.joints.scale == (0.5,) * 3


def test_bounds_for_each_joint(tmp_path):
    found = read(tmp_path, "deploy.yaml", "clip_actions_lower: [-1, -2]\nclip_actions_upper: [3, 4]")
    assert (found.low, found.high) == ((-1.0, -2.0), (3.0, 4.0))
    found = read(tmp_path, "deploy.yaml", "clip_actions: [1, 2, 3]")
    assert (found.low, found.high) == ((-1.0, -2.0, -3.0), (1.0, 2.0, 3.0))


@pytest.mark.parametrize("value", ["null", "false", "true"])
def test_clipping_that_is_no_number(tmp_path, value):
    with pytest.raises(UserError, match=r"clips no actions. It has clip_actions: (None|False|True), and no number"):
        read(tmp_path, "agent.yaml", f"clip_actions: {value}")


def test_several_clips(tmp_path):
    with pytest.raises(UserError, match=r"in several ways: a.clip_actions: 1, b\.0\.clip_actions: 2"):
        read(tmp_path, "agent.yaml", "a: {clip_actions: 1}\nb: [{clip_actions: 2}]")
