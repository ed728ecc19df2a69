"""Values of expressions that are plain enough, and what is left unknown."""

import ast
import math

import pytest

from tests.actions.audit.config_files.reading import settings
from tuner.actions.audit.config_files._values import Section, Unknown

BEFORE = "import numpy as np\nLIMIT = 7.0\nJOINTS = ['hip', 'knee']\nclass Cfg:\n    scale = 0.5\n"


def value(folder, text):
    return settings(
        folder, f"{BEFORE}def outcome(args):\n    clip = {text}\n    return {{'value': clip}}\n", "outcome()"
    )["value"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100", 100),
        ("'text'", "text"),
        ("None", None),
        ("2 * np.pi", 2 * math.pi),
        ("-torch.inf", -math.inf),
        ("-(-3.) + 10 ** 1 / 5", 5.0),
        ("+4 - 1", 3),
        ("LIMIT", 7.0),
        ("Cfg.scale * LIMIT", 3.5),
        ("[1, (2, LIMIT), *JOINTS]", [1, [2, 7.0], "hip", "knee"]),
        ("{'a': 1, 2: [3], **{'b': 4}}", {"a": 1, "2": [3], "b": 4}),
        ("[0.25] * 2 + [1.0]", [0.25, 0.25, 1.0]),
        ("f'{JOINTS[0]}_joint'", "hip_joint"),
        ("{'a': [5.0, 6.0]}['a'][-1]", 6.0),
        ("JOINTS[1:]", ["knee"]),
        ("float('inf')", math.inf),
        ("np.deg2rad(180)", math.pi),
        ("np.array([1.0, 2.0])", [1.0, 2.0]),
        ("len(JOINTS) * 6", 12),
        ("1 if LIMIT > 5 else 2", 1),
        ("not (LIMIT == 7.0 and 'hip' in JOINTS)", False),
        ("{name: 0.25 for name in JOINTS if name != 'hip'}", {"knee": 0.25}),
        ("[low + high for low, high in zip([1, 2], [3, 4])]", [4, 6]),
        ("dict(a=1, b=[2])", {"a": 1, "b": [2]}),
        ("{'clip': 5.0}.get('clip', 1.0)", 5.0),
        ("getattr(Cfg, 'scale', 2.0)", 0.5),
    ],
)
def test_plain_values(tmp_path, text, expected):
    assert value(tmp_path, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch x')",
        "unknown",
        "args.clip",
        "np.random",
        "'a' * 3",
        "True + 1",
        "7 // 2",
        "~7",
        "1 / 0",
        "10.0 ** 10.0 ** 10.0",
        "(-1) ** 0.5",
        "[0.0] * 10 ** 9",
        "list(range(10 ** 12))",
        "int('x')",
        "[x for x in args.names]",
        "1 if args.fast else 2",
        "not args.fast",
        "JOINTS[5]",
        "f'{args.name}'",
        "{'clip': 1}[args.name]",
        "open('/etc/passwd').read()",
    ],
)
def test_all_else_is_left_as_the_file_writes_it(tmp_path, text):
    found = value(tmp_path, text)
    assert isinstance(found, Unknown)
    assert found.text == ast.unparse(ast.parse(text, mode="eval"))
    if text != "unknown":
        assert found.place.endswith(":7")  # the line of the expression


def test_one_unknown_entry_leaves_the_others(tmp_path):
    found = value(tmp_path, "[1, f(2)]")
    assert found[0] == 1
    assert found[1].text == "f(2)"


def test_a_call_of_an_unknown_class_holds_its_arguments_by_name(tmp_path):
    found = value(tmp_path, "mdp.JointPositionActionCfg(scale=0.25, clip={'.*': (-1, 1)})")
    assert isinstance(found, Section)
    assert (found.kind, found.partial) == ("JointPositionActionCfg", False)
    assert found == {"scale": 0.25, "clip": {".*": [-1, 1]}}
    assert value(tmp_path, "SomethingCfg(**args.more)").partial


def test_what_an_unknown_mapping_may_replace_is_unknown(tmp_path):
    found = value(tmp_path, "{'a': 1, **args.more, 'b': 2}")
    assert isinstance(found["a"], Unknown)
    assert found["b"] == 2
