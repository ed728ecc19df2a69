"""Light, sky, floor and colours for a model that is simulated without any of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Arrow:
    """An arrow, such as a velocity."""

    start: npt.NDArray[np.float64]
    """m in the world, shape (3,)."""
    vector: npt.NDArray[np.float64]
    """m, shape (3,)."""
    colour: tuple[float, float, float, float]
    """Red, green, blue and opacity, each from 0 to 1."""


_FOLDER = Path(__file__).parent

_BY_DEPTH = (
    (0.23, 0.27, 0.33, 1.0),
    (0.90, 0.49, 0.13, 1.0),
    (0.82, 0.84, 0.87, 1.0),
    (0.42, 0.46, 0.52, 1.0),
    (0.10, 0.11, 0.13, 1.0),
)
"""Colours of links by how many joints away from the world they are: trunk, hips, thighs, calves, feet."""
_RAIL = (0.55, 0.58, 0.62, 1.0)
_TILE_METRES = 0.5
_SHADOW_REACH = 3.0
"""Of a directional light, in units of the model's extent; with MuJoCo's 1 the floor throws shadows on itself."""


def decorated(model_file: str, *, width: int, height: int) -> Any:
    """Return a copy of a task's model with scenery; its generalised positions are the same.

    Args:
        model_file: MJCF file beside this module.
        width: of the pictures to be taken, px.
        height: of the pictures to be taken, px.
    """
    spec = mujoco.MjSpec.from_file(str(_FOLDER / model_file))
    spec.visual.global_.offwidth, spec.visual.global_.offheight = width, height
    # On a CPU, smoothing edges by several samples takes longer than everything else together.
    spec.visual.quality.shadowsize, spec.visual.quality.offsamples = 1024, 0
    spec.visual.map.shadowclip = _SHADOW_REACH
    spec.visual.headlight.ambient = [0.35, 0.35, 0.35]
    spec.visual.headlight.diffuse = [0.35, 0.35, 0.35]
    spec.visual.headlight.specular = [0.1, 0.1, 0.1]
    _add_sky(spec)
    _add_floor(spec)
    for body in spec.worldbody.bodies:
        _paint(body, 0)
        _add_rail(spec, body)
        # A light that moves along, so that the shadow stays with the robot.
        body.add_light(
            mode=mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM.value,
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL.value,
            pos=[0.5, -1.0, 3.0],
            dir=[-0.2, 0.35, -1.0],
            diffuse=[0.6, 0.6, 0.58],
            castshadow=True,
        )
    return spec.compile()


def _add_sky(spec: Any) -> None:
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX.value,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT.value,
        rgb1=[0.78, 0.85, 0.92],
        rgb2=[0.96, 0.97, 0.98],
        width=256,
        height=256,
    )


def _add_floor(spec: Any) -> None:
    """Tile the floor, and add one if there is none."""
    spec.add_texture(
        name="tiles",
        type=mujoco.mjtTexture.mjTEXTURE_2D.value,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER.value,
        rgb1=[0.62, 0.66, 0.70],
        rgb2=[0.70, 0.74, 0.78],
        mark=mujoco.mjtMark.mjMARK_EDGE.value,
        markrgb=[0.82, 0.85, 0.88],
        width=300,
        height=300,
    )
    material = spec.add_material(name="tiles", texuniform=True, texrepeat=[0.5 / _TILE_METRES] * 2)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB.value] = "tiles"
    plane = mujoco.mjtGeom.mjGEOM_PLANE.value
    floors = [geom for geom in spec.worldbody.geoms if int(geom.type) == int(plane)]
    if not floors:
        floors = [spec.worldbody.add_geom(type=plane, size=[0, 0, 1], contype=0, conaffinity=0)]
    for floor in floors:
        floor.material = "tiles"


def _paint(body: Any, depth: int) -> None:
    for geom in body.geoms:
        geom.rgba = list(_BY_DEPTH[min(depth, len(_BY_DEPTH) - 1)])
    for child in body.bodies:
        _paint(child, depth + 1)


def _add_rail(spec: Any, body: Any) -> None:
    """Show what a body slides on."""
    for joint in body.joints:
        if int(joint.type) == int(mujoco.mjtJoint.mjJNT_SLIDE.value):
            ends = [[body.pos[i] + joint.axis[i] * joint.range[side] for i in range(3)] for side in range(2)]
            spec.worldbody.add_geom(
                type=mujoco.mjtGeom.mjGEOM_CAPSULE.value,
                fromto=[*ends[0], *ends[1]],
                size=[0.02, 0, 0],
                rgba=list(_RAIL),
                contype=0,
                conaffinity=0,
            )
