"""The three answers, the command for a box given by hand, and two answers together."""

import pytest

from tuner.actions.audit._partial_targets import PartialTargets
from tuner.actions.audit.config_files._answers import (
    ActionSettings,
    NoClipping,
    NotUnderstood,
    both,
    by_hand,
    is_pattern,
    same,
    unnamed,
)


def joints(*names, scale=None):
    nothing = (None,) * len(names)
    return PartialTargets(names, nothing, (scale,) * len(names), nothing, nothing)


def settings(low, high, of=None, notes=()):
    return ActionSettings("style", "place", "a.py:1", low, high, of or unnamed(len(low)), notes=notes)


@pytest.mark.parametrize(
    ("of", "command"),
    [
        (joints(), "tuner audit --box LOW HIGH"),
        (joints("each", scale=0.25), "tuner audit --box LOW HIGH --scale 0.25"),
        (joints("hip", "knee", scale=0.5), "tuner audit --box LOW HIGH --dims 2 --scale 0.5"),
        (joints(".*_hip", ".*"), "tuner audit --box LOW HIGH"),
        (
            PartialTargets(("a", "b"), (None,) * 2, (1.0, 2.0), (None,) * 2, (None,) * 2),
            "tuner audit --box LOW HIGH --dims 2",
        ),
    ],
)
def test_the_command_is_filled_in_as_far_as_the_file_goes(of, command):
    assert by_hand(of) == command


def test_expressions_and_names():
    assert [is_pattern(name) for name in ("hip_joint", "FL-hip", "0", ".*", "[LR]_hip", "")] == [False] * 3 + [True] * 3


def test_the_box_is_where_trainer_and_environment_let_through():
    environment = settings((-4.0, -0.5), (4.0, 0.5), joints("hip", "knee", scale=0.25))
    found = both(environment, settings((-1.0,), (1.0,), joints("each"), notes=("It does not say how many actions.",)))
    assert (found.low, found.high) == ((-1.0, -0.5), (1.0, 0.5))
    assert found.joints == environment.joints
    assert found.notes == ()


def test_one_that_does_not_clip_leaves_it_to_the_other():
    none = NoClipping("style", "place", "env.yaml:3", "No clip.", joints("hip", "knee", scale=0.5))
    agent = settings((-1.0,), (1.0,), joints("each"))
    found = both(none, agent)
    assert (found.high, found.joints.scale) == ((1.0, 1.0), (0.5, 0.5))
    environment = settings((-4.0,), (4.0,), joints("hip"))
    assert both(environment, NoClipping("s", "p", "agent.yaml:1", "Off.", joints())) is environment


def test_what_one_does_not_tell_is_not_known_of_both():
    unclear = NotUnderstood("agent.yaml:1", "A switch.")
    found = both(settings((-4.0,), (4.0,), joints("hip", scale=0.5)), unclear)
    assert (found.reason, found.joints.scale) == ("A switch.", (0.5,))


def test_answers_are_the_same_wherever_they_are_found():
    first, second = settings((-1.0,), (1.0,)), ActionSettings("b", "c", "d", (-1.0,), (1.0,), unnamed(1))
    assert same([first, second])
    assert not same([first, settings((-1.0,), (2.0,))])
    assert not same([first, NotUnderstood("a", "b")])
