"""Metrics that a user's own environment names: keys of its infos."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from tests.simulators.gymnasium.support import open_one
from tuner.errors import UserError
from tuner.simulators.gymnasium._metrics import measured, named_metrics

ENVS = """
import gymnasium as gym
import numpy as np
from gymnasium import spaces

class Measured(gym.Env):
    # Fails when pushed by more than 0.5.
    observation_space = spaces.Box(0, np.inf, (2,), np.float32)
    action_space = spaces.Box(-1, 1, (1,), np.float32)
    metrics = ("steps", "pushed", "late")
    def __init__(self, late=1.0, after=2):
        self.late, self.after = late, after
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.place = self.np_random.random(2).astype(np.float32)
        return self.place, {}
    def step(self, action):
        self.steps += 1
        info = {"steps": self.steps, "pushed": np.bool_(action[0] > 0), "other": "text"}
        if self.steps > self.after:
            info["late"] = self.late
        return self.place, 1.0, bool(action[0] > 0.5), False, info

class Doubling(gym.Wrapper):
    metrics = ["twice"]
    def step(self, action):
        *results, info = self.env.step(action)
        return *results, {**info, "twice": 2.0 * info["steps"]}

gym.register("Measured-v0", Measured, max_episode_steps=10)
"""


@pytest.fixture
def measured_env(tmp_path: Path) -> Path:
    path = tmp_path / "measured_envs.py"
    path.write_text(ENVS, encoding="utf-8")
    return path


def opened(path: Path, num_envs: int = 3, **options: Any) -> Any:
    return open_one("Measured-v0", num_envs, **{"import": str(path), **options})


def push(*actions: float) -> Any:
    return np.float32(actions)[:, None]


@pytest.mark.parametrize("vectorization", ["sync", "subprocess"])
def test_each_robots_numbers_of_the_step(measured_env: Path, vectorization: str) -> None:
    more = {} if vectorization == "sync" else {"processes": 2}
    env = opened(measured_env, vectorization=vectorization, **more)
    try:
        assert list(env.metrics) == ["steps", "pushed", "late"]
        assert np.isnan(list(env.metrics.values())).all()
        env.reset()
        env.step(push(0.0, 0.0, 0.0))
        found = []
        for actions in (push(0.1, 1.0, -0.1), push(0.1, 0.0, 0.0)):  # robot 1 fails in the second step
            env.step(actions)
            found.append([values.tolist() for values in env.metrics.values()])
        nan = np.nan
        # The step in which an episode ends is that episode's. `late` is there from the third step on.
        np.testing.assert_array_equal(found[0], [[2, 2, 2], [1, 1, 0], [nan, nan, nan]])
        np.testing.assert_array_equal(found[1], [[3, 1, 3], [1, 0, 0], [1, nan, 1]])
        assert {values.dtype for values in env.metrics.values()} == {np.dtype(np.float64)}
    finally:
        env.close()


def test_one_robot(measured_env: Path) -> None:
    env = opened(measured_env, num_envs=1)
    env.reset()
    env.step(push(0.1))
    assert env.metrics["steps"].tolist() == [1.0]
    env.close()


def test_a_wrapper_names_its_own(measured_env: Path) -> None:
    env = opened(measured_env, env_wrapper=f"{measured_env}:Doubling")
    env.reset()
    env.step(push(0.0, 0.0, 0.0))
    assert {name: values.tolist() for name, values in env.metrics.items()} == {"twice": [2.0, 2.0, 2.0]}
    env.close()


def test_an_environment_without_metrics_has_none() -> None:
    env = open_one("Pendulum-v1")
    assert env.metrics == {}
    env.close()


@pytest.mark.parametrize("vectorization", ["sync", "subprocess"])
def test_a_metric_that_is_no_number_is_refused_in_the_step_that_gives_it(
    measured_env: Path, vectorization: str
) -> None:
    env = opened(measured_env, vectorization=vectorization, env_kwargs={"late": "fast"})
    env.reset()
    for _ in range(2):
        env.step(push(0.0, 0.0, 0.0))
    with pytest.raises(UserError, match=r"The metric 'late' is 'fast', but a metric is one number\. Put a float into"):
        env.step(push(0.0, 0.0, 0.0))
    env.close()


def test_a_metric_that_is_no_number_in_the_first_step_is_told_before_training(measured_env: Path) -> None:
    with pytest.raises(UserError, match="The metric 'late' is 'fast'"):
        opened(measured_env, env_kwargs={"late": "fast", "after": 0})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        ("1.0", "'1.0'"),
        (np.ones(2), r"an array of shape \(2,\)"),
        ([1.0], r"\[1.0\]"),
        ([[1.0], [1.0, 2.0]], r"\[\[1.0\], \[1.0, 2.0\]\]"),
        (1j, "1j"),
    ],
)
@pytest.mark.parametrize("robots", [1, 3])
def test_what_is_no_number(value: Any, shown: str, robots: int) -> None:
    infos = [{"speed": 1.0}] * (robots - 1) + [{"speed": value}]
    with pytest.raises(UserError, match=f"The metric 'speed' is {shown}, but a metric is one number"):
        measured(("speed",), infos)


def test_what_is_a_number() -> None:
    values: list[Any] = [True, 3, 2**70, np.float32(0.5), np.array(1.5), np.nan, np.inf, np.int8(4)]
    found = measured(("speed",), [*({"speed": value} for value in values), {}])["speed"]
    np.testing.assert_array_equal(found, [1, 3, 2.0**70, 0.5, 1.5, np.nan, np.inf, 4, np.nan])


class Naming(gym.Env[Any, Any]):
    def __init__(self, metrics: Any) -> None:
        self.metrics = metrics


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ("speed", "has the text 'speed' as metrics"),
        (("speed", 3), "has 3 among its metrics"),
        (("speed", ""), "has '' among its metrics"),
        (["speed", "height", "speed"], "names a key twice in its metrics: speed, height, speed"),
    ],
)
def test_names_that_are_none_are_refused(given: Any, part: str) -> None:
    with pytest.raises(UserError) as caught:
        named_metrics("'Own-v0'", Naming(given))
    assert str(caught.value).startswith(f"'Own-v0' {part}")


@pytest.mark.parametrize("given", [{}, {"episodes": 3}, None, len, 3, (), []])
def test_an_attribute_that_is_something_else_is_left_alone(given: Any) -> None:
    assert named_metrics("'Own-v0'", Naming(given)) == ()


class Unready(gym.Env[Any, Any]):
    @property
    def metrics(self) -> Any:
        raise RuntimeError("call reset first")


def test_an_attribute_that_cannot_be_read_is_left_alone() -> None:
    assert named_metrics("'Own-v0'", Unready()) == ()
