"""mjlab, Isaac Lab's interface on MuJoCo-Warp, behind the server."""

import random
import sys
from typing import Any

import numpy as np

from .task import Backend, RefusedError, ServedTask, checked_options, torch_options, unknown_task, versions_of

_OPTIONS = torch_options("actor")
"""What a study file may say under `task.options`; it means what it means for Isaac Lab."""
_PACKAGES = ("mjlab", "mujoco", "mujoco-warp", "warp-lang", "torch")


def create(_argument: str) -> Backend:
    """Return the backend."""
    return MjlabBackend()


class MjlabBackend(Backend):
    """Opens the tasks that `mjlab.tasks` registers."""

    def tasks(self) -> list[str]:
        """Return the ids that mjlab registers."""
        _check_installed()
        return _registered()

    def open(self, task: dict[str, Any], *, seed: int, threads: int) -> ServedTask:
        """Open a task.

        Raises:
            RefusedError: if mjlab is missing, the task or an option is unknown, or the device does not exist.
        """
        options = checked_options(task["options"], _OPTIONS)
        _check_installed()
        import torch

        from .torch_task import checked_device

        torch.set_num_threads(threads)
        device = checked_device(options["device"])
        if task["id"] not in _registered():
            raise unknown_task("mjlab", "mjlab", task["id"], _registered())
        self.say("starting mjlab, which compiles kernels the first time")
        return _opened(task, options, device=device, seed=seed)


def _opened(task: dict[str, Any], options: dict[str, Any], *, device: str, seed: int) -> ServedTask:
    import torch
    from mjlab.envs import ManagerBasedRlEnv
    from mjlab.tasks.registry import load_env_cfg

    from .torch_task import TorchTask, facts_of, observation_dim

    config = load_env_cfg(task["id"])
    config.scene.num_envs, config.seed = task["num_envs"], seed % 2**32
    if options["max_episode_steps"] is not None:
        # Half a step less, as mjlab rounds up and the division may not come out even.
        step = config.decimation * config.sim.mujoco.timestep
        config.episode_length_s = (options["max_episode_steps"] - 0.5) * step
    config.auto_reset = False  # mjlab keeps no final observations: robots that are done are reset here, after a look
    env = ManagerBasedRlEnv(cfg=config, device=device)

    class MjlabTask(TorchTask):
        """An environment of mjlab."""

        def start_over(self, seed: int | None) -> Any:
            """Reset all robots; with a seed, apply the start-up randomisation again too, as a new process would."""
            if seed is None:
                return self._env.reset()[0]
            seed %= 2**32  # what NumPy takes
            random.seed(seed)
            np.random.seed(seed)
            torch.manual_seed(seed)
            if "startup" in self._env.event_manager.available_modes:
                self._env.event_manager.apply(mode="startup")
            return self._env.reset(seed=seed)[0]

        def finals(self, extras: dict[str, Any], observations: Any, ended: Any) -> "tuple[Any, Any]":
            """Return the observations, and those after resetting the robots that are done."""
            last = observations[self._group].clone()
            after, _ = self._env.reset(env_ids=ended.nonzero().squeeze(-1))
            return last, after[self._group]

    group = options["observation_group"]
    try:
        dim = observation_dim(env.single_observation_space, group, task["id"])
    except RefusedError:
        env.close()
        raise
    opened = MjlabTask(env, group, seed)
    opened.facts = facts_of(
        env,
        dim=dim,
        unbounded=float(options["unbounded_actions"]),
        provenance={"versions": versions_of(_PACKAGES), "device": device},
        metrics=opened.metrics,
    )
    return opened


def _registered() -> list[str]:
    import mjlab.tasks  # noqa: F401 - registers its tasks
    from mjlab.tasks.registry import list_tasks

    return sorted(list_tasks())


def _check_installed() -> None:
    if not versions_of(["mjlab"]):
        raise RefusedError(
            f"The interpreter {sys.executable} has no mjlab. Give the Python of your mjlab environment as task.python, "
            "or install it there with: pip install mjlab"
        )
