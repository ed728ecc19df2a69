"""Plain values as Python source."""

import ast

import hypothesis.strategies as st
from hypothesis import given

from tuner.export._python_source import Code, call, literal

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(PLAIN)
def test_a_value_is_what_its_source_says(value):
    assert ast.literal_eval(literal(value)) == value


def test_sources():
    assert literal('say "x"\n') == '"say \\"x\\"\\n"'
    assert literal((1, 2.5)) == "[1, 2.5]"
    assert literal({"a": Code("np.zeros(3)")}) == '{"a": np.zeros(3)}'


def test_calls():
    assert call("f") == "f()"
    assert call("f", "x", 1, b=None, c=Code("y")) == 'f("x", 1, b=None, c=y)'
    assert call("f", **{"no name": 1, "a": 2}) == 'f(a=2, **{"no name": 1})'
