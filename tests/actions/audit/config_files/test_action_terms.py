"""Action terms of Isaac Lab and mjlab, in Python, in dumped environments and in deployment files."""

import pytest

from tests.actions.audit.config_files.reading import box, unclear, unclipped
from tuner.actions.audit._robot_file import Robot

ENV = """
    viewer:
      eye: !!python/tuple
      - 7.5
      - 7.5
    decimation: 4
    scene:
      num_envs: 4096
      robot:
        class_type: isaaclab.assets.articulation.articulation:Articulation
        joint_ids: !!python/object/apply:builtins.slice
        - null
        - 2
        - null
        init_state:
          pos: !!python/tuple [0.0, 0.0, 0.42]
          joint_pos:
            .*_hip_joint: 0.1
            .*_knee_joint: -1.5
    actions:
      joint_pos:
        class_type: isaaclab.envs.mdp.actions.joint_actions:JointPositionAction
        asset_name: robot
        clip: CLIP
        joint_names:
        - JOINTS
        scale: 0.25
        offset: 0.0
        use_default_offset: true
    custom: !my.tag {a: !!python/name:os.system ''}
"""
DOG = """
    import isaaclab.envs.mdp as mdp
    from isaaclab.utils import configclass

    @configclass
    class ActionsCfg:
        legs = mdp.JointPositionActionCfg(asset_name="robot", joint_names=["hip", "knee"], scale=0.5, clip=None)

    @configclass
    class DogEnvCfg(ManagerBasedRLEnvCfg):
        actions: ActionsCfg = ActionsCfg()

        def __post_init__(self):
            super().__post_init__()
            CHANGES
"""


def env(clip, joints=".*", more=""):
    return ENV.replace("CLIP", clip).replace("JOINTS", joints) + more


def dog(*changes):
    return DOG.replace("CHANGES", "\n            ".join(("self.decimation = 4", *changes)))


def test_a_clip_of_all_joints_is_split_by_their_default_positions(tmp_path):
    found = box(tmp_path, "env.yaml", env("{.*: !!python/tuple [-100.0, 100.0]}"))
    assert (found.style, found.place) == ("Isaac Lab environment", "actions.joint_pos.clip")
    assert found.line.endswith("env.yaml:24")
    assert found.joints.names == (".*_hip_joint", ".*_knee_joint", ".*")
    # (±100 - 0.1) / 0.25 and (±100 + 1.5) / 0.25; a joint that the pose does not list is at zero
    assert found.low == pytest.approx((-400.4, -394.0, -400.0))
    assert found.high == pytest.approx((399.6, 406.0, 400.0))
    assert found.joints.default == (0.1, -1.5, 0.0)
    assert found.joints.scale == (0.25, 0.25, 0.25)
    assert "the last one for every other joint if there is one" in found.notes[0]


def test_joints_by_name(tmp_path):
    text = env(
        "{.*_hip_joint: [-0.4, 0.6], .*knee.*: [-2.5, -1.0]}", joints="left_hip_joint\n        - left_knee_joint"
    )
    found = box(tmp_path, "env.yaml", text)
    assert found.joints.names == ("left_hip_joint", "left_knee_joint")
    # (-0.4 - 0.1) / 0.25 = -2, (0.6 - 0.1) / 0.25 = 2; (-2.5 + 1.5) / 0.25 = -4, (-1 + 1.5) / 0.25 = 2
    assert found.low == pytest.approx((-2.0, -4.0))
    assert found.high == pytest.approx((2.0, 2.0))
    assert found.notes == ()


def test_expressions_become_the_joints_of_the_robots_file(tmp_path):
    robot = Robot("dog.urdf", {"left_hip_joint": (-0.8, 0.8), "left_knee_joint": None, "tail": (-1.0, 1.0)})
    found = box(tmp_path, "env.yaml", env("{.*: [-1.0, 1.0]}", joints=".*_joint"), robot)
    assert found.joints.names == ("left_hip_joint", "left_knee_joint")
    assert found.joints.default == (0.1, -1.5)
    assert found.joints.lower == (-0.8, None)
    assert found.joints.upper == (0.8, None)
    assert found.notes == ()


