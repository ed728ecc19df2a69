"""The part of the simulator contract about opening a task and closing it: each test opens it anew.

A simulator with several tasks that open in the same way needs it for one of them; where each opening starts a process,
that saves minutes.
"""

import numpy as np
import pytest

from tests.contracts.opened_task import LIMIT, OpenedTask
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators import get_simulator, open_task


class OpeningContract(OpenedTask):
    """Names, options and the end."""

    def test_lists_the_task(self) -> None:
        tasks = get_simulator(self.simulator).tasks()
        assert len(tasks) == len(set(tasks))
        assert (self.task_id in tasks) == self.listed

    def test_an_unknown_task_is_the_users_mistake(self) -> None:
        misspelled = self.task_id[:-1] + "#"
        task = TaskConfig(id=misspelled, simulator=self.simulator, num_envs=1, options=self.options)
        with pytest.raises(UserError) as caught:
            open_task(task, seed=0, threads=1)
        assert misspelled in str(caught.value)
        assert f"'{self.task_id}'" in str(caught.value)  # the nearest name is offered

    def test_an_unknown_option_is_the_users_mistake(self) -> None:
        with pytest.raises(UserError, match="no_such_option"):
            open_task(self.config(1, None, no_such_option=1), seed=0, threads=1)

    def test_can_be_closed_before_the_first_reset_and_opened_again(self) -> None:
        open_task(self.config(2, LIMIT), seed=0, threads=1).close()
        env = open_task(self.config(2, LIMIT), seed=0, threads=1)
        assert np.isfinite(env.reset()).all()
        env.close()
        env.close()  # does no harm
