import numpy as np
import pytest

from tuner.simulators.mujoco._a1_commands import RESAMPLING_STEPS, VelocityCommands, speed_share, turning_rate


def drawn(robots: int, seed: int = 0) -> tuple[VelocityCommands, np.random.Generator]:
    commands, random = VelocityCommands(robots), np.random.default_rng(seed)
    commands.resample(np.arange(robots), random)
    return commands, random


@pytest.mark.parametrize(
    ("target", "heading", "expected"),
    [
        (1.0, 0.0, 0.5),
        (0.0, 1.0, -0.5),
        (3.0, 0.0, 1.0),  # 1.5, clipped
        (0.0, 2.5, -1.0),
        (3.0, -3.0, 0.5 * (6.0 - 2 * np.pi)),  # the short way is -0.283 rad
        (-3.0, 3.0, 0.5 * (2 * np.pi - 6.0)),
        (2.0, 2.0, 0.0),
    ],
)
def test_turning_rate(target: float, heading: float, expected: float) -> None:
    assert turning_rate(np.array([target]), np.array([heading]))[0] == pytest.approx(expected)


def test_draws_fill_their_ranges() -> None:
    commands, _ = drawn(10_000)
    # Of 10,000 uniform draws the largest lies within 1 % of the limit but for odds of 0.995^10000 = 2e-22.
    for values, limit in ((commands.velocity[:, 0], 1.0), (commands.velocity[:, 1], 1.0), (commands.heading, np.pi)):
        assert -limit <= values.min() < -0.99 * limit
        assert 0.99 * limit < values.max() <= limit
    # 200 stand on average, with a standard deviation of 14
    assert 130 < commands.standing.sum() < 270


def test_standing_robots_get_no_command_at_all() -> None:
    commands, _ = drawn(2)
    commands.standing[:] = [True, False]
    commands.heading[:] = [1.0, 1.0]
    commands.steer(np.zeros(2), slice(None))
    assert commands.velocity[0].tolist() == [0.0, 0.0, 0.0]
    assert commands.velocity[1, 2] == pytest.approx(0.5)
    assert commands.velocity[1, :2].any()


def test_steering_some_leaves_the_others() -> None:
    commands, _ = drawn(3)
    commands.standing[:] = False
    commands.heading[:] = 1.0
    commands.velocity[:, 2] = 7.0
    commands.steer(np.array([0.0]), np.array([1]))
    assert commands.velocity[:, 2].tolist() == [7.0, 0.5, 7.0]


def test_new_commands_come_after_ten_seconds() -> None:
    assert RESAMPLING_STEPS * 0.02 == 10.0
    commands, random = drawn(3)
    first = commands.velocity.copy()
    commands.steps_left[2] = 100
    for _ in range(RESAMPLING_STEPS - 1):
        commands.advance(random)
    assert (commands.velocity[:2, :2] == first[:2, :2]).all()
    assert (commands.velocity[2, :2] != first[2, :2]).all()  # was due after 100 steps
    commands.advance(random)
    assert (commands.velocity[:2, :2] != first[:2, :2]).all()
    # robot 2 restarted after 100 steps and has 500 - (500 - 100) left
    assert commands.steps_left.tolist() == [500, 500, 100]


def test_speed_share_by_hand() -> None:
    velocity = np.array([[0.5, 0.0], [0.6, 0.8], [-0.3, 0.0], [0.0, 0.7], [0.4, -0.1], [1.0, 1.0], [1.0, 0.0]])
    command = np.array([[1.0, 0.0], [0.6, 0.8], [0.6, 0.0], [0.5, 0.0], [0.3, 0.4], [0.0, 0.0], [0.2, 0.0]])
    # 5: (0.4·0.3 − 0.1·0.4) / 0.25 = 0.32; the last two are commanded to stand, or to go no faster than 0.2 m/s.
    expected = [0.5, 1.0, -0.5, 0.0, 0.32, np.nan, np.nan]
    np.testing.assert_allclose(speed_share(velocity, command), expected, atol=1e-12)
