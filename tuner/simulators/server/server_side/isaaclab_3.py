"""Isaac Lab 3, without Isaac Sim or with it, on any of its physics engines."""

import os
import sys
from contextlib import ExitStack
from typing import Any

from .isaaclab_task import check_registered, configure, registered, served
from .kit import starting_kit
from .task import RefusedError, ServedTask, versions_of
from .torch_task import checked_device

_KITLESS_PHYSICS = "newton_mjwarp"


class IsaacLab3:
    """Opens tasks in Isaac Lab 3."""

    starting = "starting Isaac Lab, which compiles kernels the first time"
    """Shown to users while they wait."""

    def __init__(self) -> None:
        self._isaac_sim = bool(versions_of(["isaacsim"]))
        self.reopens = not self._isaac_sim
        """Whether another environment can be made in this process; with Isaac Sim it leaks, or hangs."""

    def tasks(self) -> list[str]:
        """Return the ids of the tasks."""
        return registered()

    def open(
        self, task: dict[str, Any], options: dict[str, Any], *, seed: int, threads: int, asset_root: str | None
    ) -> ServedTask:
        """Open a task.

        Args:
            task: `TaskConfig` in JSON.
            options: the task's options, with defaults.
            seed: seeds the simulation.
            threads: CPU threads that stepping may use.
            asset_root: where Isaac Lab finds its assets; None leaves that to it.

        Raises:
            RefusedError: if there is no such task or device, if Isaac Lab refuses the overrides, and as `served` does.
        """
        import torch

        if asset_root is not None:
            os.environ["ISAACSIM_ASSET_ROOT"] = asset_root
        torch.set_num_threads(threads)
        device = checked_device(options["device"])
        check_registered(task["id"])
        import gymnasium
        from isaaclab.app import launch_simulation

        physics = options["physics"] or (None if self._isaac_sim else _KITLESS_PHYSICS)
        config = _configuration(task["id"], physics, list(options["overrides"]))
        configure(config, task, options, device=device, seed=seed)
        config.compute_final_obs = True
        stack = ExitStack()
        try:
            with starting_kit():
                stack.enter_context(launch_simulation(config, {"device": device}))
            made = gymnasium.make(task["id"], cfg=config)
            stack.callback(made.close)
            provenance = {"physics": physics or "the task's own", "device": device}
            provenance["asset_root"] = os.environ.get("ISAACSIM_ASSET_ROOT", "Isaac Lab's own")
            return served(made.unwrapped, task["id"], options, seed=seed, close=stack.close, provenance=provenance)
        except BaseException:
            if self.reopens:
                stack.close()
            raise


def _configuration(name: str, physics: str | None, overrides: list[str]) -> Any:
    """Return a task's configuration with the overrides."""
    from isaaclab_tasks.utils import resolve_task_config

    given = [] if physics is None else [f"physics={physics}"]
    sys.argv = sys.argv[:1]  # Isaac Lab reads it
    try:
        config, _ = resolve_task_config(name, None, overrides=[*given, *overrides])
    except Exception as error:
        raise RefusedError(f"Isaac Lab refuses the overrides {[*given, *overrides]} of {name}: {error}") from error
    return config
