"""Clips on the policy's output, in the styles of trainers, Isaac Gym, legged_gym, HumanoidVerse and Genesis."""

import pytest

from tests.actions.audit.config_files.reading import box, read, unclear, unclipped, write
from tuner.actions.audit.config_files import by_hand, read_action_settings
from tuner.actions.audit.config_files._output_clip import division

LEGGED = """
    class RobotCfg:
        class env:
            num_actions = 2
        class init_state:
            default_joint_angles = {"hip_joint": 0.1, "knee_joint": -1.5}
        class control:
            control_type = "P"
            action_scale = 0.25
        class normalization:
            clip_actions = 100.
"""
HUMANOID = """
    robot:
      actions_dim: 2
      dof_names: [hip_joint, knee_joint]
      dof_pos_lower_limit_list: [-0.8, -2.7]
      dof_pos_upper_limit_list: [0.8, -0.9]
      init_state:
        default_joint_angles: {hip_joint: 0.1, knee_joint: -1.5}
      control:
        control_type: P
        action_scale: 0.25
        action_clip_value: 100.0
        clip_torques: True
    env:
      config:
        normalization: {clip_actions: 18.0}
"""


def test_rsl_rl(tmp_path):
    found = box(tmp_path, "agent.yaml", "seed: 42\nclip_actions: 100.0\npolicy: {init_noise_std: 1.0}")
    assert (found.style, found.place, found.high) == ("training YAML", "clip_actions", (100.0,))
    assert found.line.endswith("agent.yaml:2")
    assert "one row stands for each" in found.notes[0]


@pytest.mark.parametrize(
    ("switch", "rescaled"), [("", True), ("clip_actions: True", True), ("clip_actions: no", False)]
)
def test_rl_games_multiplies_what_it_clamps_unless_a_switch_is_off(tmp_path, switch, rescaled):
    text = f"params:\n  env: {{clip_observations: 5.0, clip_actions: 10.0}}\n  config: {{name: arm, {switch}}}"
    found = box(tmp_path, "agent.yaml", text)
    assert (found.place, found.low, found.high) == ("params.env.clip_actions", (-10.0,), (10.0,))
    assert found.rescaled is rescaled


def test_isaac_gym(tmp_path):
    text = """
        name: Anymal
        env:
          clipActions: 1.0
          control: {stiffness: 85.0, actionScale: 0.5}
          defaultJointAngles: {HAA: 0.03, HFE: 0.4, KFE: -0.8}
    """
    found = box(tmp_path, "Anymal.yaml", text)
    assert (found.place, found.high) == ("env.clipActions", (1.0,) * 3)
    assert found.joints.names == ("HAA", "HFE", "KFE")
    assert found.joints.default == (0.03, 0.4, -0.8)
    assert found.joints.scale == (0.5,) * 3
    assert not found.rescaled


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("{actionScale: 13.5}", "13.5 would turn a joint by 773° per unit, so it is that of a rate or a torque"),
        ("{actionScale: 0.5, controlType: V}", "control_type is 'V', so actions are no joint positions"),
        ("{actionScale: 0.5, dofVelocityScale: 0.1}", "With dofVelocityScale, actions are rates"),
        ("{actionScale: 0.5, powerScale: 1.0}", "With powerScale, actions are torques"),
        ("{actionScale: 0.5, useRelativeControl: True}", "With useRelativeControl, actions are rates"),
    ],
)
def test_rates_and_torques_are_no_joint_targets(tmp_path, control, said):
    text = f"env: {{clipActions: 1.0, control: {control}, defaultJointAngles: {{hip: 0.0, knee: 0.0}}}}"
    found = box(tmp_path, "task.yaml", text)
    assert found.high == (1.0, 1.0)
    assert found.joints.scale == (None, None)
    assert any(said in note and "no joint targets are shown" in note for note in found.notes)


