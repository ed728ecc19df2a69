import pytest

from tests.training.test_read_folder import legs
from tests.training.timed_point_mass import TimedPointMassEnv
from tuner.clock import ManualClock
from tuner.config import ActionBox, AgentConfig, EntropySchedule
from tuner.errors import UserError
from tuner.training._joint_order import in_task_order

AGENT = AgentConfig(
    algorithm="sac",
    action_box=ActionBox(low=(-1.0, -2.0, -3.0), high=(1.0, 2.0, 3.0)),
    initial_std=(0.1, 0.2, 0.3),
    target_entropy_std=(0.4, 0.5, 0.6),
    target_entropy_schedule=EntropySchedule(final_std=(0.01, 0.02, 0.03), fall_steps=10),
)
JOINTS = ("hip", "thigh", "calf")


def test_bounds_and_noise_go_to_the_joints_of_the_same_names():
    found = in_task_order(AGENT, JOINTS, legs("calf_joint", "hip_joint", "thigh_joint"))
    assert found.action_box == ActionBox(low=(-3.0, -1.0, -2.0), high=(3.0, 1.0, 2.0))
    assert found.initial_std == (0.3, 0.1, 0.2)
    assert found.target_entropy_std == (0.6, 0.4, 0.5)
    assert found.target_entropy_schedule.final_std == (0.03, 0.01, 0.02)
    back = in_task_order(found, ("calf_joint", "hip_joint", "thigh_joint"), legs(*JOINTS))
    assert back == AGENT


def test_what_is_the_same_for_all_joints_stays():
    agent = AgentConfig(algorithm="sac", initial_std=0.3, action_box=AGENT.action_box)
    found = in_task_order(agent, JOINTS, legs("thigh", "hip", "calf"))
    assert (found.initial_std, found.target_entropy_std) == (0.3, None)
    assert found.action_box == ActionBox(low=(-2.0, -1.0, -3.0), high=(2.0, 1.0, 3.0))


@pytest.mark.parametrize(("joints", "task"), [(JOINTS, JOINTS), ((), ("calf", "hip", "thigh"))])
def test_the_same_order_and_one_that_does_not_matter_are_kept(joints, task):
    assert in_task_order(AGENT, joints, legs(*task)) is AGENT


def test_a_task_that_does_not_say_what_its_joints_are_is_taken_as_it_is():
    assert in_task_order(AGENT, JOINTS, TimedPointMassEnv(2, ManualClock())) is AGENT


@pytest.mark.parametrize("others", [("hip", "thigh"), ("hip", "thigh", "foot"), ("hip", "hip", "calf")])
def test_other_joints_are_refused(others):
    with pytest.raises(UserError, match="of the joints hip, thigh, calf, but the task has hip, "):
        in_task_order(AGENT, JOINTS, legs(*others))
