"""Values of expressions that are plain enough, and what is left unread."""

import ast
import math

import pytest

from tuner.actions.audit.config_files._literals import Unread, literal

SCOPES = [{"LIMIT": 7.0}, {"LIMIT": 1.0, "OUTER": "outer"}]


def value(text):
    return literal(ast.parse(text, mode="eval").body, SCOPES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100", 100),
        ("'text'", "text"),
        ("None", None),
        ("2 * np.pi", 2 * math.pi),
        ("-torch.inf", -math.inf),
        ("-(-3.) + 10 ** 1 / 5", 5.0),
        ("+4 - 1", 3.0),
        ("LIMIT", 7.0),  # the innermost scope's
        ("OUTER", "outer"),
        ("[1, (2, LIMIT)]", [1, [2, 7.0]]),
        ("{'a': 1, 2: [3]}", {"a": 1, "2": [3]}),
    ],
)
def test_plain_values(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "float('inf')",
        "__import__('os').system('touch x')",
        "unknown",
        "unknown.attribute",
        "np.random",
        "'a' * 3",
        "True + 1",
        "7 // 2",
        "~7",
        "1 / 0",
        "10.0 ** 10.0 ** 10.0",
        "(-1) ** 0.5",
        "[x for x in (1, 2)]",
        "1 if LIMIT else 2",
    ],
)
def test_all_else_is_left_as_the_file_writes_it(text):
    found = value(text)
    assert isinstance(found, Unread)
    assert repr(found) == ast.unparse(ast.parse(text, mode="eval"))


def test_one_unread_entry_leaves_the_others():
    assert value("[1, f(2)]") == [1, Unread("f(2)")]
