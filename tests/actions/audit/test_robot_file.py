"""Joint limits from URDF and MJCF."""

import math
from pathlib import Path

import pytest

import tuner
from tuner.actions import PartialTargets, read_robot
from tuner.errors import UserError

URDF = """
<robot name="r">
  <link name="base"><visual><geometry><mesh filename="package://x/none.stl"/></geometry></visual></link>
  <link name="l1"/><link name="l2"/><link name="l3"/><link name="l4"/>
  <joint name="hip" type="revolute"><parent link="base"/><child link="l1"/><limit lower="-0.8" upper="0.5"/></joint>
  <joint name="wheel" type="continuous"><parent link="l1"/><child link="l2"/></joint>
  <joint name="rail" type="prismatic"><parent link="l2"/><child link="l3"/><limit lower="0" upper="0.1"/></joint>
  <joint name="fixed" type="fixed"><parent link="l3"/><child link="l4"/></joint>
</robot>
"""
MJCF = """
<mujoco>
  <compiler angle="degree" meshdir="assets"/>
  <default><default class="hip"><joint range="-30 60"/></default></default>
  <asset><mesh name="m" file="none.stl"/></asset>
  <worldbody><body name="base"><freejoint/><geom type="mesh" mesh="m"/>
    <body><joint name="hip" class="hip"/><geom size=".1"/>
      <body><joint name="knee" range="0 90" limited="false"/><geom size=".1"/></body></body></body></worldbody>
</mujoco>
"""


def written(folder, name, text):
    file = folder / name
    file.write_text(text.strip())
    return str(file)


def test_a_urdf(tmp_path):
    robot = read_robot(written(tmp_path, "dog.urdf", URDF))
    assert robot.limits == {"hip": (-0.8, 0.5), "wheel": None, "rail": (0.0, 0.1)}


def test_an_mjcf_in_degrees_with_limits_of_a_default_class(tmp_path):
    limits = read_robot(written(tmp_path, "dog.xml", MJCF)).limits
    assert limits["hip"] == pytest.approx((-math.pi / 6, math.pi / 3))
    assert limits["knee"] is None


def test_the_bundled_a1():
    limits = read_robot(str(Path(tuner.__file__).parent / "simulators/mujoco/a1.xml")).limits
    assert len(limits) == 12
    assert all(pair is not None and pair[0] < pair[1] for pair in limits.values())


def test_limits_go_to_the_joints_of_the_same_name(tmp_path):
    robot = read_robot(written(tmp_path, "dog.urdf", URDF))
    nothing = (None, None, None)
    joints = PartialTargets(("hip", "wheel", "toe"), nothing, nothing, lower=(None, -1.0, -2.0), upper=(None, 1.0, 2.0))
    found = robot.with_limits(joints)
    assert (found.lower, found.upper) == ((-0.8, -1.0, -2.0), (0.5, 1.0, 2.0))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("dog.usd", URDF, "does not end in .urdf, .xml, .mjcf"),
        ("dog.urdf", "<robot", "is no URDF or MJCF that MuJoCo can read"),
        ("dog.xml", "<html></html>", "is no URDF or MJCF that MuJoCo can read"),
        ("dog.xml", "<mujoco><worldbody/></mujoco>", "has no joints that turn or slide"),
        ("dog.xml", "\0", "is no URDF or MJCF"),
    ],
)
def test_files_that_are_no_robot(tmp_path, name, text, message):
    with pytest.raises(UserError, match=message):
        read_robot(written(tmp_path, name, text))


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(UserError, match=r"Cannot read the robot's file .*No such file"):
        read_robot(str(tmp_path / "none.urdf"))
    with pytest.raises(UserError, match="Is a directory"):
        read_robot(str(tmp_path))
