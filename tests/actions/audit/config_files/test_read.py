"""One of three answers for any file, and mistakes of the user."""

import re

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.actions.audit.config_files.reading import box, read, unclear, write
from tuner.actions.audit.config_files import ActionSettings, NoClipping, NotUnderstood, by_hand, read_action_settings
from tuner.errors import UserError


def test_a_file_without_any_clipping_says_what_was_looked_for(tmp_path):
    found = unclear(tmp_path, "study.yaml", "study: mine\ntask: {id: Cartpole}")
    assert "Looked for clip_actions, clipActions, action_clip_value" in found.reason
    assert "the file says nothing of these" in found.reason
    assert found.line == str(tmp_path / "study.yaml")


@pytest.mark.parametrize(
    ("name", "text", "message", "line"),
    [
        ("a.json", '{"a": 1}', "the file says nothing of these", ""),
        ("a.toml", "clip_actions = 1", "It does not end in .py, .yaml", ""),
        ("a.yaml", "a: &a [*a]", "the file says nothing of these", ""),
        ("a.yaml", "a: 1\nb: [1", "It is not valid YAML: expected ',' or ']'", ":2"),
        ("a.yaml", "- 1", "It holds a list, not keys and values", ""),
        ("a.yaml", "", "It holds a NoneType, not keys and values", ""),
        ("a.yaml", "a: 1\n---\nclip_actions: 1", "It is not valid YAML: but found another document", ":2"),
        ("a.yaml", "clip_actions: &a [*a]", "clip_actions is", ":1"),
        ("a.yaml", "clip_actions: 1\nnum_actions: 1000000000000", "an agent can have at most 10000", ":1"),
        ("a.yaml", "a: " + "x" * 2_000_001, "bytes, which is no configuration file", ""),
    ],
)
def test_files_that_are_not_understood(tmp_path, name, text, message, line):
    found = unclear(tmp_path, name, text)
    assert message in found.reason
    assert found.line.endswith(f"{name}{line}")


def test_files_of_bytes(tmp_path):
    for name, content in (("a.yaml", b"a: \xff\xfe"), ("b.py", b"\x89PNG\r\n\x1a\n\x00"), ("c.json", b"\x00" * 100)):
        (tmp_path / name).write_bytes(content)
        assert isinstance(read_action_settings(str(tmp_path / name)), NotUnderstood)


def test_files_that_are_nested_deeply(tmp_path):
    for name in ("a.yaml", "b.json", "c.py"):
        found = unclear(tmp_path, name, ("a = " if name == "c.py" else "a: ") + "[" * 3000)
        assert re.search("nested too deeply|is not valid", found.reason)


def test_a_bomb_of_aliases_is_not_unfolded(tmp_path):
    levels = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12))
    text = f"a0: &a0 [1]\n{levels}\nclip_actions: *a11"
    assert "clip_actions is" in unclear(tmp_path, "bomb.yaml", text).reason


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(UserError, match=r"Cannot read .*none.yaml': No such file or directory"):
        read_action_settings(str(tmp_path / "none.yaml"))
    for reference in ("~nosuchuser/a.yaml", "~nosuchuser/a.py:Class"):
        with pytest.raises(UserError, match="there is no such home folder"):
            read_action_settings(reference)


def test_an_environment_and_a_clip_of_the_output_in_one_file(tmp_path):
    text = """
        actions:
          legs: {class_type: a:JointPositionAction, joint_names: [hip], clip: {.*: [-1, 1]}, scale: 0.25}
        normalization: {clip_actions: 3.0}
    """
    assert box(tmp_path, "env.yaml", text).high == (3.0,)  # ±1 / 0.25 is the wider one


@pytest.mark.parametrize(("clip", "high"), [("None", 18.0), ("1.0", 1.0)])
def test_an_environment_and_its_trainer_in_one_file(tmp_path, clip, high):
    text = (
        "class DogEnvCfg:\n    num_actions = 2\n    clip_actions = 18.0\n"
        f"class DogPPORunnerCfg(RslRlOnPolicyRunnerCfg):\n    clip_actions = {clip}\n"
    )
    assert box(tmp_path, "cfg.py", text).high == (high, high)


def test_a_direct_environment_clips_in_its_code(tmp_path):
    found = unclear(tmp_path, "env.yaml", "scene: {num_envs: 4096}\naction_space: 12\naction_scale: 0.5")
    assert "direct workflow clips in its code" in found.reason
    assert by_hand(found.joints) == "tuner audit --box LOW HIGH --dims 12 --scale 0.5"
    text = "from base import Base\nclass Cfg(Base):\n    action_space = 12\n    action_scale = 0.5"
    assert by_hand(unclear(tmp_path, "cfg.py", text).joints) == "tuner audit --box LOW HIGH --dims 12 --scale 0.5"


def test_missing_defaults_are_named(tmp_path):
    found = unclear(tmp_path, "child.yaml", "defaults: [parent]\nenv: {numEnvs: 64}")
    assert "Files in its defaults were not found beside it: parent" in found.reason


PIECES = re.findall(
    r"\S+",
    "clip_actions actions clip scale : = ( ) [ ] { } self . , - * ** 1.0 10**9 None import from lambda return # ' "
    "&a *a <<: !!python/tuple JointPositionActionCfg( num_actions Cfg",
)
WORDS = st.sampled_from([*PIECES, "def f(x):", "class Cfg:", "if x:", "for i in", "\n", "    ", "- "])


@hypothesis_settings(max_examples=300, deadline=None)
@given(text=st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=40).map(" ".join)))
def test_any_text_gives_one_of_the_three_answers(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("any")
    for name in ("any.py", "any.yaml"):
        (folder / name).write_text(text, encoding="utf-8", errors="surrogatepass")
        assert isinstance(read_action_settings(str(folder / name)), ActionSettings | NoClipping | NotUnderstood)


def test_any_beginning_of_a_file_gives_one_of_the_three_answers(tmp_path):
    python = (
        "from base import Cfg\nclass Dog(Cfg):\n    class control:\n        action_scale = 0.25\n"
        "    def __post_init__(self):\n        self.normalization.clip_actions = [4.0 for _ in range(12)]\n"
    )
    yaml = (
        "actions:\n  legs:\n    class_type: a:JointPositionAction\n    clip: {.*: !!python/tuple [-1.0, 1.0]}\n"
        "    scale: 0.25\n"
    )
    for name, text in (("cut.py", python), ("cut.yaml", yaml)):
        assert isinstance(read(tmp_path, name, text), ActionSettings)
        for end in range(len(text)):
            write(tmp_path, name, text[:end])
            assert isinstance(read_action_settings(str(tmp_path / name)), ActionSettings | NoClipping | NotUnderstood)
