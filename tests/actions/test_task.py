"""Tasks, opened and judged."""

import pytest

from tests.support import odd_actions, point_mass
from tuner.actions._task import audit_task, find_simulator
from tuner.config import TaskConfig
from tuner.errors import UserError

SIMULATOR = f"{point_mass.__file__}:PointMassSimulator"


def test_the_a1_is_hopeless_in_every_joint():
    found = audit_task(TaskConfig(id="Velocity-Flat-A1", num_envs=1))
    assert found.verdict == "hopeless"
    assert {dimension.verdict for dimension in found.dimensions} == {"hopeless"}
    joints = {dimension.name: dimension for dimension in found.dimensions}
    assert len(joints) == 12
    # -1.5 ± 0.25·100 = -26.5 and 23.5 rad against -2.69653 … -0.916298 rad
    calf = joints["FL_calf"]
    assert (calf.target_low_degrees, calf.target_high_degrees) == pytest.approx((-1518.34, 1346.45), abs=0.01)
    assert (calf.range_low_degrees, calf.range_high_degrees) == pytest.approx((-154.5, -52.5), abs=0.01)
    # max(2.69653 - 1.5, 1.5 - 0.916298) / 0.25
    assert calf.joint_bound == pytest.approx(4.78612)
    # the least share, of the thighs: 0.8 rad in -1.0472 … 4.18879, so actions -7.3888 … 13.55516:
    # Φ(atanh(-0.073888)) = Φ(-0.074023) = 0.470496; 1 - Φ(atanh(0.1355516)) = 1 - Φ(0.136391) = 0.445756
    assert joints["FL_thigh"].squashed_beyond_range == pytest.approx(0.470496 + 0.445756, abs=2e-6)
    assert min(dimension.out_of_place for dimension in found.dimensions) > 0.91


def test_the_box_of_the_quickstarts_cart_pole_is_hopeless_too():
    assert audit_task(TaskConfig(id="Cartpole", num_envs=1)).verdict == "hopeless"  # ±100, where its motor has ±4


def test_a_pendulum_is_fine():
    found = audit_task(TaskConfig(id="Pendulum-v1", simulator="gymnasium", num_envs=1))
    assert found.verdict == "fine"  # ±2


def test_a_users_own_simulator():
    assert audit_task(TaskConfig(id="PointMass", simulator=SIMULATOR, num_envs=1)).verdict == "fine"


@pytest.mark.parametrize(
    ("simulator", "message"),
    [
        ("DiscreteActions", r"actions in Discrete\(3\). Only a Box"),
        ("HalfInfiniteActions", "The action box is not finite: dimension 0 .* -inf and 1"),
    ],
)
def test_actions_that_have_no_bounds(simulator, message):
    with pytest.raises(UserError, match=message):
        audit_task(TaskConfig(id="PointMass", simulator=f"{odd_actions.__file__}:{simulator}", num_envs=1))


def test_finding_simulators():
    assert find_simulator("Velocity-Flat-A1") == "mujoco"
    assert find_simulator("Pendulum-v1") == "gymnasium"
    with pytest.raises(UserError, match=r"lists a task 'Pendulum-v2'. Did you mean 'Pendulum-v1'.* --simulator"):
        find_simulator("Pendulum-v2")
