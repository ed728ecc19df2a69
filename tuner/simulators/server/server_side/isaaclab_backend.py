"""Isaac Lab 3.0 behind the server, without Isaac Sim or with it, on any of its physics engines."""

import os
import random
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from .task import Backend, RefusedError, ServedTask, checked_options, unknown_task, versions_of

_OPTIONS = {
    "physics": None,
    "device": None,
    "overrides": (),
    "max_episode_steps": None,
    "observation_group": "policy",
    "asset_root": None,
    "unbounded_actions": 100.0,
}
"""What a study file may say under `task.options`, with defaults; None is decided when a task is opened.

`unbounded_actions` is where an infinite action space is declared to end: Isaac Lab's own wrapper for Stable-Baselines3
declared ±100 until 2026, and shares of the action box, as search spaces and published recipes have them, mean that.
"""
_KITLESS_PHYSICS = "newton_mjwarp"
_FAULT_MARKERS = (
    "Patch buffer overflow detected",
    "collisionStackSize buffer overflow",
    "Invalid PhysX transform detected",
    "CUDA error: an illegal memory access",
    "Kernel fail to launch",
)
_PACKAGES = ("isaaclab", "isaacsim", "newton", "mujoco-warp", "warp-lang", "torch")


def create(_argument: str) -> Backend:
    """Return the backend."""
    return IsaacLabBackend()


class IsaacLabBackend(Backend):
    """Opens the tasks that `isaaclab_tasks` registers."""

    def tasks(self) -> list[str]:
        """Return the ids that Isaac Lab registers."""
        _check_version()
        return _registered()

    def open(self, task: dict[str, Any], *, seed: int, threads: int) -> ServedTask:
        """Open a task.

        Raises:
            RefusedError: if Isaac Lab is missing or of another version, the task or an option is unknown, the device
                does not exist, or the task has several agents, images or discrete actions.
        """
        options = checked_options(task["options"], _OPTIONS)
        if options["asset_root"] is not None:
            root = options["asset_root"]
            os.environ["ISAACSIM_ASSET_ROOT"] = root if "://" in root else str(Path(root).expanduser().absolute())
        _check_version()
        import torch

        from .torch_task import checked_device

        torch.set_num_threads(threads)
        device = checked_device(options["device"])
        if task["id"] not in _registered():
            raise unknown_task("Isaac Lab", "isaaclab", task["id"], _registered())
        self.say("starting Isaac Lab, which compiles kernels the first time")
        return _opened(task, options, device=device, seed=seed)


def _opened(task: dict[str, Any], options: dict[str, Any], *, device: str, seed: int) -> ServedTask:
    import gymnasium
    from isaaclab.app import launch_simulation
    from isaaclab_tasks.utils import resolve_task_config

    physics = options["physics"] or (None if _has_isaac_sim() else _KITLESS_PHYSICS)
    overrides = ([f"physics={physics}"] if physics else []) + list(options["overrides"])
    sys.argv = sys.argv[:1]  # Isaac Lab reads it
    try:
        config, _ = resolve_task_config(task["id"], None, overrides=overrides)
    except Exception as error:
        raise RefusedError(f"Isaac Lab refuses the overrides {overrides} of {task['id']}: {error}") from error
    config.scene.num_envs, config.sim.device, config.seed = task["num_envs"], device, seed % 2**32
    config.compute_final_obs = True
    if options["max_episode_steps"] is not None:
        # Half a step less, as Isaac Lab rounds up and the division may not come out even.
        step = config.decimation * config.sim.dt
        config.episode_length_s = (options["max_episode_steps"] - 0.5) * step
    for command in vars(getattr(config, "commands", None) or object.__new__(_Nothing)).values():
        if hasattr(command, "debug_vis"):
            command.debug_vis = False  # it fetches an asset even without a screen
    stack = ExitStack()
    try:
        stack.enter_context(launch_simulation(config, {"device": device}))
        made = gymnasium.make(task["id"], cfg=config)
        stack.callback(made.close)
        provenance = {"versions": versions_of(_PACKAGES), "physics": physics or "the task's own", "device": device}
        provenance["asset_root"] = os.environ.get("ISAACSIM_ASSET_ROOT", "Isaac Lab's own")
        return _task(made.unwrapped, task["id"], options, seed, provenance, stack)
    except BaseException:
        stack.close()
        raise


def _task(
    env: Any, task_id: str, options: dict[str, Any], seed: int, provenance: dict[str, Any], stack: ExitStack
) -> ServedTask:
    from .torch_task import TorchTask, facts_of, observation_dim

    group = options["observation_group"]
    if not hasattr(env, "single_action_space"):
        raise RefusedError(f"{task_id} has several agents. Only tasks with one agent can be trained on.")
    space = env.single_action_space
    if type(space).__name__ != "Box" or len(space.shape) != 1:
        raise RefusedError(f"{task_id} has actions in {space}. Only a Box with one dimension can be trained on.")

    class IsaacLabTask(TorchTask):
        """An environment of Isaac Lab."""

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
            """Return Isaac Lab's own final observations, which it computes before the reset."""
            return extras["final_obs"][self._group], observations[self._group]

        def close(self) -> None:
            """Close the environment, and leave the simulation's context."""
            stack.close()

    opened = IsaacLabTask(env, group, seed)
    opened.facts = facts_of(
        env,
        dim=observation_dim(env.single_observation_space, group, task_id),
        unbounded=float(options["unbounded_actions"]),
        joints=_joints(env),
        provenance=provenance,
        fault_markers=_FAULT_MARKERS,
    )
    return opened


class _Nothing:
    """Has no attributes."""


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
        limits = _tensor(term._asset.data.joint_pos_limits)[0][term._joint_ids].cpu().numpy()
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


def _tensor(value: Any) -> Any:
    return getattr(value, "torch", value)


def _seed_everything(seed: int) -> None:
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _registered() -> list[str]:
    import gymnasium
    import isaaclab_tasks  # noqa: F401 - registers its tasks

    return sorted(name for name, spec in gymnasium.registry.items() if "env_cfg_entry_point" in (spec.kwargs or {}))


def _check_version() -> None:
    found = versions_of(["isaaclab"]).get("isaaclab")
    if found is None:
        raise RefusedError(
            f"The interpreter {sys.executable} has no Isaac Lab. Give the Python of your Isaac Lab environment as "
            "task.python, or install it there with: pip install isaaclab"
        )
    if int(found.split(".")[0]) < 3:
        raise RefusedError(f"Isaac Lab {found} in {sys.executable} is too old: 3.0 or newer is needed.")


def _has_isaac_sim() -> bool:
    return bool(versions_of(["isaacsim"]))
