"""Plain values as Python source, and the source that opens a task."""

import ast

import gymnasium
import hypothesis.strategies as st
import pytest
from hypothesis import given
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.export._python_source import Code, call, literal, task_source

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


def opened(task, **names):
    """Run the source of `make_env` and return the function."""
    from stable_baselines3.common.vec_env import SubprocVecEnv

    names |= {"gym": gymnasium, "VecEnv": VecEnv, "DummyVecEnv": DummyVecEnv, "SubprocVecEnv": SubprocVecEnv}
    exec(task_source(task, threads=1), names)
    return names["make_env"]


def test_a_gymnasium_task_is_made_by_gymnasium():
    task = TaskConfig(id="Pendulum-v1", simulator="gymnasium", options={"max_episode_steps": 7, "env_kwargs": {"g": 5}})
    env = opened(task)(2)
    assert isinstance(env, DummyVecEnv)
    assert env.num_envs == 2
    assert env.get_attr("g") == [5, 5]
    assert env.envs[0].spec.max_episode_steps == 7


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"vectorization": "subprocess"}, "return SubprocVecEnv([make_robot] * num_envs)"),
        ({}, "return DummyVecEnv([make_robot] * num_envs)"),
        ({"import": "my_robots"}, "    import my_robots  # registers the environment\n\n    return"),
        ({"import": "/home/me/my robots.py"}, '    runpy.run_path("/home/me/my robots.py")  # registers'),
    ],
)
def test_options_of_a_gymnasium_task(options, line):
    assert line in task_source(TaskConfig(id="A-v0", simulator="gymnasium", options=options), threads=1)


def test_a_wrong_option_is_refused():
    with pytest.raises(UserError, match=r"task\.options\.max_steps: there is no such key"):
        task_source(TaskConfig(id="A-v0", simulator="gymnasium", options={"max_steps": 1}), threads=1)


def test_another_task_is_left_to_the_user_and_taken_from_tuner_until_then():
    task = TaskConfig(id="Cartpole", options={"noise": False}, num_envs=64)
    source = task_source(task, threads=3)
    assert "FILL THIS IN" in source
    assert (
        'TaskConfig(id="Cartpole", simulator="mujoco", num_envs=num_envs, options={"noise": False})\n'
        "    return open_task(task, seed=0, threads=3)"
    ) in source