def test_bounds_for_each_joint(tmp_path):
    found = box(tmp_path, "deploy.yaml", "clip_actions_lower: [-1, -2]\nclip_actions_upper: [3, 4]\naction_scale: 0.5")
    assert (found.low, found.high) == ((-1.0, -2.0), (3.0, 4.0))
    found = box(tmp_path, "deploy.yaml", "clip_actions: [1, 2, 3]")
    assert (found.low, found.high) == ((-1.0, -2.0, -3.0), (1.0, 2.0, 3.0))
    found = box(tmp_path, "cfg.py", 'cfg = {"clip_actions": {"hip": 1.0, "knee": [-2.0, 3.0]}}')
    assert (found.joints.names, found.low, found.high) == (("hip", "knee"), (-1.0, -2.0), (1.0, 3.0))


def test_a_method_names_the_limits_of_each_joint(tmp_path):
    text = LEGGED + "            clip_actions_method = METHOD\n            clip_actions_low = [-1.9, -2.5]\n"
    text += "            clip_actions_high = [1.5, 3.9]\n"
    found = box(tmp_path, "hard.py", text.replace("METHOD", '"hard"'))
    assert (found.low, found.high) == ((-1.9, -2.5), (1.5, 3.9))
    assert found.line.endswith("hard.py:13")
    assert box(tmp_path, "none.py", text.replace("METHOD", "None")).high == (100.0, 100.0)
    squashed = box(tmp_path, "tanh.py", text.replace("METHOD", '"tanh"'))
    assert squashed.high == (100.0, 100.0)
    assert any("squashes the policy's output itself" in note for note in squashed.notes)
    found = unclear(tmp_path, "soft.py", text.replace("METHOD", '"soft"'))
    assert "clip_actions_method is 'soft', a way to clip that is not known" in found.reason
    found = unclear(tmp_path, "limits.py", LEGGED + '            clip_actions_method = "hard"\n')
    assert "the limits are the robot's joints' own" in found.reason
    assert by_hand(found.joints) == "tuner audit --box LOW HIGH --dims 2 --scale 0.25"


def test_limits_that_a_loop_computes(tmp_path):
    text = LEGGED + (
        "            clip_actions_method = 'hard'\n            clip_actions_low, clip_actions_high = [], []\n"
        "            for joint in ['hip', 'knee']:\n"
        "                clip_actions_low.append((REACH[joint + '_min'] - ZERO[joint]) / 0.5)\n"
        "                clip_actions_high.append((REACH[joint + '_max'] - ZERO[joint]) / 0.5)\n"
    )
    known = (
        "    REACH = dict(hip_min=-1.0, hip_max=1.0, knee_min=-2.0, knee_max=0.0)\n    ZERO = {'hip': 0, 'knee': -1}\n"
    )
    found = box(tmp_path, "cfg.py", known + text)
    assert (found.low, found.high) == ((-2.0, -2.0), (2.0, 2.0))
    assert "clip_actions_low" in unclear(tmp_path, "cfg.py", text).reason


@pytest.mark.parametrize("value", ["null", "false"])
def test_clipping_that_is_switched_off(tmp_path, value):
    found = unclipped(tmp_path, "agent.yaml", f"clip_actions: {value}")
    assert "Clipping is switched off: clip_actions is" in found.reason
    assert found.line.endswith("agent.yaml:1")


def test_a_switch_that_is_on_leaves_the_box_to_the_environment(tmp_path):
    text = (
        "class Cfg:\n    num_actions = 19\n    class control:\n        action_scale = 0.5\n        clip_actions = True"
    )
    found = unclear(tmp_path, "cfg.py", text)
    assert "control.clip_actions is True: a switch" in found.reason
    assert found.line.endswith("cfg.py:5")
    assert by_hand(found.joints) == "tuner audit --box LOW HIGH --dims 19 --scale 0.5"
    assert "a switch" in unclear(tmp_path, "agent.yaml", "params: {config: {clip_actions: True}}").reason


def test_several_clips(tmp_path):
    found = unclear(tmp_path, "agent.yaml", "a: {clip_actions: 1}\nb: [{clip_actions: 2}]")
    assert "in several ways: a.clip_actions: 1 (" in found.reason
    assert "b.0.clip_actions: 2 (" in found.reason


