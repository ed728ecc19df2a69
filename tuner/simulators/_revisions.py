"""What each of the package's own tasks is by now, as a number: scores of different revisions do not compare."""

from tuner.config import TaskConfig

REVISIONS = {
    ("mujoco", "Cartpole"): 1,
    ("mujoco", "Velocity-Flat-A1"): 2,
}
"""By simulator and task. Raise a task's number when its physics, rewards, observations, commands or terminations change
in any way that a policy can notice: studies of the task as it was are then refused instead of being mixed with it."""


def task_revision(task: TaskConfig) -> int | None:
    """Return the revision of a task; None where the package does not know.

    Those are tasks of Gymnasium, which has versions in their ids, and of users' own simulators, which are not asked:
    importing one may start an engine, and a study is opened without.
    """
    return REVISIONS.get((task.simulator, task.id))