def test_what_a_mapping_does_not_mention(tmp_path):
    text = env("{.*: [-1.0, 1.0]}", joints="hip\n        - knee").replace("scale: 0.25", "scale: {knee: 0.25}")
    found = box(tmp_path, "env.yaml", text)  # neither is in the pose; a scale that is not given is 1
    assert found.joints.default == (0.0, 0.0)
    assert found.joints.scale == (1.0, 0.25)
    assert found.high == (1.0, 4.0)


def test_expressions_that_overlap_in_unknown_ways_are_not_guessed(tmp_path):
    text = env("{.*: [-1.0, 1.0]}", joints=".*_joint").replace("scale: 0.25", "scale: {front.*: 0.5}")
    assert "is no number other than zero that could be computed" in unclear(tmp_path, "env.yaml", text).reason


def test_a_joint_that_is_turned_the_other_way(tmp_path):
    text = env("{.*: [-1.0, 2.0]}", joints="toe").replace("scale: 0.25", "scale: -0.5")
    found = box(tmp_path, "env.yaml", text)
    assert (found.low, found.high) == ((-4.0,), (2.0,))


def test_several_terms(tmp_path):
    wheels = """\
      wheels:
        class_type: isaaclab.envs.mdp.actions.joint_actions:JointVelocityAction
        clip: {.*_wheel: [-20.0, 20.0]}
        joint_names: [.*_wheel]
        scale: 5.0
        offset: 0.0
    """
    text = env("{.*_hip_joint: [-0.4, 0.6]}", joints=".*_hip_joint").replace("    custom:", f"{wheels}custom:")
    found = box(tmp_path, "env.yaml", text)
    assert found.joints.names == (".*_hip_joint", ".*_wheel")
    assert found.high == pytest.approx((2.0, 4.0))  # 20 / 5
    assert found.joints.scale == (0.25, None)  # a wheel's velocity is no joint target
    assert found.place == "actions.joint_pos.clip, actions.wheels.clip"


@pytest.mark.parametrize("kind", ["RelativeJointPositionAction", "JointVelocityAction", "JointEffortAction"])
def test_increments_velocities_and_torques_are_no_joint_targets(tmp_path, kind):
    text = env("{.*: [-1.0, 1.0]}", joints="hip").replace("JointPositionAction", kind)
    text = text.replace("use_default_offset: true", "use_zero_offset: true")
    found = box(tmp_path, "env.yaml", text)
    assert found.high == (4.0,)
    assert (found.joints.scale, found.joints.default) == ((None,), (None,))


def test_a_term_that_is_named_after_velocities_is_about_the_default_velocity(tmp_path):
    text = """
        scene: {robot: {init_state: {joint_pos: {.*: 0.3}, joint_vel: {.*: 0.0}}}}
        actions:
          joint_vel: {joint_names: [left], clip: {.*: [-1.0, 1.0]}, scale: 5.0, use_default_offset: true}
    """
    found = box(tmp_path, "env.yaml", text)
    assert (found.low, found.high, found.joints.scale) == ((-0.2,), (0.2,), (None,))


def test_an_environment_without_clip(tmp_path):
    found = unclipped(tmp_path, "env.yaml", env("null"))
    assert "joint_pos (JointPositionAction, scale 0.25) has no clip" in found.reason
    assert "declares ±100 (2.2 to 2.3.2; ±1 since)" in found.reason
    assert found.line.endswith("env.yaml:24")


def test_joints_that_a_clip_leaves_out_are_named(tmp_path):
    found = unclipped(tmp_path, "env.yaml", env("{.*_hip_joint: [-1.0, 1.0]}"))
    assert "joint_pos clips other joints, but not .*_knee_joint" in found.reason


def test_mjlab_dumps_no_classes(tmp_path):
    text = """
        scene:
          entities:
            robot: {init_state: {joint_pos: {.*_knee: 0.5}}}
        actions:
          joint_pos:
            entity_name: robot
            clip: {.*: !!python/tuple [-1.0, 1.0]}
            actuator_names: !!python/tuple [.*_knee]
            scale: 0.25
            offset: 0.0
            use_default_offset: true
    """
    found = box(tmp_path, "env.yaml", text)
    assert found.style == "mjlab environment"
    assert (found.low, found.high) == ((-6.0,), (2.0,))  # (±1 - 0.5) / 0.25
    assert found.joints.scale == (0.25,)


