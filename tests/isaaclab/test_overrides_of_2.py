"""Overrides in Isaac Lab 2, which the real Hydra applies in the stand-in; Isaac Lab's interpreter has Hydra."""

import os

import pytest

from tests.simulators.server.isaac_sim import installed
from tests.simulators.server.servers import QUICK, Servers
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators.server import Client, ServedEnv


@pytest.fixture
def opened(tmp_path):
    """Return what opens the springs with overrides."""
    servers = Servers(tmp_path)

    def opened(*overrides):
        process = servers.start("isaaclab", os.environ["TUNER_ISAACLAB_PYTHON"], installed(tmp_path))
        options = {"device": "cpu", "overrides": list(overrides)}
        task = TaskConfig(id="Isaac-Springs-v0", simulator="isaaclab", num_envs=2, options=options)
        return ServedEnv(task, Client(process.connect(), process.log, deadlines=QUICK), seed=0, threads=1)

    yield opened
    servers.end()


def test_overrides_change_the_configuration(opened):
    env = opened("env.decimation=4", "env.sim.dt=0.005", "env.episode_length_s=1.0")
    assert env.control_period_seconds == pytest.approx(4 * 0.005)
    assert env.max_episode_steps == 50
    assert env.reset().shape == (2, 7)  # the number of robots is still the task's


def test_an_override_of_something_unknown(opened):
    with pytest.raises(
        UserError, match=r"refuses the overrides \['env\.decimatio=4'\] of Isaac-Springs-v0: .*decimatio"
    ):
        opened("env.decimatio=4")
