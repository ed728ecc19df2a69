"""Pictures of one robot by MuJoCo's own renderer, without a window and without a graphics card."""

import os
import sys
from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from tuner.errors import UserError
from tuner.optional import require
from tuner.simulators._contract import Camera
from tuner.simulators.mujoco._scenery import Arrow, decorated

Floats = npt.NDArray[np.float64]

INSTALL = "pip install 'sac-tuner[video]'"
_GEOMS = 200
_ARROW_WIDTH = 0.012
_AZIMUTH, _ELEVATION = 120.0, -18.0
"""Degrees, of the camera that follows: from ahead, to the right and above."""
_FOLLOW_DISTANCE, _WHOLE_DISTANCE = 1.9, 6.0
"""m."""


class MujocoCamera(Camera):
    """Renders a decorated copy of a model with the positions of one robot; the simulation itself is only read.

    A robot that is free to move is followed from one side, so that its gait can be seen. Anything else is shown as a
    whole.

    Args:
        model_file: MJCF file of the task.
        positions: returns the robot's generalised positions now, shape (nq,).
        arrows: returns the arrows to draw with the robot.
        width: of the picture, px.
        height: of the picture, px.

    Raises:
        UserError: if the renderer is not installed, or does not work on this machine.
    """

    def __init__(
        self,
        model_file: str,
        positions: Callable[[], Floats],
        arrows: Callable[[], list[Arrow]],
        *,
        width: int,
        height: int,
    ) -> None:
        self._positions, self._arrows = positions, arrows
        self._window = mujoco.MjrRect(0, 0, width, height)
        self._model = decorated(model_file, width=width, height=height)
        self._data = mujoco.MjData(self._model)
        self._scene = mujoco.MjvScene(self._model, maxgeom=_GEOMS)
        self._options = mujoco.MjvOption()
        self._camera = _placed(self._model)
        self._gl: Any = _open_gl(width, height)
        self._gl.make_current()
        self._context: Any = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)

    def picture(self) -> npt.NDArray[np.uint8]:
        """Return the robot as it is now, shape (height, width, 3)."""
        self._gl.make_current()
        self._data.qpos[:] = self._positions()
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        mujoco.mjv_updateScene(
            self._model,
            self._data,
            self._options,
            None,
            self._camera,
            mujoco.mjtCatBit.mjCAT_ALL.value,
            self._scene,
        )
        for arrow in self._arrows():
            self._draw(arrow)
        pixels = np.empty((self._window.height, self._window.width, 3), dtype=np.uint8)
        mujoco.mjr_render(self._window, self._scene, self._context)
        mujoco.mjr_readPixels(pixels, None, self._window, self._context)
        return np.flipud(pixels).copy()  # OpenGL begins at the bottom

    def close(self) -> None:
        """Free the renderer."""
        gl, self._gl = self._gl, None
        if gl is not None:
            gl.make_current()
            self._context.free()
            gl.free()

    def _draw(self, arrow: Arrow) -> None:
        length = float(np.linalg.norm(arrow.vector))
        if length < _ARROW_WIDTH or self._scene.ngeom >= self._scene.maxgeom:
            return  # an arrow shorter than it is wide cannot be read
        geom = self._scene.geoms[self._scene.ngeom]
        kind = mujoco.mjtGeom.mjGEOM_ARROW.value
        colour = np.asarray(arrow.colour, dtype=np.float32)
        mujoco.mjv_initGeom(geom, kind, np.zeros(3), np.zeros(3), np.zeros(9), colour)
        mujoco.mjv_connector(geom, kind, _ARROW_WIDTH, arrow.start, arrow.start + arrow.vector)
        self._scene.ngeom += 1


def _placed(model: Any) -> Any:
    """Return the camera in its place."""
    camera = mujoco.MjvCamera()
    if model.njnt and model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE.value:
        camera.type = mujoco.mjtCamera.mjCAMERA_TRACKING.value
        camera.trackbodyid = int(model.jnt_bodyid[0])
        camera.distance, camera.azimuth, camera.elevation = _FOLLOW_DISTANCE, _AZIMUTH, _ELEVATION
        return camera
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE.value
    camera.lookat[:] = model.body_pos[1] if model.nbody > 1 else model.stat.center
    camera.distance, camera.azimuth, camera.elevation = _WHOLE_DISTANCE, 90.0, -8.0
    return camera


def _open_gl(width: int, height: int) -> Any:
    """Return an OpenGL context without a window: the one that MUJOCO_GL names, else EGL, or CGL on a Mac."""
    require("OpenGL", "videos", INSTALL)
    wanted = os.environ.get("MUJOCO_GL", "").strip().lower()
    name = wanted if wanted in ("egl", "osmesa", "glfw", "cgl") else "cgl" if sys.platform == "darwin" else "egl"
    try:
        return require(f"mujoco.{name}", "videos", INSTALL).GLContext(width, height)
    except (ImportError, RuntimeError, AttributeError, OSError) as error:  # what PyOpenGL raises without a driver
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"MuJoCo cannot render on this machine: {name.upper()} does not work ({reason}). Without a graphics card "
            "it takes Mesa's software renderer (Debian: apt install libegl1 libgl1-mesa-dri), or libosmesa6 with "
            "MUJOCO_GL=osmesa in the environment."
        ) from error