def test_a_deployment_file_has_one_entry_for_each_joint(tmp_path):
    text = """
        actions:
          JointPositionAction:
            clip: [[-1.0, 1.0], [-2.0, 2.0], [-1.0, 3.0]]
            joint_names: [.*]
            scale: [0.25, 0.5, 1.0]
            offset: [0.0, 0.5, 1.0]
            joint_ids: null
    """
    found = box(tmp_path, "deploy.yaml", text)
    assert found.style == "deployment file"
    assert found.joints.names == ("0", "1", "2")
    assert (found.low, found.high) == ((-4.0, -5.0, -2.0), (4.0, 3.0, 2.0))
    same = box(tmp_path, "deploy.yaml", text.replace("[[-1.0, 1.0], [-2.0, 2.0], [-1.0, 3.0]]", "[-1.0, 1.0]"))
    assert same.high == (4.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "high"),
    [
        (['self.actions.legs.clip = {".*": (-100.0, 100.0)}'], 200.0),
        (['self.actions.legs.clip = {".*": (-4, 4)}', "self.actions.legs.scale = 0.25"], 16.0),
        (['self.actions.legs = mdp.JointPositionActionCfg(joint_names=["hip", "knee"], clip={".*": (-3, 3)})'], 3.0),
    ],
)
def test_isaac_lab_in_python(tmp_path, changes, high):
    found = box(tmp_path, "dog_env_cfg.py", dog(*changes))
    assert found.style == "action terms in Python"
    assert found.joints.names == ("hip", "knee")
    assert found.high == (high, high)
    assert found.joints.default == (None, None)
    assert "The default pose is not in the file: the box of legs is about it, not about zero." in found.notes


def test_isaac_lab_in_python_without_clip(tmp_path):
    found = unclipped(tmp_path, "dog_env_cfg.py", dog())
    assert "legs (JointPositionAction, scale 0.5) has no clip" in found.reason


def test_a_term_of_a_base_that_is_not_there(tmp_path):
    text = """
        from base_env_cfg import BaseEnvCfg
        class DogEnvCfg(BaseEnvCfg):
            joint_names = ["hip", "knee", "toe"]
            def __post_init__(self):
                self.actions.joint_pos.scale = 0.25
                CLIP
                self.actions.joint_pos.joint_names = self.joint_names
    """
    found = unclear(tmp_path, "cfg.py", text.replace("CLIP", "pass"))
    assert "changes joint_pos, but whether it is clipped is set where it is made" in found.reason
    assert found.line.endswith("cfg.py:6")
    assert found.joints.names == ("hip", "knee", "toe")
    assert found.joints.scale == (0.25,) * 3
    clip = 'self.actions.joint_pos.clip = {".*": (-100.0, 100.0)}'
    assert box(tmp_path, "cfg.py", text.replace("CLIP", clip)).high == (400.0,) * 3
    unscaled = text.replace("CLIP", clip).replace("self.actions.joint_pos.scale = 0.25", "pass")
    assert "the scale of joint_pos is set in a file that was not found" in unclear(tmp_path, "cfg.py", unscaled).reason


def test_rescaling_to_limits_clamps_first(tmp_path):
    text = dog('self.actions.legs = mdp.JointPositionToLimitsActionCfg(joint_names=["hip", "knee"], scale=0.5)')
    found = box(tmp_path, "cfg.py", text)
    assert found.high == (2.0, 2.0)  # clamp(0.5 a, ±1)
    assert found.joints.scale == (None, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (env("{.*: [-1.0, 1.0]}").replace("0.25", "0.0"), "is no number other than zero"),
        (env("{.*: [-1.0, 1.0]}").replace("0.25", "wide"), "is no number other than zero"),
        (env("{.*: [1.0, -1.0]}"), "leaves no room"),
        (env("{.*: wide}"), "cannot be read as bounds"),
        (dog('self.actions.legs.clip = load("clip.pt")'), "cannot be computed without running the code"),
        (dog('self.actions.legs.clip = {".*": (-LIMIT, LIMIT)}'), "cannot be computed without running the code"),
    ],
)
def test_clips_that_are_not_understood(tmp_path, text, message):
    found = unclear(tmp_path, "cfg.py" if "import" in text else "env.yaml", text)
    assert message in found.reason
    assert ":" in found.line


def test_an_infinite_clip_is_none(tmp_path):
    assert "has no clip" in unclipped(tmp_path, "env.yaml", env("{.*: [-.inf, .inf]}")).reason
