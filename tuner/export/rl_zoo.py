"""A hyperparameter file for RL Zoo (https://github.com/DLR-RM/rl-baselines3-zoo), for training with SBX.

Such a file refers to `ActionBox`, `AliveBonus`, `InitialStd`, `flat_actions`, `averaging_critics`,
`falling_entropy`, `limiting_ent_coef` and `penalizing_means` in this module, so they must stay here.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import gymnasium as gym
from gymnasium.wrappers import TransformAction
from stable_baselines3.common.callbacks import BaseCallback

from tuner.agents import averaging_critics, falling_entropy, limiting_ent_coef, penalizing_means
from tuner.config import TaskConfig, parse_options
from tuner.export._agent import StockAgent, stock_agent
from tuner.export._comments import as_yaml, commented, differences, steps_of, story
from tuner.export._configuration import ExportedConfiguration
from tuner.export._embedded_code import ActionBox, AliveBonus, set_initial_std
from tuner.export._formats import Format
from tuner.export._python_source import Code, call
from tuner.export._task_source import module_name

__all__ = [
    "ActionBox",
    "AliveBonus",
    "InitialStd",
    "ZooFormat",
    "averaging_critics",
    "falling_entropy",
    "flat_actions",
    "limiting_ent_coef",
    "penalizing_means",
]


_CHANGES = {
    "mean_penalty": "the penalty on the actor's means: penalizing_means",
    "critics_for_actor": "the mean of the critics, which the actor maximises: averaging_critics",
    "max_ent_coef": "the largest entropy coefficient: limiting_ent_coef",
    "target_entropy_schedule": "the target entropy, which falls: falling_entropy",
}
"""What changed updates are, by the setting of the agent, and the function that changes them."""


class ZooFormat(Format):
    """YAML with one entry, under the task's id."""

    name = "zoo"
    suffixes = (".yml", ".yaml")  # RL Zoo imports any other as a Python module

    def text(self, configuration: ExportedConfiguration) -> str:
        """Return the YAML. Comments at its top say what RL Zoo has no settings for."""
        agent = stock_agent(configuration)
        entry = {_env_id(configuration.task): _entry(configuration, agent)}
        return commented(_header(configuration, agent)) + as_yaml(entry)


def _entry(configuration: ExportedConfiguration, agent: StockAgent) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "n_envs": configuration.task.num_envs,
        "n_timesteps": steps_of(configuration),
        "policy": agent.policy,
    }
    if agent.clip_observations is not None:
        entry["normalize"] = call("dict", norm_obs=True, norm_reward=False, clip_obs=agent.clip_observations)
    box = {"low": list(agent.box.low), "high": list(agent.box.high)}
    wrapped: list[Any] = [{"tuner.export.rl_zoo.ActionBox": box}]  # around monitors, within VecNormalize
    if agent.alive_bonus is not None:
        wrapped.append({"tuner.export.rl_zoo.AliveBonus": {"bonus": agent.alive_bonus}})
    entry["vec_env_wrapper"] = wrapped
    if agent.actor_std is not None:
        entry["callback"] = [{"tuner.export.rl_zoo.InitialStd": {"std": agent.actor_std}}]
    if agent.action_noise is not None:
        entry |= {"noise_type": "normal", "noise_std": agent.action_noise}
    wrappers = _env_wrappers(configuration)
    if wrappers:
        entry["env_wrapper"] = wrappers
    env_kwargs = _env_kwargs(configuration.task)
    if env_kwargs:
        entry["env_kwargs"] = env_kwargs
    return {**entry, **agent.arguments, "policy_kwargs": _policy_kwargs(agent)}


def _policy_kwargs(agent: StockAgent) -> str:
    """Return the policy's arguments as the expression that RL Zoo evaluates."""
    named = {
        "activation_fn": Code(f'__import__("flax.linen").linen.{agent.activation}'),
        "optimizer_class": Code(f'__import__("optax").{agent.optimizer}'),
    }
    return call("dict", **named, **agent.policy_arguments)


def _env_id(task: TaskConfig) -> str:
    """Return the id without the module that registers it, which RL Zoo takes on the command line."""
    return task.id.rpartition(":")[2] if task.simulator == "gymnasium" else task.id


def _env_kwargs(task: TaskConfig) -> dict[str, Any]:
    if task.simulator != "gymnasium":
        return {}
    from tuner.simulators.gymnasium import GymnasiumOptions

    options = parse_options(GymnasiumOptions, task.options, "task.options")
    limit = {} if options.max_episode_steps is None else {"max_episode_steps": options.max_episode_steps}
    return {**options.env_kwargs, **limit}


