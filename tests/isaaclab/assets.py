"""Robots for Isaac Lab's own tasks, as USD text that needs no USD library: for machines without NVIDIA's assets.

Isaac Lab loads a robot by a path below `ISAACSIM_ASSET_ROOT`. The quadruped is our A1, read from its compiled MuJoCo
model; the cart-pole and the ground are written out here. The layout follows what Isaac Lab's tasks ask for: every body
is a direct child of the robot's prim, because the contact sensor looks for `Robot/[^/]*`, and the articulation's root
is that prim. USD writes quaternions as MuJoCo does, (w, x, y, z).

    python -m tests.isaaclab.assets FOLDER
"""

import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import mujoco
import numpy as np

A1 = Path("Isaac/IsaacLab/Robots/Unitree/A1/a1.usd")
CARTPOLE = Path("Isaac/IsaacLab/Robots/Classic/Cartpole/cartpole.usd")
GROUND = Path("Isaac/IsaacLab/Environments/Grid/default_ground_plane_checker_v1/default_ground_plane.usda")
_SHAPES = {
    mujoco.mjtGeom.mjGEOM_BOX: "Cube",
    mujoco.mjtGeom.mjGEOM_SPHERE: "Sphere",
    mujoco.mjtGeom.mjGEOM_CAPSULE: "Capsule",
    mujoco.mjtGeom.mjGEOM_CYLINDER: "Cylinder",
}


def write_assets(folder: Path) -> None:
    """Write all assets below a folder, which `ISAACSIM_ASSET_ROOT` is to name."""
    for path, text in {A1: a1(), CARTPOLE: cartpole(), GROUND: ground()}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def a1() -> str:
    """Return the quadruped."""
    source = files("tuner.simulators.mujoco").joinpath("a1.xml").read_text()
    # The feet are bodies of their own in the task's contact terms, so they must not be fused with the calves.
    model = mujoco.MjModel.from_xml_string(source.replace('fusestatic="true"', 'fusestatic="false"'))
    data = mujoco.MjData(model)
    data.qpos[:] = model.qpos0
    data.qpos[:7] = 0, 0, 0, 1, 0, 0, 0
    mujoco.mj_kinematics(model, data)
    bodies = range(1, model.nbody)
    parts = [_body(model, data, body) for body in bodies]
    joints = [_joint(model, body) for body in bodies if model.body_parentid[body] > 0]
    return _stage("a1", parts, joints)


def cartpole() -> str:
    """Return a cart on a rail with a pole, of the names, masses and limits that Isaac Lab's cart-pole task expects."""
    masses = {
        "slider": (1.0, (0, 0, 0), (0.1, 0.1, 0.1)),
        "cart": (1.0, (0, 0, 0), (0.01, 0.01, 0.01)),
        "pole": (1.0, (0, 0, 0.47), (0.08, 0.08, 0.001)),
    }
    parts = [
        _prim("Xform", name, _mass(*numbers), apis=("PhysicsRigidBodyAPI", "PhysicsMassAPI"))
        for name, numbers in masses.items()
    ]
    origin = _frame((0, 0, 0), (1, 0, 0, 0), (0, 0, 0))
    joints = [
        _prim("PhysicsFixedJoint", "root_joint", ["rel physics:body1 = </cartpole/slider>"]),
        _prim(
            "PhysicsPrismaticJoint",
            "slider_to_cart",
            [*_ends("cartpole", "slider", "cart"), *origin, *_limited("Y", -4, 4), *_drive("linear")],
            apis=("PhysicsDriveAPI:linear",),
        ),
        _prim(
            "PhysicsRevoluteJoint",
            "cart_to_pole",
            [*_ends("cartpole", "cart", "pole"), *origin, 'uniform token physics:axis = "X"', *_drive("angular")],
            apis=("PhysicsDriveAPI:angular",),
        ),
    ]
    return _stage("cartpole", parts, joints)


def ground() -> str:
    """Return an endless floor."""
    plane = ['uniform token axis = "Z"', 'uniform token purpose = "guide"']
    content = [_prim("Plane", "CollisionPlane", plane, apis=("PhysicsCollisionAPI",))]
    return _header("ground") + _prim("Xform", "ground", content) + "\n"


def _body(model: mujoco.MjModel, data: mujoco.MjData, body: int) -> str:
    lines = [
        *_mass(model.body_mass[body], model.body_ipos[body], model.body_inertia[body]),
        f"quatf physics:principalAxes = {_numbers(model.body_iquat[body])}",
        *_pose(data.xpos[body], data.xquat[body]),
    ]
    shapes = [_shape(model, geom) for geom in range(model.ngeom) if model.geom_bodyid[geom] == body]
    return _prim("Xform", model.body(body).name, lines + shapes, apis=("PhysicsRigidBodyAPI", "PhysicsMassAPI"))


