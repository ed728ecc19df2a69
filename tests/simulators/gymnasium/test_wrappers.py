"""Wrappers as RL Zoo's files name them, and observations and actions that are made flat."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.simulators.gymnasium.support import open_one
from tuner.config import parse_options
from tuner.errors import UserError
from tuner.simulators.gymnasium import GymnasiumOptions

TIME = "gymnasium.wrappers:TimeAwareObservation"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (TIME, [(TIME, {})]),
        ("gymnasium.wrappers.TimeAwareObservation", [(TIME, {})]),  # as RL Zoo writes it
        ([TIME, {"a.b:C": {"x": 1}}], [(TIME, {}), ("a.b:C", {"x": 1})]),
        ({"/home/me/clip.py:Clip": None}, [("/home/me/clip.py:Clip", {})]),
        (None, []),
        ([], []),
    ],
)
def test_wrappers_are_read_as_rl_zoo_has_them(given: Any, found: list[Any]) -> None:
    options = parse_options(GymnasiumOptions, {"env_wrapper": given}, "task.options")
    assert [(wrapper.reference, wrapper.kwargs) for wrapper in options.env_wrapper] == found


@pytest.mark.parametrize(
    "given",
    [3, True, "", "nocolon", "a:not a name", [3], [[TIME]], {}, {TIME: 1}, {TIME: {}, "c:D": {}}, {3: {}}, {TIME: [1]}],
)
def test_what_names_no_wrapper_is_refused(given: Any) -> None:
    with pytest.raises(UserError, match=r"task\.options\.env_wrapper.*needs a list of module:Class"):
        parse_options(GymnasiumOptions, {"env_wrapper": given}, "task.options")


OWN = """
import gymnasium
import numpy as np
class Discrete(gymnasium.Wrapper):
    def __init__(self, env):
        super().__init__(env)
        self.action_space = gymnasium.spaces.Discrete(3)
class Raises(gymnasium.Wrapper):
    def __init__(self, env):
        raise KeyError("gain")
class RaisesLater(gymnasium.Wrapper):
    def reset(self, **keywords):
        raise KeyError("offset")
def doubled(env, factor=2.0):
    return gymnasium.wrappers.TransformReward(env, lambda reward: factor * reward)
def nothing(env):
    return None
number = 3
"""


@pytest.mark.parametrize(
    ("wrapper", "parts"),
    [
        ("Discrete", ["Discrete", "discrete actions", "Discrete(3)"]),
        ("Raises", ["Raises failed", "KeyError", "gain"]),
        ("RaisesLater", ["cannot be reset", "RaisesLater", "KeyError", "offset"]),
        ("nothing", ["returned a NoneType"]),
        ("number", ["is a int, not a class"]),
        ("Discreet", ["Did you mean 'Discrete'?"]),
    ],
)
def test_a_wrapper_that_does_not_work_is_explained(tmp_path: Path, wrapper: str, parts: list[str]) -> None:
    (tmp_path / "own_wrappers.py").write_text(OWN)
    for place in (f"{tmp_path}/own_wrappers.py", f"{tmp_path}/own_wrappers"):
        with pytest.raises(UserError) as caught:
            open_one("Pendulum-v1", env_wrapper=[f"{place}:{wrapper}"])
        assert [part for part in parts if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("wrapper", "parts"),
    [
        ({"gymnasium.wrappers:TimeLimit": {}}, ["TimeLimit failed", "max_episode_steps"]),
        ("gymnasium.wrappers:TimeLimitt", ["Did you mean 'TimeLimit'?"]),
        ("no_such_module:Wrapper", ["no module 'no_such_module'"]),
        ("./no_such_file.py:Wrapper", ["no_such_file.py"]),
    ],
)
def test_a_wrapper_that_there_is_not_is_explained(wrapper: Any, parts: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        open_one("Pendulum-v1", env_wrapper=[wrapper])
    assert [part for part in parts if part not in str(caught.value)] == []


def test_the_first_wrapper_is_the_innermost(tmp_path: Path) -> None:
    (tmp_path / "own_wrappers.py").write_text(OWN)
    doubled = f"{tmp_path}/own_wrappers.py:doubled"
    clipped = {"gymnasium.wrappers:ClipReward": {"min_reward": -0.5, "max_reward": 0.0}}
    rewards = {}
    for name, wrappers in {"clipped last": [{doubled: {"factor": 100}}, clipped], "first": [clipped, doubled]}.items():
        env = open_one("Pendulum-v1", env_wrapper=wrappers)
        env.reset()
        rewards[name] = float(env.step(np.ones((1, 1), np.float32))[1][0])
        env.close()
    assert rewards == {"clipped last": -0.5, "first": -1.0}  # a hanging pendulum loses more than 0.5 a step


def test_a_matrix_of_actions_is_flat_for_the_agent_and_a_matrix_for_the_robot(own_env: Path) -> None:
    env = open_one("OwnMatrixCounter-v0", 2, max_episode_steps=9, **{"import": str(own_env)})
    assert env.action_space.shape == (6,)
    assert env.flattened == {"actions": "Box(-1.0, 1.0, (2, 3), float32)"}
    env.reset()
    actions = np.arange(12, dtype=np.float32).reshape(2, 6) / 20
    assert env.step(actions)[1].tolist() == pytest.approx([5 / 20, 11 / 20])  # the robot's action[1, 2]
    env.close()


def test_composite_observations_are_flat(own_env: Path) -> None:
    env = open_one("OwnTupleCounter-v0", max_episode_steps=9, **{"import": str(own_env)})
    assert env.reset().tolist() == [[0, 0, 1, 1, 1, 1, 1]]  # 2 of 3 as one-hot, then a matrix of ones
    assert list(env.flattened) == ["observations"]
    assert "Tuple(Discrete(3)" in env.flattened["observations"]
    env.close()


@pytest.mark.parametrize(("shape", "flattened"), [([4], []), ([2, 3], ["observations"])])
def test_bytes_are_numbers(own_env: Path, shape: list[int], flattened: list[str]) -> None:
    options = {"max_episode_steps": 9, "import": str(own_env)}
    env = open_one("OwnByteCounter-v0", env_kwargs={"shape": shape}, **options)
    observations = env.reset()
    assert observations.dtype == np.float32
    assert observations.tolist() == [[200.0] * int(np.prod(shape))]
    assert list(env.flattened) == flattened
    env.close()
