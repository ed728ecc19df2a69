"""What statements of a Python file set, followed without running anything."""

import re

import pytest

from tests.actions.audit.config_files.reading import box, read, settings, unclear, write
from tuner.actions.audit.config_files import NotUnderstood, read_action_settings
from tuner.actions.audit.config_files._values import Unknown
from tuner.errors import UserError


def test_a_class_has_what_it_says_and_what_it_inherits(tmp_path):
    text = (
        "class Base:\n    a = 1\n    b = 2\nclass Other(Elsewhere):\n    b = 3\n"
        "class Mine(Base, Other):\n    c: int = 4\n    class inner:\n        a = 5\n"
    )
    mine = settings(tmp_path, text, "Mine")
    assert {name: mine[name] for name in "abc"} == {"a": 1, "b": 2, "c": 4}  # Base comes before Other
    assert [base.kind for base in mine.ancestors()] == ["Base", "Other"]
    assert mine.missing == ["Elsewhere"]
    assert mine["inner"] == {"a": 5}
    assert mine.places["c"].endswith("cfg.py:7")


def test_statements_behind_a_guard_count(tmp_path):
    text = "try:\n    class A:\n        x = 1\nexcept ImportError:\n    pass\nif True:\n    class B(A):\n        pass\n"
    assert settings(tmp_path, text, "A") == settings(tmp_path, text, "B") == {"x": 1}


def test_a_class_written_twice_is_the_last_one(tmp_path):
    assert settings(tmp_path, "class A:\n    x = 1\nclass A:\n    y = 2\n", "A") == {"y": 2}


@pytest.mark.parametrize(
    "text",
    [
        # an instance and its arguments, by name and by place
        "@dataclass\nclass Norm:\n    clip_actions: float = 100.0\nclass Cfg:\n    norm: Norm = Norm(clip_actions=4.0)",
        "@dataclass\nclass Norm:\n    clip_obs: float = 5.0\n    clip_actions: float = 100.0\nclass Cfg:\n"
        "    norm = Norm(3.0, 4.0)",
        "class Norm:\n    clip_actions: float = 4.0\nclass Cfg:\n    norm: Norm = field(default_factory=Norm)",
        "class Norm:\n    clip_actions = 100.0\nclass Cfg:\n"
        "    norm: Norm = field(default_factory=lambda: Norm(clip_actions=4.0))",
        # a subclass
        "class Norm:\n    clip_actions = 100.0\nclass Tight(Norm):\n    clip_actions = 4.0\n"
        "class Cfg:\n    norm = Tight()",
        # constructors, and methods that they call
        "class Cfg:\n    clip_actions = 100.0\n    def __post_init__(self):\n        self.clip_actions = 4.0",
        "class Cfg:\n    def __init__(self):\n        self.norm = Norm()\n        self.norm.clip_actions = 4.0",
        "class Cfg:\n    clip_actions = 100.0\n    def __post_init__(self):\n        self._tighten(4.0)\n"
        "    def _tighten(self, to):\n        self.clip_actions = to",
        "class Base:\n    clip_actions = 9.0\n    def __post_init__(self):\n        self.clip_actions = 100.0\n"
        "class Cfg(Base):\n    def __post_init__(self):\n        super().__post_init__()\n"
        "        self.clip_actions /= 25",
        # what a module does to its objects
        "class Cfg:\n    class norm:\n        clip_actions = 100.0\nCfg.norm.clip_actions = 4.0",
        "class Cfg:\n    clip_actions = 100.0\ncfg = Cfg()\ncfg.clip_actions = 4.0",
        "class Cfg:\n    clip_actions = 100.0\ncfg = Cfg().replace(clip_actions=4.0)",
        "cfg = {'env': {'clip_actions': 100.0}}\ncfg['env']['clip_actions'] = 4.0",
        "cfg = {'clip_actions': 100.0}\ncfg.update(clip_actions=4.0)",
        "cfg = dict(clip_actions=100.0)\ncfg |= {}\ncfg = {**dict(clip_actions=100.0), 'clip_actions': 4.0}",
        "class Cfg:\n    clip_actions = 100.0\nsetattr(Cfg, 'clip_actions', 4.0)",
        # functions: a dict that is returned, one of several, an argument, an imported object
        "def get_cfg():\n    env_cfg = {'clip_actions': 4.0}\n    return env_cfg",
        "def get_cfgs():\n    env, obs = {'clip_actions': 100.0}, {}\n    return env, obs\n"
        "def main():\n    env, obs = get_cfgs()\n    env['clip_actions'] = 4.0",
        "def configure(Cfg):\n    _ = Cfg.normalization\n    _.clip_actions = 4.0",
        "from robots import Cfg\ndef train(headless=True):\n    Cfg.normalization.clip_actions = 4.0",
        "from robots import Cfg\nCfg.normalization.clip_actions = 4.0",
        # a loop over what is known
        "class Cfg:\n    clip_actions = []\n    for _ in range(3):\n        clip_actions.append(4.0)",
    ],
)
def test_ways_to_set_a_clip(tmp_path, text):
    found = box(tmp_path, "cfg.py", text)
    assert set(found.high) == {4.0}
    assert set(found.low) == {-4.0}


