"""What is added to a model so that it can be seen, and that it leaves the physics alone."""

from pathlib import Path

import mujoco
import numpy as np
import pytest

import tuner.simulators.mujoco
from tuner.simulators.mujoco._scenery import decorated

FOLDER = Path(tuner.simulators.mujoco.__file__).parent


@pytest.mark.parametrize("model", ["a1.xml", "cartpole.xml"])
def test_nothing_that_moves_is_added(model):
    bare = mujoco.MjModel.from_xml_path(str(FOLDER / model))
    seen = decorated(model, width=64, height=48)
    assert (seen.nq, seen.nv, seen.nbody) == (bare.nq, bare.nv, bare.nbody)
    np.testing.assert_array_equal(seen.jnt_qposadr, bare.jnt_qposadr)
    assert seen.nlight > bare.nlight


@pytest.mark.parametrize("model", ["a1.xml", "cartpole.xml"])
def test_pictures_have_the_size_asked_for_and_one_tiled_floor(model):
    seen = decorated(model, width=640, height=480)
    assert (seen.vis.global_.offwidth, seen.vis.global_.offheight) == (640, 480)
    [floor] = np.flatnonzero(seen.geom_type == mujoco.mjtGeom.mjGEOM_PLANE)
    assert seen.material(seen.geom_matid[floor]).name == "tiles"
    assert mujoco.mjtTexture.mjTEXTURE_SKYBOX in seen.tex_type


def test_links_are_painted_by_how_many_joints_they_are_away():
    seen = decorated("a1.xml", width=64, height=48)
    colours = {}
    for geom in range(seen.ngeom):
        name = seen.body(seen.geom_bodyid[geom]).name
        colours.setdefault(name, set()).add(tuple(np.round(seen.geom_rgba[geom], 2)))
    trunk, hips, thighs = colours["trunk"], colours["FL_hip"], colours["FL_thigh"]
    assert len(trunk) == len(hips) == len(thighs) == 1
    assert trunk != hips != thighs != trunk
    assert colours["RR_hip"] == hips


def test_a_cart_gets_the_rail_that_it_slides_on():
    bare = mujoco.MjModel.from_xml_path(str(FOLDER / "cartpole.xml"))
    seen = decorated("cartpole.xml", width=64, height=48)
    added = [geom for geom in range(seen.ngeom) if seen.geom_type[geom] == mujoco.mjtGeom.mjGEOM_CAPSULE]
    already = [geom for geom in range(bare.ngeom) if bare.geom_type[geom] == mujoco.mjtGeom.mjGEOM_CAPSULE]
    assert len(added) == len(already) + 1
    [rail] = [geom for geom in added if seen.geom_bodyid[geom] == 0]
    assert seen.geom_size[rail, 1] == pytest.approx(4.0)  # half of its length: the slider's range is ±4 m
    assert seen.geom_contype[rail] == seen.geom_conaffinity[rail] == 0  # nothing collides with it
