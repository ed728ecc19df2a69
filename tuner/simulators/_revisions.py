"""The revision of each bundled task. Scores of different revisions cannot be compared."""

from tuner.config import TaskConfig

REVISIONS = {
    ("mujoco", "Cartpole"): 1,
    ("mujoco", "Velocity-Flat-A1"): 3,
}
"""By simulator and task. Raise a task's number when its physics, rewards, observations, commands or terminations change
in any way that a policy can notice: studies of the task as it was are then refused instead of being mixed with it."""


def task_revision(task: TaskConfig) -> int | None:
    """Return the revision of a task; None where the package does not know.

    Those are tasks of Gymnasium, whose ids contain a version, and of users' own simulators. A user's simulator is not
    asked, because importing it may start an engine, and a study can be opened without it.
    """
    return REVISIONS.get((task.simulator, task.id))
