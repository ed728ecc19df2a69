"""Isaac Lab 2.2 and 2.3, which always run in Isaac Sim, with PhysX.

Before Isaac Sim's Kit has started, nothing of Isaac Lab but its launcher can be imported, and PyTorch should not be.
"""

import subprocess
import sys
from contextlib import ExitStack
from typing import Any

from .kit import starting_kit
from .task import RefusedError, ServedTask, chosen_device

_ASSET_ROOT_SETTING = "/persistent/isaac/asset_root/cloud"
"""Where Isaac Lab 2 looks up the root of its assets when its module `assets` is imported."""
_COUNT_GPUS = "import torch; print(torch.cuda.device_count() if torch.cuda.is_available() else 0)"


class IsaacLab2:
    """Opens a task in Isaac Lab 2."""

    starting = "starting Isaac Sim, which takes minutes the first time"
    """Shown to users while they wait."""
    reopens = False
    """Whether another environment can be made in this process: it leaks, or hangs."""

    def __init__(self) -> None:
        self._app: Any = None
        """Isaac Sim, once it runs; it can be started only once in a process."""

    def tasks(self) -> list[str]:
        """Return the ids of the tasks; starts Isaac Sim, without which they cannot be imported."""
        self._launch(_device(None), None)
        from .isaaclab_task import registered

        return registered()

    def open(
        self, task: dict[str, Any], options: dict[str, Any], *, seed: int, threads: int, asset_root: str | None
    ) -> ServedTask:
        """Open a task; see `IsaacLab3.open`. What fails is not closed, as Kit may hang or exit while it closes."""
        if options["physics"] is not None:
            raise RefusedError(
                f"task.options.physics is {options['physics']}, but Isaac Lab 2 has no choice of physics: it runs "
                "PhysX in Isaac Sim. Leave the option out."
            )
        device = _device(options["device"])
        self._launch(device, asset_root)
        import gymnasium
        import torch
        from isaaclab.utils.assets import NUCLEUS_ASSET_ROOT_DIR

        from .isaaclab_task import check_registered, configure, served

        if asset_root not in (None, NUCLEUS_ASSET_ROOT_DIR):
            raise RuntimeError(f"Isaac Lab takes its assets from {NUCLEUS_ASSET_ROOT_DIR}, not from {asset_root}")
        torch.set_num_threads(threads)
        check_registered(task["id"])
        config = _configuration(task, list(options["overrides"]), device)
        configure(config, task, options, device=device, seed=seed)
        shift_from_the_original(getattr(config, "events", None))
        stack = ExitStack()
        stack.callback(self._app.close)
        made = gymnasium.make(task["id"], cfg=config)
        stack.callback(made.close)
        FinalObservations(made.unwrapped, options["observation_group"])
        provenance = {"physics": "physx", "device": device, "asset_root": str(NUCLEUS_ASSET_ROOT_DIR)}
        return served(made.unwrapped, task["id"], options, seed=seed, close=stack.close, provenance=provenance)

    def _launch(self, device: str, asset_root: str | None) -> None:
        """Start Isaac Sim without a window, if it does not run yet."""
        if self._app is not None:
            return
        with starting_kit():
            # Kit reads settings from the arguments of the process.
            sys.argv = sys.argv[:1] + ([] if asset_root is None else [f"--{_ASSET_ROOT_SETTING}={asset_root}"])
            from isaaclab.app import AppLauncher

            self._app = AppLauncher(headless=True, device=device).app


