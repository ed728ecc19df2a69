from tuner.config import TaskConfig
from tuner.simulators import get_simulator, task_revision


def test_every_task_of_the_embedded_simulator_has_a_revision():
    for task in get_simulator("mujoco").tasks():
        assert task_revision(TaskConfig(id=task, simulator="mujoco", num_envs=4)) >= 1


def test_others_have_none():
    assert task_revision(TaskConfig(id="Pendulum-v1", simulator="gymnasium", num_envs=4)) is None
    assert task_revision(TaskConfig(id="Cartpole", simulator="no/such/file.py:Mine", num_envs=4)) is None
