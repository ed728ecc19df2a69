"""Folders and several files."""

import pytest

from tests.actions.audit.config_files.reading import write
from tuner.actions.audit.config_files import ActionSettings, NoClipping, NotUnderstood, read_configurations
from tuner.errors import UserError

ENV = """
    actions:
      legs:
        class_type: isaaclab.envs.mdp.actions.joint_actions:JointPositionAction
        joint_names: [hip, knee]
        clip: CLIP
        scale: 0.25
"""


def read(*references):
    return {found.source: found.answer for found in read_configurations([str(reference) for reference in references])}


@pytest.mark.parametrize(
    ("clip", "agent", "high"),
    [
        ("null", "clip_actions: 1.0", 1.0),
        ("{.*: [-0.5, 0.5]}", "clip_actions: 100.0", 2.0),
        ("{.*: [-0.5, 0.5]}", "clip_actions: null", 2.0),
        ("{.*: [-0.5, 0.5]}", "seed: 1", 2.0),
        ("{.*: [-0.5, 0.5]}", "params: {env: {clip_actions: 1.5}, config: {}}", 1.5),
    ],
)
def test_a_run_has_its_environment_and_its_trainer_together(tmp_path, clip, agent, high):
    write(tmp_path, "params/env.yaml", ENV.replace("CLIP", clip))
    write(tmp_path, "params/agent.yaml", agent)
    found = read(tmp_path / "params")
    assert list(found) == [str(tmp_path / "params")]
    answer = found[str(tmp_path / "params")]
    assert isinstance(answer, ActionSettings)
    assert answer.high == (high, high)
    assert answer.joints.names == ("hip", "knee")
    assert answer.joints.scale == (0.25, 0.25)


def test_a_run_that_clips_nothing(tmp_path):
    write(tmp_path, "env.yaml", ENV.replace("CLIP", "null"))
    write(tmp_path, "agent.yaml", "clip_actions: null")
    assert isinstance(read(tmp_path)[str(tmp_path)], NoClipping)


def test_a_repository(tmp_path):
    write(tmp_path, "envs/base.py", "class Base:\n    clip_actions = 100.0\n    class env:\n        num_actions = 12")
    write(tmp_path, "envs/dog.py", "from base import Base\nclass Dog(Base):\n    clip_actions = 5.0")
    write(tmp_path, "envs/two.py", "class A:\n    clip_actions = 1.0\nclass B:\n    clip_actions = 2.0")
    write(tmp_path, "envs/step.py", "def step(self, a):\n    return clip(a, self.cfg.clip_actions)")
    write(tmp_path, "cfg/task/Ant.yaml", "env: {clipActions: 1.0}")
    write(tmp_path, "cfg/task/AntSAC.yaml", "defaults: [Ant, _self_]\nenv: {numEnvs: 64}")
    write(tmp_path, "cfg/switch.yaml", "clip_actions: True")
    write(tmp_path, "cfg/other.yaml", "defaults: [elsewhere]\nseed: 1")
    write(tmp_path, ".git/hidden.yaml", "clip_actions: 1.0")
    write(tmp_path, "venv/lib/hidden.yaml", "clip_actions: 1.0")
    write(tmp_path, "notes.md", "clip_actions: 1.0")
    found = {source.removeprefix(f"{tmp_path}/"): answer for source, answer in read(tmp_path).items()}
    assert list(found) == [
        "cfg/switch.yaml",
        "cfg/task/Ant.yaml",
        "cfg/task/AntSAC.yaml",
        "envs/base.py",
        "envs/dog.py",
        "envs/two.py:A",
        "envs/two.py:B",
    ]
    assert isinstance(found["cfg/switch.yaml"], NotUnderstood)
    assert found["envs/dog.py"].high == (5.0,) * 12
    assert found["envs/two.py:B"].high == (2.0,)
    assert found["cfg/task/AntSAC.yaml"].high == (1.0,)


def test_several_files_in_the_order_in_which_they_are_given(tmp_path):
    first = write(tmp_path, "b.yaml", "clip_actions: 1.0")
    second = write(tmp_path, "a.yaml", "seed: 1")
    found = read(first, second)
    assert list(found) == [str(first), str(second)]
    assert isinstance(found[str(second)], NotUnderstood)  # a file that is named is answered for


def test_a_folder_without_any_clipping(tmp_path):
    write(tmp_path, "a.yaml", "seed: 1")
    with pytest.raises(UserError, match=r"No file in '.*' says how actions are clipped .*tuner audit TASK"):
        read(tmp_path)
    with pytest.raises(UserError, match="No such file"):
        read(tmp_path / "none")
