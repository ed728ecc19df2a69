"""From how files write clips, scales and joints to one number per dimension."""

import math

import pytest

from tuner.actions import MOST_DIMENSIONS
from tuner.actions.audit.config_files._answers import UnclearError, UnclippedError
from tuner.actions.audit.config_files._settings import (
    clip_bounds,
    count_of,
    finite,
    matches,
    matching,
    number,
    per_joint,
    row_names,
)
from tuner.actions.audit.config_files._values import Unknown


@pytest.mark.parametrize(
    ("value", "count", "low", "high"),
    [
        (100, None, (-100.0,), (100.0,)),
        (100.0, 2, (-100.0, -100.0), (100.0, 100.0)),
        ("1e2", None, (-100.0,), (100.0,)),
        ([-1.0, 2.0], None, (-1.0,), (2.0,)),
        ([-1.0, 2.0], 3, (-1.0,) * 3, (2.0,) * 3),
        ((3.0,), None, (-3.0,), (3.0,)),
        ([3.0, 4.0], 2, (-3.0, -4.0), (3.0, 4.0)),  # one for each of two
        ([3.0, 4.0], None, (-3.0, -4.0), (3.0, 4.0)),  # no pair: it does not begin below zero
        ([[-1, 2], 3], 2, (-1.0, -3.0), (2.0, 3.0)),
    ],
)
def test_ways_to_write_a_clip(value, count, low, high):
    assert clip_bounds(value, count, "clip") == (low, high)


@pytest.mark.parametrize(
    ("value", "count", "message"),
    [
        (0.0, None, "clip is 0.0, which leaves no room"),
        (-3, None, "leaves no room"),
        ([[1.0, -1.0]], None, "leaves no room"),
        ([2.0, 1.0, 3.0], 2, "clip has 3 values for 2 actions"),
        (True, None, "clip is True, which cannot be read as bounds"),
        ([1, [2, 3, 4]], 2, r"clip is \[2, 3, 4\], which cannot be read"),
        ("wide", None, "clip is 'wide', which cannot be read"),
        ([], None, r"clip is \[\], which cannot be read"),
        (math.inf, None, "clip is inf, which is not finite: it clips nothing"),
        (["x" * 200], None, r"x\.\.\.x+', which cannot be read"),
    ],
)
def test_clips_that_cannot_be(value, count, message):
    with pytest.raises(UnclearError, match=message):
        clip_bounds(value, count, "clip")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1.0), ("1e-3", 0.001), (2.5, 2.5), (True, None), (None, None), ("x", None), ([1], None), (10**400, None)],
)
def test_numbers(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(12, 12), ("12", 12), (12.0, 12), (0, None), (2.5, None), ("x", None)])
def test_counts(value, expected):
    assert count_of(value) == expected


def test_a_count_that_would_fill_the_memory_is_refused():
    with pytest.raises(UnclearError, match=f"at most {MOST_DIMENSIONS}"):
        count_of(MOST_DIMENSIONS + 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.25, (0.25, 0.25)),
        ([1, 2], (1.0, 2.0)),
        ([1, 2, 3], (None, None)),  # not one for each
        ({"hip": 1, ".*": 2}, (1.0, 2.0)),
        ({"h.*": 1}, (1.0, None)),
        (None, (None, None)),
    ],
)
def test_one_number_for_each_joint(value, expected):
    assert per_joint(value, ("hip", "knee")) == expected


def test_a_name_comes_before_expressions_which_match_whole_names():
    values = {"(": 0, "hi": 1, ".*": 2, "hip": 3}  # the first is no expression
    assert matching(values, "hip") == 3
    assert matching(values, "knee") == 2
    assert matching({"hi": 1}, "hip") is None


def test_what_the_dimensions_are_called():
    assert row_names(["hip", "knee"], 2) == (("hip", "knee"), ())
    assert row_names(["hip", "knee"], None) == (("hip", "knee"), ())
    assert row_names(["a", "b"], 3) == (("0", "1", "2"), ())  # other joints than those that act
    names, (note,) = row_names(None, None)
    assert names == ("each",)
    assert "one row stands for each" in note


def test_values_that_could_not_be_computed_say_where():
    with pytest.raises(UnclearError, match=r"clip is \[-1.0, f\(x\)\], which cannot be computed") as caught:
        clip_bounds([[-1.0, Unknown("f(x)", "a.py:3")]], 1, "clip")
    assert caught.value.line == "a.py:3"
    with pytest.raises(UnclippedError):
        clip_bounds([-math.inf, math.inf], 3, "clip")


def test_infinite_numbers_are_not_finite():
    assert [finite(value) for value in (1, "1e-3", math.inf, math.nan, None)] == [1.0, 0.001, None, None, None]


def test_what_a_mapping_does_not_mention():
    assert per_joint({"hip": 1.0}, ("hip", "knee"), missing=0.5) == (1.0, 0.5)


def test_patterns_that_are_none_match_nothing():
    assert matches(".*_hip", "left_hip")
    assert not matches("(", "(")
