"""The action box of a task, judged."""

from gymnasium import spaces

from tuner.actions._audit import Audit, audit_box
from tuner.config import TaskConfig
from tuner.errors import UserError, nearest
from tuner.simulators import get_simulator, open_task, simulator_names


def audit_task(task: TaskConfig) -> Audit:
    """Open a task, judge its action box, close it.

    Raises:
        UserError: as `open_task` does, and for actions that are not a flat, finite Box.
    """
    env = open_task(task, seed=0, threads=1)
    try:
        space, joints = env.action_space, env.joint_targets
    finally:
        env.close()
    if not isinstance(space, spaces.Box) or len(space.shape) != 1:
        raise UserError(
            f"'{task.id}' has actions in {space}. Only a Box with one dimension has bounds to audit, such as "
            "Box(-1.0, 1.0, (12,), float32): discrete and composite actions are nothing that SAC squashes."
        )
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