def test_legged_gym(tmp_path):
    found = box(tmp_path, "cfg.py", LEGGED)
    assert (found.style, found.place) == ("legged_gym class", "normalization.clip_actions")
    assert (found.low, found.high) == ((-100.0, -100.0), (100.0, 100.0))
    assert found.joints.names == ("hip_joint", "knee_joint")
    assert found.joints.default == (0.1, -1.5)
    assert found.joints.scale == (0.25, 0.25)


def test_placeholders_for_fewer_joints_say_nothing(tmp_path):
    found = box(tmp_path, "cfg.py", LEGGED.replace("num_actions = 2", "num_actions = 12"))
    assert found.joints.names == tuple(str(index) for index in range(12))
    assert found.joints.default == (None,) * 12


def test_a_robot_that_inherits_from_another_file(tmp_path):
    write(tmp_path, "my_gym/envs/base/legged_robot_config.py", LEGGED)
    text = """
        from my_gym.envs.base.legged_robot_config import RobotCfg
        class DogCfg( RobotCfg ):
            class control( RobotCfg.control ):
                action_scale = 0.5
    """
    found = box(tmp_path, "my_gym/envs/dog/dog_config.py", text)
    assert found.joints.scale == (0.5, 0.5)
    assert found.line.endswith("legged_robot_config.py:11")
    missing = unclear(tmp_path, "dog_config.py", text.replace("my_gym", "your_gym"))
    assert "RobotCfg (imported from your_gym.envs.base.legged_robot_config)" in missing.reason


def test_torques_have_no_joint_targets(tmp_path):
    assert box(tmp_path, "cfg.py", LEGGED.replace('"P"', '"T"')).joints.scale == (None, None)


def test_genesis(tmp_path):
    text = """
        def get_cfgs():
            env_cfg = {
                "num_actions": 2,
                "default_joint_angles": {"hip": 0.0, "knee": 0.8},
                "action_scale": 0.25,
                "clip_actions": 100.0,
            }
            obs_cfg = {"num_obs": 45}
            return env_cfg, obs_cfg
        def main():
            env_cfg, obs_cfg = get_cfgs()
            env = Go2Env(env_cfg=env_cfg, obs_cfg=obs_cfg)
    """
    found = box(tmp_path, "go2_train.py", text)
    assert found.high == (100.0, 100.0)
    assert found.joints.names == ("hip", "knee")
    assert found.joints.default == (0.0, 0.8)


def test_an_environment_that_divides_the_clip_by_the_scale(tmp_path):
    assumed = box(tmp_path, "dog_config.py", LEGGED.replace("100.", "1.2"))
    assert assumed.high == (1.2, 1.2)
    assert any(
        "some environments divide the clip by the action scale, and then the box is -4.8 … 4.8" in note
        for note in assumed.notes
    )
    code = "from dog_config import RobotCfg\n\ndef step(self):\n    c = self.cfg.clip_actions / self.cfg.action_scale\n"
    write(tmp_path, "dog_env.py", code)
    found = read_action_settings(str(tmp_path / "dog_config.py"))
    assert found.high == (4.8, 4.8)
    assert any("dog_env.py:4 divides the clip by the action scale" in note for note in found.notes)
    write(tmp_path, "dog_env.py", code.replace("dog_config", "cat_config"))  # another robot's environment
    assert read_action_settings(str(tmp_path / "dog_config.py")).high == (1.2, 1.2)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\nclip = cfg.normalization.clip_actions / cfg.control.action_scale", 2),
        ("c = self.clip_actions/self.action_scale", 1),
        ("# clips at normalization.clip_actions / control.action_scale", 1),
        ("clip_actions = 100.0\naction_scale = 0.25", None),
        ("clip_actions / torque_scale", None),
    ],
)
def test_where_a_text_divides(text, line):
    assert division(text) == line


def test_humanoidverse(tmp_path):
    found = box(tmp_path, "robot.yaml", HUMANOID)
    assert (found.style, found.place) == ("humanoidverse YAML", "robot.control.action_clip_value")
    assert (found.low, found.high) == ((-100.0, -100.0), (100.0, 100.0))
    assert found.joints.names == ("hip_joint", "knee_joint")
    assert found.joints.lower == (-0.8, -2.7)
    assert found.joints.upper == (0.8, -0.9)