def _env_wrappers(configuration: ExportedConfiguration) -> list[Any]:
    """Return the study's wrappers as RL Zoo writes them, then those that make the task flat."""
    task, flattened = configuration.task, configuration.provenance.flattened
    if task.simulator != "gymnasium":
        return []
    from tuner.simulators.gymnasium import GymnasiumOptions

    found: list[Any] = []
    for wrapper in parse_options(GymnasiumOptions, task.options, "task.options").env_wrapper:
        name = f"{module_name(wrapper.module)}.{wrapper.name}"
        found.append({name: dict(wrapper.kwargs)} if wrapper.kwargs else name)
    found += ["gymnasium.wrappers.FlattenObservation"] if "observations" in flattened else []
    return found + (["tuner.export.rl_zoo.flat_actions"] if "actions" in flattened else [])


def flat_actions(env: gym.Env[Any, Any]) -> gym.Env[Any, Any]:
    """Return an environment whose actions are a Box of one dimension, in Gymnasium's own wrapper."""
    own = env.action_space
    return TransformAction(env, partial(gym.spaces.unflatten, own), gym.spaces.flatten_space(own))


def _header(configuration: ExportedConfiguration, agent: StockAgent) -> list[str]:
    task, algorithm = configuration.task, configuration.agent.algorithm
    packages = f" --gym-packages {module}" if (module := _registering(task)) else ""
    path = f"PYTHONPATH={':'.join(folders)} " if (folders := _folders(task)) else ""
    return [
        *story(configuration),
        *differences(configuration),
        "",
        "RL Zoo trains with SBX if its algorithms are replaced. Save this as train_sbx.py:",
        "    import rl_zoo3.train, sbx",
        *_replaced(algorithm, agent),
        "    rl_zoo3.train.train()",
        f"and run: {path}python train_sbx.py --algo {algorithm} --env {_env_id(task)} --conf-file THIS_FILE{packages}",
        "",
        *_missing(configuration, agent),
    ]


def _replaced(algorithm: str, agent: StockAgent) -> list[str]:
    """Return the lines that replace RL Zoo's algorithm with SBX's."""
    names = sorted(change.subclass.__name__ for change in agent.changes)
    changes, changed = agent.changed(f"sbx.{agent.class_name}")
    return [
        *([f"    from tuner.export.rl_zoo import {', '.join(names)}"] if names else []),
        *(f"    {change}" for change in changes),
        f"    rl_zoo3.ALGOS[{algorithm!r}] = {changed}",
    ]


def _missing(configuration: ExportedConfiguration, agent: StockAgent) -> list[str]:
    """Return what RL Zoo has no settings for, and what the file does instead."""
    task = configuration.task
    lines = [
        "RL Zoo and SBX have no setting for the following; tuner has to be installed for it:",
        "- the agent's action box, in the task's own units: vec_env_wrapper;",
    ]
    if agent.actor_std is not None:
        lines.append("- the untrained actor's standard deviation: callback. Without it SBX starts at about 1.")
    if agent.alive_bonus is not None:
        lines.append(
            "- the bonus for living, for the learner only: vec_env_wrapper. Reported returns are the task's own, but "
            "rl_zoo3.enjoy prints them with it."
        )
    lines += [f"- {_CHANGES[change.setting]} in train_sbx.py." for change in agent.changes]
    if task.simulator != "gymnasium":
        lines.append(
            f"RL Zoo knows Gymnasium environments only: register yours as {task.id}. The study ran it on the "
            f"simulator {task.simulator}."
        )
    elif task.options.get("vectorization") == "subprocess":
        lines.append("The study ran its robots in several processes: --vec-env subproc runs each in its own.")
    return lines


def _registering(task: TaskConfig) -> str:
    """Return the module that registers the environment, as `--gym-packages` takes it; empty for none."""
    if task.simulator != "gymnasium":
        return ""
    return module_name(str(task.options.get("import") or task.id.rpartition(":")[0]))


def _folders(task: TaskConfig) -> list[str]:
    """Return the folders of the user's own modules, for PYTHONPATH."""
    if task.simulator != "gymnasium":
        return []
    from tuner.simulators.gymnasium import GymnasiumOptions

    options = parse_options(GymnasiumOptions, task.options, "task.options")
    modules = [options.import_ or "", *(wrapper.module for wrapper in options.env_wrapper)]
    return list(dict.fromkeys(module.rpartition("/")[0] for module in modules if "/" in module))


class InitialStd(BaseCallback):
    """Gives an untrained SAC, TQC or CrossQ its initial standard deviation before it acts."""

    def __init__(self, std: float | Sequence[float]) -> None:
        """Take the standard deviation before squashing, one or one for each action dimension."""
        super().__init__()
        self._std = std

    def _init_callback(self) -> None:
        agent: Any = self.model
        if agent._n_updates == 0:  # an agent that continues keeps what it has learned
            set_initial_std(agent, self._std)

    def _on_step(self) -> bool:
        return True
