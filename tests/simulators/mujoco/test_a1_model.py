"""The model against the published numbers."""

import numpy as np
import pytest

from tests.simulators.mujoco.support import open_a1

LEGS = ("FL", "FR", "RL", "RR")


def test_total_mass() -> None:
    env = open_a1(1, randomize=False)
    # 6 + 4·(0.696 + 1.013 + 0.166 + 0.06)
    assert env.model.body_mass.sum() == pytest.approx(13.74)


def test_order_of_joints() -> None:
    env = open_a1(1)
    names = [env.model.joint(index).name for index in env.model.actuator_trnid[:, 0]]
    assert names == [f"{leg}_{part}" for part in ("hip", "thigh", "calf") for leg in LEGS]


def test_default_pose() -> None:
    env = open_a1(1)
    expected = [0.1, -0.1, 0.1, -0.1, 0.8, 0.8, 1.0, 1.0, -1.5, -1.5, -1.5, -1.5]
    assert env.default_pose.tolist() == pytest.approx(expected)
    env.reset()
    assert env.qpos[0, 2] == pytest.approx(0.42)


def test_joint_targets() -> None:
    joints = open_a1(1).joint_targets
    assert joints is not None
    assert joints.names == tuple(f"{leg}_{part}" for part in ("hip", "thigh", "calf") for leg in LEGS)
    assert joints.scale == (0.25,) * 12
    assert joints.default == pytest.approx([0.1, -0.1, 0.1, -0.1, 0.8, 0.8, 1.0, 1.0, -1.5, -1.5, -1.5, -1.5])
    assert joints.lower == pytest.approx([-0.802851] * 4 + [-1.0472] * 4 + [-2.69653] * 4)
    assert joints.upper == pytest.approx([0.802851] * 4 + [4.18879] * 4 + [-0.916298] * 4)


def test_an_action_commands_its_joint_target() -> None:
    env = open_a1(1)
    env.reset()
    env.step(np.full((1, 12), 2.0, dtype=np.float32))
    assert env.joint_targets is not None
    # 2 units of 0.25 rad above the default
    assert env.ctrl[0] == pytest.approx([default + 0.5 for default in env.joint_targets.default])


def test_the_legs_are_where_they_should_be() -> None:
    env = open_a1(1, randomize=False)
    places = env.batch.bind("geom_xpos")
    env.reset()
    env.qpos[0, 7:] = 0.0
    env.batch.forward()
    for leg, x, y in (("FL", 1, 1), ("FR", 1, -1), ("RL", -1, 1), ("RR", -1, -1)):
        foot = places[0, env.model.geom(f"{leg}_foot").id]
        # straight legs: hip ±0.1805, ±0.047; thigh ±0.0838 further out; 0.2 m of thigh and of calf below the root
        assert foot == pytest.approx([x * 0.1805, y * (0.047 + 0.0838), 0.42 - 0.4])


def test_motor_torque_by_hand() -> None:
    env = open_a1(7, randomize=False)
    torques = env.batch.bind("actuator_force")
    env.reset()
    env.qpos[:, 2] = 2.0  # off the ground
    error = [0.1, 1.0, 2.0, 2.0, -2.0, 0.0, 2.0]
    velocity = [2.0, 0.0, 0.0, 10.0, 10.0, 30.0, 30.0]
    env.qvel[:, env._dofs[0]] = velocity
    env.ctrl[:] = env.default_pose
    env.ctrl[:, 0] += error
    env.batch.forward()
    # 1. 25·0.1 - 0.5·2 = 1.5
    # 2. 25
    # 3. 50, but no more than 33.5
    # 4. 50 - 5 = 45, but no more than 33.5·(1 - 10/21) = 17.548
    # 5. -50 - 5 = -55, but no less than -33.5 (the other bound, 33.5·(-1 - 10/21) = -49.5, is wider)
    # 6. -0.5·30 = -15, but no more than 33.5·(1 - 30/21) = -14.357, which -15 is not
    # 7. 50 - 15 = 35, but no more than -14.357: above its no-load speed a motor can only brake
    expected = [1.5, 25.0, 33.5, 17.547619, -33.5, -15.0, -14.357143]
    assert torques[:, 0] == pytest.approx(expected, abs=1e-6)


def test_motor_torque_at_random() -> None:
    env = open_a1(500, randomize=False)
    torques = env.batch.bind("actuator_force")
    env.reset()
    random = np.random.default_rng(0)
    position = env.default_pose + random.normal(0.0, 0.3, (500, 12))
    velocity = random.normal(0.0, 12.0, (500, 12)).clip(-41.0, 41.0)  # below twice the no-load speed
    target = env.default_pose + random.normal(0.0, 1.5, (500, 12))
    env.qpos[:, 2] = 2.0
    env.qpos[:, env._columns] = position
    env.qvel[:, env._dofs] = velocity
    env.ctrl[:] = target
    env.batch.forward()
    wanted = 25.0 * (target - position) - 0.5 * velocity
    low = np.maximum(33.5 * (-1.0 - velocity / 21.0), -33.5)
    high = np.minimum(33.5 * (1.0 - velocity / 21.0), 33.5)
    clipped = np.clip(wanted, low, high)
    assert 0.3 < (clipped != wanted).mean() < 0.8  # both cases are there
    np.testing.assert_allclose(torques, clipped, atol=1e-9)


def test_motors_act_at_every_physics_step() -> None:
    env = open_a1(1, randomize=False)
    torques = env.batch.bind("actuator_force")
    env.reset()
    env.ctrl[:] = env.default_pose + 0.3
    env.batch.step(nstep=3)
    position, velocity = env.qpos[0, env._columns], env.qvel[0, env._dofs]
    expected = 25.0 * (env.default_pose + 0.3 - position) - 0.5 * velocity
    env.batch.step()  # applies the torque of the state before it
    inside = np.abs(expected) < 33.5 * (1.0 - np.abs(velocity) / 21.0)
    assert inside.sum() >= 8
    assert torques[0][inside] == pytest.approx(expected[inside])


def test_the_robot_does_not_collide_with_itself() -> None:
    env = open_a1(1, randomize=False)
    contacts = env.batch.bind("ncon")
    env.reset()
    env.qpos[0, 2] = 2.0
    env.qpos[0, env._columns] = [-0.8, 0.8, -0.8, 0.8] + [4.0] * 4 + [-2.6] * 4  # legs crossed through the trunk
    env.batch.forward()
    assert contacts[0] == 0