class FinalObservations:
    """Makes an environment hand out true final observations, as Isaac Lab 3 does for `compute_final_obs`.

    Isaac Lab 2 resets robots within a step and observes them afterwards, so they are observed before the reset too.

    Args:
        env: the environment, unwrapped; from now on `extras["final_obs"]` holds them in a step that ends an episode.
        group: which observations are wanted.
    """

    def __init__(self, env: Any, group: str) -> None:
        self._env = env
        self._group = group
        self._step, self._reset = env.step, env._reset_idx
        self._stepping = False
        self._last: Any = None
        env.step, env._reset_idx = self.step, self.reset

    def step(self, actions: Any) -> Any:
        """Step the environment."""
        self._stepping, self._last = True, None
        try:
            *results, extras = self._step(actions)
        finally:
            self._stepping = False
        kept = {} if self._last is None else {"final_obs": {self._group: self._last}}
        return (*results, {**extras, **kept})

    def reset(self, *robots: Any, **named: Any) -> Any:
        """Look at the robots, then reset some."""
        if self._stepping:  # a reset of all robots has no episodes to end
            self._last = self._observed()[self._group].clone()
        return self._reset(*robots, **named)

    def _observed(self) -> Any:
        """Return what robots observe now, as Isaac Lab 3 computes it: with new noise.

        A history of observations comes as it is, without the present ones: appending them would append them twice for
        robots whose episodes go on.
        """
        manager = getattr(self._env, "observation_manager", None)
        if manager is not None:
            return manager.compute()
        observations = self._env._get_observations()
        if self._env.cfg.observation_noise_model:
            observations["policy"] = self._env._observation_noise_model(observations["policy"])
        return observations


def _device(given: str | None) -> str:
    """Return the device to simulate on; another process asks PyTorch how many GPUs there are."""
    if given == "cpu":
        return given
    asked = subprocess.run([sys.executable, "-c", _COUNT_GPUS], capture_output=True, text=True, check=False)
    answer = asked.stdout.strip()
    return chosen_device(given, int(answer) if answer.isdecimal() else 0)


def _configuration(task: dict[str, Any], overrides: list[str], device: str) -> Any:
    """Return the task's configuration with the overrides, which Hydra applies as in Isaac Lab's own scripts."""
    from isaaclab_tasks.utils import parse_env_cfg

    if not overrides:
        return parse_env_cfg(task["id"], device=device, num_envs=task["num_envs"])
    import hydra
    from isaaclab.envs.utils.spaces import replace_strings_with_env_cfg_spaces
    from isaaclab.utils import replace_strings_with_slices
    from isaaclab_tasks.utils.hydra import register_task_to_hydra
    from omegaconf import OmegaConf

    config, _ = register_task_to_hydra(task["id"], "")
    try:
        with hydra.initialize(config_path=None, version_base="1.3"):
            composed = hydra.compose(config_name=task["id"], overrides=overrides)
        values = replace_strings_with_slices(OmegaConf.to_container(composed, resolve=True))
        config.from_dict(values["env"])
    except Exception as error:
        raise RefusedError(f"Isaac Lab refuses the overrides {overrides} of {task['id']}: {error}") from error
    return replace_strings_with_env_cfg_spaces(config)


def shift_from_the_original(events: Any) -> None:
    """Let random shifts of centres of mass begin from where these were when the robots were made.

    Isaac Lab 2 adds them to where the centres are now, so that the shifts of one trial after another would add up.

    Args:
        events: the configuration of the events of a task; None if it has none.
    """
    if events is None:
        return
    from isaaclab.envs import mdp

    for term in vars(events).values():
        if getattr(term, "func", None) is mdp.randomize_rigid_body_com and term.mode == "startup":
            term.func = _from_the_original(term.func)


def _from_the_original(shift: Any) -> Any:
    """Return an event that puts the centres of mass of the bodies it shifts back before it shifts them."""
    originals: list[Any] = []

    def shift_again(env: Any, env_ids: Any, com_range: Any, asset_cfg: Any) -> None:
        import torch

        view = env.scene[asset_cfg.name].root_physx_view
        centres = view.get_coms().clone()
        if not originals:
            originals.append(centres.clone())
        centres[:, asset_cfg.body_ids] = originals[0][:, asset_cfg.body_ids]
        view.set_coms(centres, torch.arange(len(centres)))
        shift(env, env_ids, com_range, asset_cfg)

    return shift_again