def test_a_function_that_changes_a_class_is_named(tmp_path):
    text = "class Cfg:\n    clip_actions = 100.0\ndef train():\n    Cfg.clip_actions = 10.0\n"
    found = box(tmp_path, "train.py", text)
    assert found.high == (10.0,)
    assert found.line.endswith("train.py:4")
    assert "train() sets this; without that call Cfg has -100 … 100." in found.notes


def test_a_method_that_nobody_calls_may_not_be_called(tmp_path):
    text = "class Cfg:\n    clip_actions = 3.0\n    def for_play(self):\n        self.clip_actions = 1.0\n"
    found = unclear(tmp_path, "cfg.py", text)
    assert "Cfg: -3 … 3; for_play(): -1 … 1" in found.reason
    assert box(tmp_path, "cfg.py", text.replace("    clip_actions = 3.0\n", "")).high == (1.0,)
    called = f"{text}    def __post_init__(self):\n        self.for_play()\n"
    assert box(tmp_path, "cfg.py", called).high == (1.0,)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("class Cfg:\n    clip_actions = load('x')", 2, "clip_actions is load('x'), which cannot be computed"),
        ("class Cfg:\n    clip_actions = 100.0\n    if DEBUG:\n        clip_actions = 1.0", 4, "only if DEBUG, line 3"),
        (
            "def f(fast):\n    cfg = {'clip_actions': 4.0}\n    if fast:\n        cfg['clip_actions'] = 1.0",
            4,
            "if fast",
        ),
        ("def f(robots):\n    for r in robots:\n        cfg = {'clip_actions': r}", 3, "only in the loop over robots"),
        ("class Cfg:\n    clip_actions = [4.0, 5.0]\n    clip_actions.sort()", 3, "clip_actions.sort()"),
        ("class Cfg:\n    clip_actions = 4.0\n    clip_actions += OFFSET", 3, "4.0 changed by OFFSET"),
        ("def f(kind):\n    match kind:\n        case 1:\n            cfg = {'clip_actions': 1.0}", 4, "case of kind"),
        ("while True:\n    class Cfg:\n        clip_actions = 1.0", 3, "while True"),
        ("try:\n    import x\nexcept ImportError:\n    cfg = {'clip_actions': 1.0}", 4, "an exception is caught"),
    ],
)
def test_what_cannot_be_computed_is_said_with_its_line(tmp_path, text, line, said):
    found = unclear(tmp_path, "cfg.py", text)
    assert said in found.reason
    assert found.line.endswith(f"cfg.py:{line}")


def test_a_part_that_is_replaced_by_something_unknown(tmp_path):
    base = "class Norm:\n    clip_actions = 4.0\nclass Base:\n    norm = Norm()\n"
    found = unclear(tmp_path, "cfg.py", f"{base}class Cfg(Base):\n    norm = load('norm')")
    assert "Cfg replaces norm by load('norm'), which cannot be computed" in found.reason
    assert found.line.endswith("cfg.py:6")
    found = unclear(tmp_path, "cfg.py", f"{base}def train(clip, norm):\n    Base.norm = norm")
    assert "train() replaces norm by norm" in found.reason


