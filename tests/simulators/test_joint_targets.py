"""What joint targets refuse."""

from dataclasses import replace

import pytest

from tuner.errors import UserError
from tuner.simulators import JointTargets

JOINTS = JointTargets(names=("knee",), default=(-1.5,), scale=(0.25,), lower=(-2.7,), upper=(-0.9,))


def test_a_default_at_the_end_of_the_range_is_allowed() -> None:
    assert replace(JOINTS, default=(-0.9,)).default == (-0.9,)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"scale": (0.25, 0.25)}, r"per action, not \[1, 2\]"),
        ({"default": (0.0,)}, "Joint 'knee' has default 0, .* a default within"),
        ({"lower": (-0.9,)}, "a lower end below the upper one"),
        ({"scale": (0.0,)}, "a scale above zero"),
        ({"upper": (float("inf"),)}, "range -2.7 to inf; all must be finite"),
    ],
)
def test_numbers_that_cannot_be(wrong: dict[str, tuple[float, ...]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        replace(JOINTS, **wrong)
