"""Measuring this machine as a worker would; that speeds come back is tested through `tuner reprice --calibrate`."""

import pytest

from tests.workers.trials import SIMULATOR
from tuner.config import TaskConfig, WorkersConfig
from tuner.errors import UserError
from tuner.workers import measure_here


def test_a_task_that_cannot_be_opened_is_the_users_mistake():
    task = TaskConfig(id="PointMess", simulator=SIMULATOR, num_envs=4)
    with pytest.raises(UserError, match=r"This machine could not be measured: .*PointMess"):
        measure_here(task, WorkersConfig(threads=1))
