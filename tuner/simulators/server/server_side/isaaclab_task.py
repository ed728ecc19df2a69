"""What all versions of Isaac Lab have in common: their tasks, configurations and environments."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from .task import RefusedError, ServedTask, unknown_task, versions_of
from .torch_task import TorchTask, facts_of, observation_dim

_FAULT_MARKERS = (
    "Patch buffer overflow detected",
    "collisionStackSize buffer overflow",
    "Invalid PhysX transform detected",
    "CUDA error: an illegal memory access",
    "Kernel fail to launch",
)
_PACKAGES = ("isaaclab", "isaacsim", "newton", "mujoco-warp", "warp-lang", "torch")


class IsaacLabTask(TorchTask):
    """An environment of Isaac Lab.

    Args:
        env: the environment, unwrapped.
        group: the observation group that the agent gets.
        seed: seeds the first reset.
        close: closes the environment and what it runs in.
    """

    def __init__(self, env: Any, group: str, seed: int, close: Callable[[], None]) -> None:
        self._close = close
        super().__init__(env, group, seed)

    def start_over(self, seed: int | None) -> Any:
        """Reset all robots; with a seed, apply the start-up randomisation again too, as a new process would."""
        if seed is None:
            return self._env.reset()[0]
        seed %= 2**32  # what NumPy takes
        _seed_everything(seed)
        events = getattr(self._env, "event_manager", None)
        if events is not None and "startup" in events.available_modes:
            events.apply(mode="startup")
        return self._env.reset(seed=seed)[0]

    def finals(self, extras: dict[str, Any], observations: Any, ended: Any) -> "tuple[Any, Any]":
        """Return the final observations, which were computed before the reset.

        Raises:
            RuntimeError: if they were not.
        """
        if "final_obs" not in extras:
            raise RuntimeError("The environment has reset robots without computing their final observations")
        return extras["final_obs"][self._group], observations[self._group]

    def close(self) -> None:
        """Close the environment, and what it runs in."""
        self._close()


def registered() -> list[str]:
    """Return the ids that Isaac Lab registers, and those that the user's own packages do."""
    import gymnasium
    import isaaclab_tasks  # noqa: F401 - registers its tasks

    return sorted(name for name, spec in gymnasium.registry.items() if "env_cfg_entry_point" in (spec.kwargs or {}))


def check_registered(name: str) -> None:
    """Check that there is a task.

    Raises:
        RefusedError: if there is none of that name; the nearest are offered.
    """
    if name not in registered():
        raise unknown_task("Isaac Lab", "isaaclab", name, registered())


def configure(config: Any, task: dict[str, Any], options: dict[str, Any], *, device: str, seed: int) -> None:
    """Set in a task's configuration what a study decides.

    Args:
        config: the configuration that Isaac Lab makes the environment from.
        task: `TaskConfig` in JSON.
        options: the task's options, with defaults.
        device: where to simulate.
        seed: seeds the simulation.
    """
    config.scene.num_envs, config.sim.device, config.seed = task["num_envs"], device, seed % 2**32
    if options["max_episode_steps"] is not None:
        # Half a step less, as Isaac Lab rounds up and the division may not come out even.
        step = config.decimation * config.sim.dt
        config.episode_length_s = (options["max_episode_steps"] - 0.5) * step
    commands = getattr(config, "commands", None)
    for command in [] if commands is None else vars(commands).values():
        if hasattr(command, "debug_vis"):
            command.debug_vis = False  # it fetches an asset even without a screen


def served(
    env: Any,
    name: str,
    options: dict[str, Any],
    *,
    seed: int,
    close: Callable[[], None],
    provenance: dict[str, Any],
) -> ServedTask:
    """Return an environment as a task, with what is known of it.

    Args:
        env: the environment, unwrapped.
        name: the task's id.
        options: the task's options, with defaults.
        seed: seeds the first reset.
        close: closes the environment and what it runs in.
        provenance: what scores depend on, apart from the versions.

    Raises:
        RefusedError: if the task has several agents, images or discrete actions, or not the observation group.
    """
    if not hasattr(env, "single_action_space"):
        raise RefusedError(f"{name} has several agents. Only tasks with one agent can be trained on.")
    space = env.single_action_space
    if type(space).__name__ != "Box" or len(space.shape) != 1:
        raise RefusedError(f"{name} has actions in {space}. Only a Box with one dimension can be trained on.")
    group = options["observation_group"]
    dim = observation_dim(env.single_observation_space, group, name)
    task = IsaacLabTask(env, group, seed, close)
    task.facts = facts_of(
        env,
        dim=dim,
        unbounded=float(options["unbounded_actions"]),
        joints=_joints(env),
        metrics=task.metrics,
        provenance={"versions": versions_of(_PACKAGES), **provenance},
        fault_markers=_FAULT_MARKERS,
    )
    return task


def _joints(env: Any) -> dict[str, Any] | None:
    """Return what the actions command where they are joint targets, in the order of this physics; None elsewhere."""
    manager = getattr(env, "action_manager", None)
    if manager is None:
        return None
    rows: dict[str, list[Any]] = {"names": [], "default": [], "scale": [], "lower": [], "upper": []}
    for name in manager.active_terms:
        term = manager.get_term(name)
        if not type(term).__name__.startswith("JointPositionAction"):
            return None
        dim = term.action_dim
        limits = term._asset.data.joint_pos_limits
        limits = getattr(limits, "torch", limits)[0][term._joint_ids].cpu().numpy()  # a tensor within a proxy from 3.0
        rows["names"] += list(term._joint_names)
        rows["default"] += _row(term._offset, dim)
        rows["scale"] += _row(term._scale, dim)
        rows["lower"] += limits[:, 0].tolist()
        rows["upper"] += limits[:, 1].tolist()
    return rows if _sensible(rows) else None


def _sensible(rows: dict[str, list[Any]]) -> bool:
    """Return whether all numbers are finite, scales positive and defaults within the ranges."""
    numbers = np.asarray([rows[name] for name in ("default", "scale", "lower", "upper")], dtype=float)
    default, scale, lower, upper = numbers
    return bool(np.isfinite(numbers).all() and (scale > 0).all() and ((lower <= default) & (default <= upper)).all())


def _row(value: Any, dim: int) -> list[float]:
    return [float(value)] * dim if isinstance(value, int | float) else [float(v) for v in value[0].tolist()]


def _seed_everything(seed: int) -> None:
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
