"""Isaac Lab's own A1 task under given actions and commands; `fidelity.py` runs this in Isaac Lab's interpreter.

    python _isaaclab_rollouts.py PLAN.npz RESULT.npz [PLAN.npz RESULT.npz …]

The plans differ in their actions only. `fidelity.Plan` and `fidelity.Rollout` say what the files hold. Progress goes to
stdout; what Isaac Lab prints goes to stderr.
"""

import importlib.metadata
import os
import sys
from typing import Any

import numpy as np

FILES = sys.argv[1:]
sys.argv = sys.argv[:1]  # Isaac Lab reads it
PROGRESS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import gymnasium as gym  # noqa: E402
import isaaclab_tasks  # noqa: E402, F401 - registers the tasks
import torch  # noqa: E402
from isaaclab.app import launch_simulation  # noqa: E402
from isaaclab_tasks.utils import resolve_task_config  # noqa: E402

TASK = "IsaacContrib-Velocity-Flat-UnitreeA1"
PHYSICS = "newton_mjwarp"
PACKAGES = ("isaaclab", "newton", "mujoco-warp", "torch")
PROGRESS_STEPS = 50


def configuration(plan: dict[str, Any]) -> Any:
    """Return the task's configuration, with the changes that the plan wants."""
    config, _ = resolve_task_config(TASK, None, overrides=[f"physics={PHYSICS}"])
    config.scene.num_envs, config.sim.device, config.seed = plan["actions"].shape[1], "cpu", int(plan["seed"])
    config.compute_final_obs = True
    config.observations.policy.enable_corruption = False
    config.commands.base_velocity.debug_vis = False
    if "starts" in plan["changes"]:
        start_alike(config)
    if "readings" in plan["changes"]:
        read_every_physics_step(config)
    if "friction" in plan["changes"]:
        set_friction(config, float(plan["friction"]))
    if "contacts" in plan["changes"]:
        config.sim.physics.num_substeps = 1
        shapes = config.sim.physics.default_shape_cfg
        shapes.ke, shapes.kd = float(plan["stiffness"]), float(plan["damping"])
    return config


def start_alike(config: Any) -> None:
    """Start every episode at rest in the default pose, with heading 0, and never push; `add_mass` sets the masses."""
    at_rest = dict.fromkeys(("x", "y", "z", "roll", "pitch", "yaw"), (0.0, 0.0))
    config.events.add_base_mass = config.events.base_com = config.events.push_robot = None
    config.events.reset_base.params.update(pose_range=at_rest, velocity_range=at_rest)
    config.events.reset_robot_joints.params["position_range"] = (1.0, 1.0)


def read_every_physics_step(config: Any) -> None:
    """Update contact sensors and accelerations after every physics step.

    With Newton's own actuators the engine runs the four physics steps of a control step in one call, and both are
    updated once after it.
    """
    config.sim.use_newton_actuators = False


def set_friction(config: Any, friction: float) -> None:
    """Give floor and robot the same friction, as the engine takes the larger one of a contact."""
    for material in (config.scene.terrain.physics_material, config.sim.physics_material):
        material.static_friction = material.dynamic_friction = friction
    config.sim.physics.default_shape_cfg.mu = friction


def add_mass(robot: Any, added: np.ndarray) -> None:
    """Add to each trunk's mass, kg, and scale its inertia by the same factor."""
    trunk, _ = robot.find_bodies("trunk")
    mass, inertia = robot.data.body_mass.torch[:, trunk].clone(), robot.data.body_inertia.torch[:, trunk].clone()
    heavier = mass + torch.tensor(added, dtype=torch.float32)[:, None]
    everyone = torch.arange(len(added))
    robot.set_masses_index(masses=heavier, body_ids=trunk, env_ids=everyone)
    robot.set_inertias_index(inertias=inertia * (heavier / mass)[..., None], body_ids=trunk, env_ids=everyone)


def impose_commands(term: Any, plan: dict[str, Any]) -> None:
    """Give each robot its command of the plan whenever a new one would be drawn."""
    velocity = torch.tensor(plan["velocity"], dtype=torch.float32)
    heading = torch.tensor(plan["heading"], dtype=torch.float32)

    def resample(ids: Any) -> None:
        term.vel_command_b[ids] = velocity[ids]
        term.heading_target[ids] = heading[ids]
        term.is_heading_env[ids] = True
        term.is_standing_env[ids] = False

    term._resample_command = resample


def rollout(env: Any, plan: dict[str, Any]) -> dict[str, np.ndarray]:
    """Carry out the plan from a reset on; return the fields of `fidelity.Rollout`."""
    rewards = env.unwrapped.reward_manager
    names = [name.removesuffix("_joint") for name in env.unwrapped.action_manager.get_term("joint_pos")._joint_names]
    columns = [plan["joints"].tolist().index(name) for name in names]
    steps, robots, _ = plan["actions"].shape
    rates, falls, forward = np.zeros((robots, len(rewards.active_terms))), np.zeros(robots), np.zeros(robots)
    env.reset(seed=int(plan["seed"]))
    for step, actions in enumerate(plan["actions"], start=1):
        observations, _, terminated, truncated, extras = env.step(torch.from_numpy(actions[:, columns]))
        last = observations["policy"].clone()
        done = terminated | truncated
        if done.any():
            last[done] = extras["final_obs"]["policy"][done]
        rates += rewards._step_reward.numpy()
        falls += terminated.numpy()
        forward += last[:, 0].numpy()
        if step % PROGRESS_STEPS == 0:
            print(f"  step {step} of {steps}", file=PROGRESS, flush=True)
    versions = [f"{package} {importlib.metadata.version(package)}" for package in PACKAGES]
    return {
        "terms": np.array(rewards.active_terms),
        "rates": rates / steps,
        "falls": falls,
        "forward": forward / steps,
        "versions": np.array(versions),
    }


def main() -> None:
    torch.set_num_threads(1)
    plans = [dict(np.load(file)) for file in FILES[::2]]
    config = configuration(plans[0])
    with launch_simulation(config, {"device": "cpu"}):
        env = gym.make(TASK, cfg=config)
        impose_commands(env.unwrapped.command_manager.get_term("base_velocity"), plans[0])
        if "starts" in plans[0]["changes"]:
            add_mass(env.unwrapped.scene["robot"], plans[0]["added_mass"])
        for plan, file in zip(plans, FILES[1::2], strict=True):
            print(f"Isaac Lab, {plan['side']}: {plan['kind']}", file=PROGRESS, flush=True)
            np.savez_compressed(file, digest=plan["digest"], steps=len(plan["actions"]), **rollout(env, plan))
        env.close()


main()
