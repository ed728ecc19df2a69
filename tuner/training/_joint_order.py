"""What an agent has for each joint, in the order in which the task's actions command them."""

from typing import TYPE_CHECKING

from tuner.config import AgentConfig
from tuner.errors import UserError

if TYPE_CHECKING:
    from tuner.simulators import TaskEnv


def in_task_order(agent: AgentConfig, joints: tuple[str, ...], env: "TaskEnv") -> AgentConfig:
    """Return an agent whose bounds and standard deviations of single actions are in the order of a task's joints.

    Physics engines order the joints of one robot differently. `FL_hip` and `FL_hip_joint` are the same joint: URDF
    files usually have the suffix, and models for MuJoCo often leave it out.

    Args:
        agent: with its action box as absolute numbers.
        joints: the joints in the agent's order; empty if the order does not matter.
        env: the task. If its actions are not known to be joint targets, the agent stays as it is.

    Raises:
        UserError: if the task has other joints.
    """
    if not joints or env.joint_targets is None or joints == env.joint_targets.names:
        return agent
    places = {_plain(name): place for place, name in enumerate(joints)}
    wanted = [_plain(name) for name in env.joint_targets.names]
    if sorted(wanted) != sorted(places):
        raise UserError(
            f"The agent has bounds or noise of its own for each of the joints {', '.join(joints)}, but the task has "
            f"{', '.join(env.joint_targets.names)}. Take an export of a task with the same joints."
        )
    return agent.reordered([places[name] for name in wanted])


def _plain(joint: str) -> str:
    return joint.removesuffix("_joint")
