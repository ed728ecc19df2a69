"""HumanoidVerse's robot configurations."""

import pytest

from tests.actions.audit.config_files.reading import read
from tuner.errors import UserError

ROBOT = """
    # @package _global_
    robot:
      actions_dim: 2
      dof_names: [hip_joint, knee_joint]
      dof_pos_lower_limit_list: [-0.8, -2.7]
      dof_pos_upper_limit_list: [0.8, -0.9]
      init_state:
        pos: [0.0, 0.0, 0.8]
        default_joint_angles:
          hip_joint: 0.1
          knee_joint: -1.5
      control:
        control_type: P
        action_scale: 0.25
        action_clip_value: 100.0
        clip_torques: True
    env:
      config:
        normalization: {clip_actions: 18.0}
"""


def test_a_robot(tmp_path):
    found = read(tmp_path, "robot.yaml", ROBOT)
    assert (found.style, found.place) == ("humanoidverse YAML", "robot.control.action_clip_value")
    assert (found.low, found.high) == ((-100.0, -100.0), (100.0, 100.0))
    assert found.joints.names == ("hip_joint", "knee_joint")
    assert found.joints.default == (0.1, -1.5)
    assert found.joints.scale == (0.25, 0.25)
    assert found.joints.lower == (-0.8, -2.7)
    assert found.joints.upper == (0.8, -0.9)
    assert found.notes == ()


def test_references_are_followed(tmp_path):
    text = ROBOT.replace("action_clip_value: 100.0", "action_clip_value: ${limits.clip}") + "    limits: {clip: 1e1}\n"
    assert read(tmp_path, "robot.yaml", text).high == (10.0, 10.0)


def test_references_that_lead_nowhere(tmp_path):
    for target in ("${elsewhere}", "${robot.control.action_clip_value}"):
        with pytest.raises(UserError, match=r"action_clip_value is '\$\{.*\}', which cannot be read as bounds"):
            read(tmp_path, "robot.yaml", ROBOT.replace("100.0", target))


def test_a_part_of_a_configuration(tmp_path):
    found = read(tmp_path, "robot.yaml", "control:\n  action_scale: 0.5\n  action_clip_value: 4.0")
    assert (found.high, found.joints.scale, found.joints.default) == ((4.0,), (0.5,), (None,))
    assert "one row stands for each" in found.notes[0]


def test_scales_that_differ_by_joint(tmp_path):
    text = ROBOT.replace("clip_torques: True", "action_rescale: True")
    found = read(tmp_path, "robot.yaml", text)
    assert found.joints.scale == (None, None)
    assert "The scale of each joint depends on" in found.notes[0]


def test_clipping_that_is_switched_off(tmp_path):
    with pytest.raises(UserError, match="clip_actions beside it is false"):
        read(tmp_path, "robot.yaml", ROBOT.replace("clip_torques: True", "clip_actions: False"))
    with pytest.raises(UserError, match="action_clip_value is null"):
        read(tmp_path, "robot.yaml", ROBOT.replace("100.0", "null"))


def test_several_clips(tmp_path):
    text = "a: {action_clip_value: 100.0}\nb: {action_clip_value: 5.0}"
    with pytest.raises(UserError, match=r"in several ways: a.action_clip_value: 100.0, b.action_clip_value: 5.0"):
        read(tmp_path, "robot.yaml", text)
    assert read(tmp_path, "robot.yaml", text.replace("100.0", "5")).high == (5.0,)
