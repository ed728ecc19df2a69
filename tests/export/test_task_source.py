"""The source that opens a task makes the robots that the study had."""

import sys

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from tests.export.example import example
from tests.simulators.gymnasium.support import OWN_ENV, open_one
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.export._task_source import module_name, task_source


def source(task, flattened=None):
    configuration = example()
    provenance = configuration.provenance.model_copy(update={"flattened": dict(flattened or {})})
    return task_source(configuration.model_copy(update={"task": task, "provenance": provenance}))


def opened(task, flattened=None, **names):
    """Run the source of `make_env` and return the function."""
    from stable_baselines3.common.vec_env import SubprocVecEnv

    names |= {"gym": gymnasium, "VecEnv": VecEnv, "DummyVecEnv": DummyVecEnv, "SubprocVecEnv": SubprocVecEnv}
    exec(source(task, flattened), names)
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
        ({"import": "my_robots"}, "    import my_robots\n\n    return"),
        ({"import": "/home/me/arms.robot"}, '    sys.path.insert(0, "/home/me")\n    import arms.robot\n\n    return'),
        ({"import": "/home/me/my robots.py"}, '    runpy.run_path("/home/me/my robots.py")  # registers'),
    ],
)
def test_options_of_a_gymnasium_task(options, line):
    assert line in source(TaskConfig(id="A-v0", simulator="gymnasium", options=options))


def test_a_wrong_option_is_refused():
    with pytest.raises(UserError, match=r"task\.options\.max_steps: there is no such key"):
        source(TaskConfig(id="A-v0", simulator="gymnasium", options={"max_steps": 1}))


def test_another_task_is_left_to_the_user_and_taken_from_tuner_until_then():
    task = TaskConfig(id="Cartpole", options={"noise": False}, num_envs=64)
    text = source(task)
    assert "FILL THIS IN" in text
    assert (
        'TaskConfig(id="Cartpole", simulator="mujoco", num_envs=num_envs, options={"noise": False})\n'
        "    return open_task(task, seed=0, threads=1)"
    ) in text


WRAPPERS = """
import gymnasium
class Scaled(gymnasium.wrappers.TransformReward):
    def __init__(self, env, factor):
        super().__init__(env, lambda reward: factor * reward)
"""


@pytest.fixture
def own(tmp_path):
    """Two modules of the user's in a folder that Python does not know."""
    (tmp_path / "exported_envs.py").write_text(OWN_ENV)
    (tmp_path / "exported_wrappers.py").write_text(WRAPPERS)
    yield tmp_path
    sys.path[:] = [entry for entry in sys.path if entry != str(tmp_path)]
    for name in ("exported_envs", "exported_wrappers"):
        sys.modules.pop(name, None)
    for name in [name for name in gymnasium.registry if name.startswith("Own")]:
        del gymnasium.registry[name]


@pytest.mark.parametrize("suffix", ["", ".py"])
def test_wrappers_and_flat_actions_are_those_of_the_study(own, suffix):
    wrapper = {f"{own}/exported_wrappers{suffix}:Scaled": {"factor": 100.0}}
    options = {"import": f"{own}/exported_envs{suffix}", "env_wrapper": [wrapper], "max_episode_steps": 9}
    ours = open_one("OwnMatrixCounter-v0", 2, **options)
    task = TaskConfig(id="OwnMatrixCounter-v0", simulator="gymnasium", num_envs=2, options=options)
    theirs = opened(task, ours.flattened)(2)
    assert theirs.action_space == ours.action_space
    ours.reset(), theirs.reset()
    actions = np.arange(12, dtype=np.float32).reshape(2, 6) / 20
    assert ours.step(actions)[1].tolist() == pytest.approx([25.0, 55.0])  # 100 · the robot's action[1, 2]
    assert theirs.step(actions)[1].tolist() == pytest.approx([25.0, 55.0])
    ours.close(), theirs.close()


def test_flat_observations_are_those_of_the_study(own):
    options = {"import": f"{own}/exported_envs.py", "max_episode_steps": 9}
    ours = open_one("OwnTupleCounter-v0", **options)
    task = TaskConfig(id="OwnTupleCounter-v0", simulator="gymnasium", options=options)
    theirs = opened(task, ours.flattened)(1)
    assert theirs.reset().tolist() == ours.reset().tolist()
    assert "# from Tuple(Discrete(3), " in source(task, ours.flattened)
    ours.close(), theirs.close()


@pytest.mark.parametrize(
    ("reference", "name"), [("a.b", "a.b"), ("/home/me/a.b", "a.b"), ("/home/me/a.py", "a"), ("./a.py", "a")]
)
def test_modules_have_their_own_names(reference, name):
    assert module_name(reference) == name