def test_references_are_followed(tmp_path):
    text = HUMANOID.replace("action_clip_value: 100.0", "action_clip_value: ${limits.clip}")
    assert box(tmp_path, "robot.yaml", text + "    limits: {clip: 1e1}\n").high == (10.0, 10.0)
    for target in ("${elsewhere}", "${robot.control.again}"):
        found = unclear(tmp_path, "robot.yaml", HUMANOID.replace("100.0", target))
        assert f"action_clip_value is {target}, which cannot be computed" in found.reason


def test_scales_that_differ_by_joint(tmp_path):
    found = box(tmp_path, "robot.yaml", HUMANOID.replace("clip_torques: True", "action_rescale: True"))
    assert found.joints.scale == (None, None)
    assert any("The scale of each joint depends on" in note for note in found.notes)


def test_clipping_of_a_humanoid_that_is_switched_off(tmp_path):
    text = HUMANOID.replace("clip_torques: True", "clip_actions: False")
    assert "but clip_actions beside it is false" in unclipped(tmp_path, "robot.yaml", text).reason


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("np.inf", "which is not finite: it clips nothing"),
        ("float('inf')", "which is not finite: it clips nothing"),
        ("None", "Clipping is switched off"),
        ("False", "Clipping is switched off"),
    ],
)
def test_clips_that_clip_nothing(tmp_path, written, message):
    text = f"import numpy as np\nclass Cfg:\n    num_actions = 2\n    clip_actions = {written}"
    assert message in unclipped(tmp_path, "cfg.py", text).reason


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("10.0 ** 10.0 ** 10.0", "which cannot be computed"),
        ("'wide'", "which cannot be read as bounds"),
        ("[1.0, 2.0, 3.0]", "has 3 values for 2 actions"),
        ("-1.0", "leaves no room"),
    ],
)
def test_clips_that_cannot_be(tmp_path, written, message):
    text = f"class Cfg:\n    num_actions = 2\n    clip_actions = {written}"
    found = unclear(tmp_path, "cfg.py", text)
    assert message in found.reason
    assert found.line.endswith("cfg.py:3")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("class Env:\n    def __init__(self, cfg):\n        self.clip_actions = cfg['clip_actions']", 3),
        ("def main(args):\n    cfg = {'num_actions': 12, 'action_scale': 0.25, 'clip_actions': args.clip_actions}", 2),
    ],
)
def test_code_that_only_hands_on_a_clip(tmp_path, text, line):
    found = unclear(tmp_path, "env.py", text)
    assert "it is set elsewhere and only handed on here" in found.reason
    assert found.line.endswith(f"env.py:{line}")
    both = f"class Cfg:\n    clip_actions = 5.0\n{text}"
    assert box(tmp_path, "env.py", both).high[0] == 5.0  # what is set in the file counts


def test_the_scale_of_hips_can_be_reduced(tmp_path):
    text = LEGGED.replace("action_scale = 0.25", "action_scale = 0.25\n            hip_scale_reduction = 0.5")
    assert box(tmp_path, "cfg.py", text).joints.scale == (0.125, 0.25)
    found = box(tmp_path, "cfg.py", text.replace("num_actions = 2", "num_actions = 12"))
    assert found.joints.scale == (None,) * 12
    assert any("the file does not name the hips; no joint targets are shown" in note for note in found.notes)


def test_several_classes_are_listed_and_one_can_be_named(tmp_path):
    text = """
        class Base:
            clip_actions = 100.
        class Walk(Base):
            pass
        class Run(Base):
            clip_actions = 5.
    """
    found = unclear(tmp_path, "cfg.py", text)
    assert "Walk: -100 … 100; Run: -5 … 5. Name one: --config" in found.reason
    assert read_action_settings(f"{tmp_path / 'cfg.py'}:Run").high == (5.0,)
    assert read(tmp_path, "cfg.py", text.replace("5.", "100.")).high == (100.0,)