def test_one_of_several_functions_can_be_named(tmp_path):
    text = "class Cfg:\n    clip_actions = 9.0\ndef train():\n    Cfg.clip_actions = 4.0\n"
    text += "def play():\n    Cfg.clip_actions = 1.0"
    found = unclear(tmp_path, "cfg.py", text)
    assert "train(): -4 … 4; play(): -1 … 1. Name one: --config" in found.reason
    assert found.reason.endswith("cfg.py:train")
    for name, high in (("train", 4.0), ("play()", 1.0), ("Cfg", 9.0)):
        assert read_action_settings(f"{tmp_path / 'cfg.py'}:{name}").high == (high,)


def test_functions_that_call_each_other_without_end(tmp_path):
    text = "def a():\n    return b()\ndef b():\n    return a()\nclass Cfg:\n    clip_actions = 4.0\n    scale = a()"
    assert isinstance(settings(tmp_path, text, "Cfg")["scale"], Unknown)


def test_a_file_that_takes_for_ever_is_not_understood(tmp_path):
    text = "x = list(range(1000))\nfor a in x:\n    for b in x:\n        y = a\nclass Cfg:\n    clip_actions = 4.0"
    assert "takes too long" in unclear(tmp_path, "cfg.py", text).reason


def test_a_relative_import_and_a_star(tmp_path):
    write(tmp_path, "envs/base.py", "class Base:\n    class env:\n        num_actions = 12\n    clip_actions = 100.")
    text = "from .base import *\nclass Mine(Base):\n    class env(Base.env):\n        num_actions = 3"
    assert box(tmp_path, "envs/mine.py", text).low == (-100.0,) * 3


def test_an_import_that_a_package_hands_on(tmp_path):
    write(tmp_path, "envs/__init__.py", "from .base import Base")
    write(tmp_path, "envs/base.py", "class Base:\n    clip_actions = 7.0")
    assert box(tmp_path, "mine.py", "from envs import Base\nclass Mine(Base):\n    pass").high == (7.0,)


def test_nothing_is_run(tmp_path):
    mark = tmp_path / "was_run"
    text = f"""
        open({str(mark)!r}, "w")
        class Cfg:
            open({str(mark)!r}, "w")
            clip_actions = open({str(mark)!r}, "w") or 2.0
            action_scale = __import__("os").system("touch {mark}")
    """
    assert "which cannot be computed" in unclear(tmp_path, "cfg.py", text).reason
    assert not mark.exists()


def test_a_class_replaced_without_its_base_loses_what_it_had(tmp_path):
    text = "class Base:\n  class norm:\n    clip_actions = 100.\nclass Mine(Base):\n  class norm:\n    clip_obs = 1."
    file = write(tmp_path, "cfg.py", text)
    found = read_action_settings(f"{file}:Mine")
    assert isinstance(found, NotUnderstood)
    assert "the file says nothing of these" in found.reason


def test_files_that_import_each_other(tmp_path):
    write(tmp_path, "a.py", "from b import B\nclass A:\n    clip_actions = 3.")
    assert box(tmp_path, "b.py", "from a import A\nclass B(A):\n    num_actions = 2").low == (-3.0, -3.0)
    write(tmp_path, "c.py", "from d import X")
    assert "X (imported from c)" in unclear(tmp_path, "d.py", "from c import X\nclass Y(X):\n    pass").reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class Cfg(:", "It is not valid Python: invalid syntax"),
        ("print 'Python 2'\nclip_actions = 1", "It is not valid Python: Missing parentheses"),
        ("x = 1", "the file says nothing of these"),
        ("x = " + "(" * 5000, "not valid Python|nested too deeply"),
        ("clip_actions = 1\0", "not valid Python"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, text, message):
    assert re.search(message, unclear(tmp_path, "cfg.py", text).reason)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(UserError, match=r"Cannot read the configuration file .*none.py': No such file"):
        read_action_settings(str(tmp_path / "none.py"))
    assert read(tmp_path, "cfg.py", "class Run:\n    clip_actions = 1").high == (1.0,)
    with pytest.raises(UserError, match=r"Unknown class 'Rum'.* Did you mean 'Run'"):
        read_action_settings(f"{tmp_path / 'cfg.py'}:Rum")
