"""Isaac Lab's environments as its scripts dump them."""

import pytest

from tests.actions.audit.config_files.reading import read
from tuner.errors import UserError

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


def env(clip, joints=".*", more=""):
    return ENV.replace("CLIP", clip).replace("JOINTS", joints) + more


def test_a_clip_of_all_joints_is_split_by_their_default_positions(tmp_path):
    found = read(tmp_path, "env.yaml", env("{.*: !!python/tuple [-100.0, 100.0]}"))
    assert (found.style, found.place) == ("Isaac Lab environment", "actions.joint_pos.clip")
    assert found.joints.names == (".*_hip_joint", ".*_knee_joint")
    # (±100 - 0.1) / 0.25 and (±100 + 1.5) / 0.25
    assert found.low == pytest.approx((-400.4, -394.0))
    assert found.high == pytest.approx((399.6, 406.0))
    assert found.joints.default == (0.1, -1.5)
    assert found.joints.scale == (0.25, 0.25)
    assert "Expressions stand for every joint they match: .*_hip_joint, .*_knee_joint." in found.notes


def test_joints_by_name(tmp_path):
    text = env(
        "{.*_hip_joint: [-0.4, 0.6], .*knee.*: [-2.5, -1.0]}", joints="left_hip_joint\n        - left_knee_joint"
    )
    found = read(tmp_path, "env.yaml", text)
    assert found.joints.names == ("left_hip_joint", "left_knee_joint")
    # (-0.4 - 0.1) / 0.25 = -2, (0.6 - 0.1) / 0.25 = 2; (-2.5 + 1.5) / 0.25 = -4, (-1 + 1.5) / 0.25 = 2
    assert found.low == pytest.approx((-2.0, -4.0))
    assert found.high == pytest.approx((2.0, 2.0))
    assert found.notes == ()


def test_several_terms(tmp_path):
    wheels = """\
      wheels:
        class_type: isaaclab.envs.mdp.actions.joint_actions:JointVelocityAction
        clip: {.*_wheel: [-20.0, 20.0]}
        scale: 5.0
        offset: 0.0
    """
    text = env("{.*_hip_joint: [-0.4, 0.6]}").replace("    custom:", f"{wheels}custom:")
    found = read(tmp_path, "env.yaml", text)
    assert found.joints.names == (".*_hip_joint", ".*_wheel")
    assert found.high == pytest.approx((2.0, 4.0))  # 20 / 5
    assert found.joints.scale == (0.25, None)  # a wheel's velocity is no joint target
    assert found.place == "actions.joint_pos.clip, actions.wheels.clip"


def test_an_environment_without_clip(tmp_path):
    with pytest.raises(UserError) as caught:
        read(tmp_path, "env.yaml", env("null"))
    assert "Action terms with 'clip: null': joint_pos (JointPositionAction, scale 0.25)" in str(caught.value)
    assert "declares ±100 (2.2 to 2.3.2; ±1 since)" in str(caught.value)
    assert "tuner audit --box -100 100" in str(caught.value)


def test_a_direct_environment(tmp_path):
    with pytest.raises(UserError, match="direct environment"):
        read(tmp_path, "env.yaml", "scene: {num_envs: 4096}\naction_space: 12\naction_scale: 0.5")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (env("[-1.0, 1.0]"), "a mapping from joint names"),
        (env("{.*_hip_joint: [-1.0, 1.0]}", joints="toe"), "does not give a number for toe"),
        (env("{left.*: [-1.0, 1.0]}", joints="my_hip_joint"), "no entry that matches my_hip_joint"),
        (env("{.*: [-1.0, 1.0]}").replace("0.25", "0.0"), "it must be above zero"),
        (env("{.*: [1.0, -1.0]}"), "leaves no room"),
        (env("{.*: [-.inf, .inf]}"), "not finite"),
        (env("{.*: wide}"), "cannot be read as bounds"),
    ],
)
def test_clips_that_cannot_be(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, "env.yaml", text)
