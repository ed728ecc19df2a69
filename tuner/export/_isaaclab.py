"""An agent file in the format of Isaac Lab's agent files for Stable-Baselines3, with the agent's action box."""

import inspect
from typing import Any

from tuner.export._agent import StockAgent, stock_agent
from tuner.export._comments import as_yaml, commented, differences, steps_of, story
from tuner.export._configuration import ExportedConfiguration
from tuner.export._formats import Format

_TORCH_NAMES = {"relu": "ReLU", "elu": "ELU", "silu": "SiLU", "tanh": "Tanh"}
"""Isaac Lab reads `nn.ELU` as the class of that name in `torch.nn`."""

_IMPORTS = """\
from collections.abc import Sequence
from typing import Any

import flax.linen
import numpy as np
import optax
import sbx
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
"""

_NETWORKS = """\
box, networks = agent_cfg.pop("action_box"), agent_cfg["policy_kwargs"]
networks["activation_fn"] = getattr(flax.linen, networks["activation_fn"].__name__.lower())
networks["optimizer_class"] = getattr(optax, networks["optimizer_class"])
"""

_NOISE = """\
from stable_baselines3.common.noise import NormalActionNoise

noise = np.full(len(box["low"]), agent_cfg["action_noise"])
agent_cfg["action_noise"] = NormalActionNoise(np.zeros_like(noise), noise)
"""

_BUILD = """\
agent = {algorithm}(policy_arch, ActionBox(env, **box), verbose=1, tensorboard_log=log_dir, **agent_cfg)
"""


class IsaacLabFormat(Format):
    """YAML like Isaac Lab's `sb3_ppo_cfg.yaml`.

    Its training script (`scripts/reinforcement_learning/sb3/train.py`) builds Stable-Baselines3's PPO. The comments of
    the file contain the code to use instead, which does not need this package.
    """

    name = "isaaclab"

    def text(self, configuration: ExportedConfiguration) -> str:
        """Return the YAML with its comments."""
        agent = stock_agent(configuration)
        return _header(configuration, agent) + as_yaml(_entries(configuration, agent))


def _entries(configuration: ExportedConfiguration, agent: StockAgent) -> dict[str, Any]:
    normalize: dict[str, Any] = {"normalize_input": False}
    if agent.clip_observations is not None:
        normalize = {"normalize_input": True, "normalize_value": False, "clip_obs": agent.clip_observations}
    extras = {
        "action_noise": agent.action_noise,
        "initial_std": agent.actor_std,
        "mean_penalty": agent.mean_penalty,
    }
    return {
        "seed": 0,
        "n_timesteps": steps_of(configuration),
        "policy": agent.policy,
        "gamma": 0.99,  # SBX's default; the training script reads it
        **agent.arguments,
        "policy_kwargs": {
            "activation_fn": f"nn.{_TORCH_NAMES[agent.activation]}",
            "optimizer_class": agent.optimizer,
            **agent.policy_arguments,
        },
        **normalize,
        **{name: value for name, value in extras.items() if value is not None},
        "action_box": {"low": list(agent.box.low), "high": list(agent.box.high)},
    }


def _header(configuration: ExportedConfiguration, agent: StockAgent) -> str:
    task = configuration.task
    lines = [
        *story(configuration),
        *differences(configuration),
        "",
        f"Train it with --num_envs {task.num_envs}: how much is learned from each step depends on it.",
        "Isaac Lab's sb3/train.py builds PPO of Stable-Baselines3 and knows no action box. Let it do this in place of",
        "'agent = PPO(...)'. The box is in the task's own action units, whatever bounds the wrapper declares: ±100 in",
        "Isaac Lab 2, ±1 later. play.py needs the same ActionBox around its env, and sbx's class to load the policy.",
    ]
    return commented(lines) + "#\n" + _as_comment(_code(agent))


def _code(agent: StockAgent) -> str:
    """Return the code that turns the configuration, as Isaac Lab reads it, into the agent."""
    from tuner.agents import MEAN_PENALTY_PARTS
    from tuner.export._embedded_code import ActionBox, set_initial_std

    algorithm, imports, build = f"sbx.{agent.class_name}", _IMPORTS, _BUILD
    sources: list[Any] = [ActionBox]
    if agent.actor_std is not None:
        imports = f"import math\n{imports}"
        sources.append(set_initial_std)
        build = f'std = agent_cfg.pop("initial_std")\n{build}set_initial_std(agent, std)\n'
    if agent.mean_penalty is not None:
        algorithm, imports = "algorithm", f"import jax\n{imports}"
        sources.extend(MEAN_PENALTY_PARTS)
        build = f'algorithm = penalizing_means(sbx.{agent.class_name}, agent_cfg.pop("mean_penalty"))\n{build}'
    noise = _NOISE if agent.action_noise is not None else ""
    parts = [imports, *(inspect.getsource(source) for source in sources)]
    return "\n\n".join([*parts, _NETWORKS + noise + build.format(algorithm=algorithm)])


def _as_comment(code: str) -> str:
    """Return code as comments, indented by four. Removing the first six characters of each line restores it."""
    return "".join(f"#     {line}".rstrip() + "\n" for line in code.splitlines())
