"""The action box of a task, judged."""

from tuner.actions._audit import Audit, audit_box
from tuner.config import TaskConfig
from tuner.errors import UserError, nearest
from tuner.simulators import get_simulator, open_task, simulator_names


def audit_task(task: TaskConfig) -> Audit:
    """Open a task, judge its action box, close it.

    Raises:
        UserError: as `open_task` and `audit_box` do.
    """
    env = open_task(task, seed=0, threads=1)
    try:
        space, joints = env.action_space, env.joint_targets
    finally:
        env.close()
    return audit_box(space.low.tolist(), space.high.tolist(), joints)


def find_simulator(task_id: str) -> str:
    """Return the name of the simulator that lists a task.

    Raises:
        UserError: if none does; a simulator may open more than it lists, if it is named.
    """
    listed = {name: get_simulator(name).tasks() for name in simulator_names()}
    for name, tasks in listed.items():
        if task_id in tasks:
            return name
    known = [task for tasks in listed.values() for task in tasks]
    guess = nearest(task_id, known)
    hint = f" Did you mean '{guess}'?" if guess else ""
    raise UserError(
        f"No simulator lists a task '{task_id}'.{hint} `tuner tasks` prints all. Name the simulator of one that is not "
        "listed: --simulator gymnasium, or your own as --simulator path/to/file.py:ClassName."
    )