def _shape(model: mujoco.MjModel, geom: int) -> str:
    kind = _SHAPES[mujoco.mjtGeom(int(model.geom_type[geom]))]
    size = model.geom_size[geom]
    scale = size if kind == "Cube" else (1, 1, 1)
    dimensions = {
        "Cube": ["double size = 2"],
        "Sphere": [f"double radius = {size[0]:.9g}"],
    }.get(kind, ['uniform token axis = "Z"', f"double radius = {size[0]:.9g}", f"double height = {2 * size[1]:.9g}"])
    pose = _pose(model.geom_pos[geom], model.geom_quat[geom], scale)
    return _prim(kind, f"collision_{geom}", [*dimensions, *pose], apis=("PhysicsCollisionAPI",))


def _joint(model: mujoco.MjModel, body: int) -> str:
    name, parent = model.body(body).name, model.body(model.body_parentid[body]).name
    lines = [
        *_ends("a1", parent, name),
        *_frame(model.body_pos[body], model.body_quat[body], (0, 0, 0)),
    ]
    if model.body_jntnum[body] == 0:
        return _prim("PhysicsFixedJoint", f"{name}_fixed", lines)
    joint = model.body_jntadr[body]
    axis = "XYZ"[int(np.argmax(model.jnt_axis[joint]))]
    lower, upper = np.rad2deg(model.jnt_range[joint])
    armature = model.dof_armature[model.jnt_dofadr[joint]]
    lines += [*_limited(axis, lower, upper), *_drive("angular"), f"custom float newton:armature = {armature:.9g}"]
    return _prim("PhysicsRevoluteJoint", f"{name}_joint", lines, apis=("PhysicsDriveAPI:angular",))


def _mass(mass: float, centre: Iterable[float], inertia: Iterable[float]) -> list[str]:
    return [
        f"float physics:mass = {mass:.9g}",
        f"point3f physics:centerOfMass = {_numbers(centre)}",
        f"float3 physics:diagonalInertia = {_numbers(inertia)}",
    ]


def _pose(position: Iterable[float], orientation: Iterable[float], scale: Iterable[float] | None = None) -> list[str]:
    scaled = [] if scale is None else [f"float3 xformOp:scale = {_numbers(scale)}"]
    order = ["translate", "orient", *(["scale"] if scaled else [])]
    names = ", ".join(f'"xformOp:{name}"' for name in order)
    return [
        f"quatf xformOp:orient = {_numbers(orientation)}",
        *scaled,
        f"double3 xformOp:translate = {_numbers(position)}",
        f"uniform token[] xformOpOrder = [{names}]",
    ]


def _ends(robot: str, parent: str, child: str) -> list[str]:
    return [f"rel physics:body0 = </{robot}/{parent}>", f"rel physics:body1 = </{robot}/{child}>"]


def _frame(position: Iterable[float], orientation: Iterable[float], inner: Iterable[float]) -> list[str]:
    return [
        f"point3f physics:localPos0 = {_numbers(position)}",
        f"quatf physics:localRot0 = {_numbers(orientation)}",
        f"point3f physics:localPos1 = {_numbers(inner)}",
        "quatf physics:localRot1 = (1, 0, 0, 0)",
    ]


def _limited(axis: str, lower: float, upper: float) -> list[str]:
    return [
        f'uniform token physics:axis = "{axis}"',
        f"float physics:lowerLimit = {lower:.9g}",
        f"float physics:upperLimit = {upper:.9g}",
    ]


def _drive(kind: str) -> list[str]:
    """Return a drive without gains: the task's actuators set them."""
    drive = [f'uniform token drive:{kind}:physics:type = "force"'] if kind == "angular" else []
    return [*drive, f"float drive:{kind}:physics:stiffness = 0", f"float drive:{kind}:physics:damping = 0"]


def _stage(name: str, parts: list[str], joints: list[str]) -> str:
    content = [*parts, _prim("Scope", "joints", joints)]
    return _header(name) + _prim("Xform", name, content, apis=("PhysicsArticulationRootAPI",)) + "\n"


def _header(default: str) -> str:
    return (
        f'#usda 1.0\n(\n    defaultPrim = "{default}"\n    metersPerUnit = 1\n    kilogramsPerUnit = 1\n'
        '    upAxis = "Z"\n)\n\n'
    )


def _prim(kind: str, name: str, content: list[str], apis: tuple[str, ...] = ()) -> str:
    listed = ", ".join(f'"{api}"' for api in apis)
    applied = f" (prepend apiSchemas = [{listed}])" if apis else ""
    lines = [line for part in content for line in part.splitlines()]
    body = "".join(f"    {line}\n" for line in lines)
    return f'def {kind} "{name}"{applied}\n{{\n{body}}}'


def _numbers(values: Iterable[float]) -> str:
    return "(" + ", ".join(f"{float(value):.9g}" for value in values) + ")"


if __name__ == "__main__":
    write_assets(Path(sys.argv[1]))
