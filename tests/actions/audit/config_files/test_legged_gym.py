"""legged_gym's classes, read without running them."""

import pytest

from tests.actions.audit.config_files.reading import read
from tuner.actions.audit.config_files import read_action_settings
from tuner.errors import UserError

BASE = """
    from .base_config import BaseConfig
    import nothing_that_is_installed

    class LeggedRobotCfg(BaseConfig):
        class env:
            num_envs = 4096
            num_actions = 12
        class init_state:
            default_joint_angles = {"joint_a": 0., "joint_b": 0.}
        class control:
            control_type = 'P'  # P: position, V: velocity, T: torques
            action_scale = 0.5
        class normalization:
            class obs_scales:
                lin_vel = 2.0
            clip_observations = 100.
            clip_actions = 100.

    class LeggedRobotCfgPPO(BaseConfig):
        seed = 1
"""
ROBOT = """
    from my_gym.envs.base.legged_robot_config import LeggedRobotCfg, LeggedRobotCfgPPO

    class RobotCfg( LeggedRobotCfg ):
        class env( LeggedRobotCfg.env ):
            num_actions = 2
        class init_state( LeggedRobotCfg.init_state ):
            default_joint_angles = { # target angles [rad] when action = 0.0
                'hip_joint': 0.1,   # [rad]
                'knee_joint': -1.5,
            }
        class control( LeggedRobotCfg.control ):
            action_scale = 0.25

    class RobotCfgPPO( LeggedRobotCfgPPO ):
        pass
"""


def test_the_base_class(tmp_path):
    found = read(tmp_path, "legged_robot_config.py", BASE)
    assert found.place == "LeggedRobotCfg.normalization.clip_actions"
    assert (found.low, found.high) == ((-100.0,) * 12, (100.0,) * 12)
    assert found.joints.scale == (0.5,) * 12
    # two placeholders for twelve joints say nothing
    assert found.joints.names == tuple(str(index) for index in range(12))
    assert found.joints.default == (None,) * 12


def test_a_robot_that_inherits_from_another_file(tmp_path):
    read(tmp_path, "my_gym/envs/base/legged_robot_config.py", BASE)
    found = read(tmp_path, "my_gym/envs/robot/robot_config.py", ROBOT)
    assert found.place == "RobotCfg.normalization.clip_actions"
    assert found.joints.names == ("hip_joint", "knee_joint")
    assert found.joints.default == (0.1, -1.5)
    assert found.joints.scale == (0.25, 0.25)
    assert (found.low, found.high) == ((-100.0, -100.0), (100.0, 100.0))


def test_a_base_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError) as caught:
        read(tmp_path, "robot_config.py", ROBOT)
    assert "No clip_actions in RobotCfg, RobotCfgPPO" in str(caught.value)
    assert "LeggedRobotCfg (imported from my_gym.envs.base.legged_robot_config)" in str(caught.value)
    assert "tuner audit --box" in str(caught.value)


def test_torques_have_no_joint_targets(tmp_path):
    text = "class Cfg:\n    control_type = 'T'\n    action_scale = 8.0\n    clip_actions = 1.0\n    num_actions = 2"
    assert read(tmp_path, "cfg.py", text).joints.scale == (None, None)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("float('inf')", r"clip_actions is float\('inf'\), which cannot be read as bounds"),
        ("np.inf", "not finite: it clips nothing"),
        ("10.0 ** 10.0 ** 10.0", "cannot be read as bounds"),
        ("None", "clips no actions. No clip_actions in Cfg"),
        ("False", "clips no actions"),
    ],
)
def test_clips_that_cannot_be(tmp_path, written, message):
    text = f"import numpy as np\nclass Cfg:\n    num_actions = 2\n    clip_actions = {written}"
    with pytest.raises(UserError, match=message):
        read(tmp_path, "cfg.py", text)


def test_one_of_several_classes_is_named(tmp_path):
    text = """
        class Base:
            clip_actions = 100.
        class Walk(Base):
            pass
        class Run(Base):
            clip_actions = 5.
    """
    with pytest.raises(UserError, match=r"Walk \(-100 … 100\), Run \(-5 … 5\). Name one: --config .*cfg.py:Walk"):
        read(tmp_path, "cfg.py", text)
    assert read_action_settings(f"{tmp_path / 'cfg.py'}:Run").high == (5.0,)
    with pytest.raises(UserError, match=r"Unknown class 'Rum'.* Did you mean 'Run'"):
        read_action_settings(f"{tmp_path / 'cfg.py'}:Rum")
