"""An agent file in the format of Isaac Lab's agent files for Stable-Baselines3, with the agent's action box."""

import inspect
import shlex
from typing import TYPE_CHECKING, Any

from tuner.config import AgentConfig, TaskConfig
from tuner.export._agent import StockAgent, stock_agent
from tuner.export._comments import as_yaml, commented, differences, steps_of, story
from tuner.export._configuration import ExportedConfiguration
from tuner.export._formats import Format
from tuner.simulators.server import is_isaaclab_2

if TYPE_CHECKING:
    from tuner.agents import ChangedUpdates

_TORCH_NAMES = {"relu": "ReLU", "elu": "ELU", "silu": "SiLU", "tanh": "Tanh"}
"""Isaac Lab reads `nn.ELU` as the class of that name in `torch.nn`."""

_BUILD = '''\
def build_agent(policy: str, env: VecEnv, log_dir: str | None, config: dict[str, Any]) -> Any:
    """Return the untrained agent; `config` is what process_sb3_cfg returned, without the keys that the script takes."""
    networks = config["policy_kwargs"]
    networks["activation_fn"] = getattr(flax.linen, networks["activation_fn"].__name__.lower())
    networks["optimizer_class"] = getattr(optax, networks["optimizer_class"])
'''

_BOX = 'env = ActionBox(env, **agent_cfg.pop("action_box"))'
_BONUS = 'env = AliveBonus(env, agent_cfg.pop("alive_bonus"))  # returns are reported without it'
_AGENT = "agent = build_agent(policy_arch, env, log_dir, agent_cfg)"


class IsaacLabFormat(Format):
    """YAML like Isaac Lab's `sb3_ppo_cfg.yaml`.

    Its training script builds Stable-Baselines3's PPO. The comments of the file contain the code to use instead, which
    does not need this package, and say where it goes.
    """

    name = "isaaclab"
    suffixes = (".yaml",)  # Isaac Lab looks for a Python class in any other

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
        **dict(_entry_of(configuration.agent, change) for change in agent.changes),
        "alive_bonus": agent.alive_bonus,
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


def _entry_of(agent: AgentConfig, change: "ChangedUpdates") -> tuple[str, Any]:
    """Return key and value of changed updates: the agent's setting, or all that they take, if it is more."""
    if len(change.arguments) > 1:
        return change.subclass.__name__, dict(change.arguments)
    return change.setting, getattr(agent, change.setting)


def _header(configuration: ExportedConfiguration, agent: StockAgent) -> str:
    return "".join(
        [
            commented([*story(configuration), *differences(configuration), *_SCRIPT]),
            _as_comment(_code(agent)),
            commented(_WRAPPED),
            _as_comment(_BOX if agent.alive_bonus is None else f"{_BOX}\n{_BONUS}"),
            commented(_BUILT),
            _as_comment(_AGENT),
            commented(_training(configuration, agent)),
        ]
    )


_SCRIPT = [
    "",
    "Isaac Lab's training script for Stable-Baselines3 builds PPO, and nothing in Isaac Lab clips actions. It is",
    "isaaclab_rl/entrypoints/backends/train_sb3.py in Isaac Lab 3, scripts/reinforcement_learning/sb3/train.py in 2.",
    "Install SBX beside it (pip install sbx-rl), and change it in four places:",
    "",
    "1. After its imports, add:",
    "",
]

_WRAPPED = [
    "",
    "2. After 'env = Sb3VecEnvWrapper(...)', add the agent's action box. It is in the task's own units, whatever box",
    "   the wrapper declares (±100 in Isaac Lab 2, ±1 in 3), and actions are clipped to it:",
    "",
]

_BUILT = ["", "3. In place of 'agent = PPO(...)', write:", ""]


def _training(configuration: ExportedConfiguration, agent: StockAgent) -> list[str]:
    """Return how to train with the file: where it goes, the command, and what differs from the study."""
    task = configuration.task
    lines = [
        "",
        "4. After 'import isaaclab_tasks', name this file for the task, or do so where the task is registered:",
        "",
        "    import gymnasium",
        "",
        f"    gymnasium.spec({task.id!r}).kwargs['sb3_cfg_entry_point'] = '/path/to/this_file.yaml'",
        "",
        f"The script that plays policies needs 1, 2 and 4, and sbx.{agent.class_name}.load for PPO.load.",
        f"The number of robots decides how much is learned from each step. The study had {task.num_envs}:",
        "",
        f"    {shlex.join(_command(configuration))}",
        "",
        "n_timesteps says how long; leave out --max_iterations, which counts rollouts of PPO. On a GPU, set",
        "XLA_PYTHON_CLIENT_PREALLOCATE=false, so that JAX leaves memory to the simulator.",
    ]
    if _is_version_2(configuration):
        lines.append(
            "Isaac Lab 2 hands out the observation after the reset as the last one of an episode that ended by time. "
            "The study had the true one."
        )
    return [*lines, *_elsewhere(configuration), *_unlike(task)]


def _elsewhere(configuration: ExportedConfiguration) -> list[str]:
    """Return what to change in the file, if the study's task is not one of Isaac Lab."""
    task = configuration.task
    if task.simulator == "isaaclab":
        return []
    return [
        "",
        f"The study trained {task.id} on {task.simulator}. Write the id of Isaac Lab's task of the same robot in both",
        "places. Its joints may be in another order: bring the numbers that the file has for each action into it.",
        "`tuner train FILE.json --task ... --simulator isaaclab` does that by itself.",
    ]


def _command(configuration: ExportedConfiguration) -> list[str]:
    """Return the words of the training command."""
    task, simulator = configuration.task, configuration.provenance.simulator
    device, physics = simulator.get("device"), str(simulator.get("physics", ""))
    common = ["--task", task.id, "--num_envs", str(task.num_envs), *(["--device", str(device)] if device else [])]
    given: Any = task.options.get("overrides") or ()
    overrides = [str(override) for override in given]
    if _is_version_2(configuration):
        return ["./isaaclab.sh", "-p", "scripts/reinforcement_learning/sb3/train.py", *common, "--headless", *overrides]
    preset = [f"physics={physics}"] if physics.isidentifier() else []  # it may be a phrase, for the task's own
    # Without `compute_final_obs` the wrapper hands out the observation after the reset as an episode's last one.
    return ["isaaclab", "train", "--rl_library", "sb3", *common, *preset, "env.compute_final_obs=True", *overrides]


def _is_version_2(configuration: ExportedConfiguration) -> bool:
    """Return whether the study ran on Isaac Lab 2."""
    versions = configuration.provenance.simulator.get("versions")
    return isinstance(versions, dict) and is_isaaclab_2(str(versions.get("isaaclab")))


def _unlike(task: TaskConfig) -> list[str]:
    """Return options of the study's task that the command cannot express."""
    lines = []
    if (steps := task.options.get("max_episode_steps")) is not None:
        lines.append(f"The study ended episodes after {steps} control steps: set env.episode_length_s accordingly.")
    if (group := task.options.get("observation_group", "policy")) != "policy":
        lines.append(f"The study's agent got the observations '{group}'; Sb3VecEnvWrapper passes on 'policy'.")
    return lines


def _code(agent: StockAgent) -> str:
    """Return the definitions that turn the configuration, as Isaac Lab reads it, into the agent."""
    from tuner.export._embedded_code import ActionBox, AliveBonus, set_initial_std

    sources: list[Any] = [ActionBox]
    if agent.alive_bonus is not None:
        sources.append(AliveBonus)
    if agent.actor_std is not None:
        sources.append(set_initial_std)
    embedded = [inspect.getsource(source) for source in sources]
    return "\n\n".join([_imports(agent), *embedded, *agent.change_sources, _build(agent)])


def _imports(agent: StockAgent) -> str:
    lines = [
        "from collections.abc import Sequence",
        "from typing import Any",
        "",
        "import flax.linen",
        *(["import jax"] if agent.changes_need_jax else []),
        "import numpy as np",
        "import optax",
        "import sbx",
        "from gymnasium import spaces",
        *(["from stable_baselines3.common.noise import NormalActionNoise"] if agent.action_noise else []),
        "from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper",
    ]
    return "\n".join(lines) + "\n"


def _build(agent: StockAgent) -> str:
    """Return the function that builds the agent."""
    before: list[str] = []
    after: list[str] = []
    algorithm = f"sbx.{agent.class_name}"
    if agent.action_noise is not None:
        before += [
            'noise = np.full(env.action_space.shape, config["action_noise"])',
            'config["action_noise"] = NormalActionNoise(np.zeros_like(noise), noise)',
        ]
    if agent.actor_std is not None:
        before.append('std = config.pop("initial_std")')
        after.append("set_initial_std(agent, std)")
    for change in agent.changes:
        value = f'config.pop("{change.setting}")'
        inputs = [algorithm, value] if change.arguments else [algorithm]
        if len(change.arguments) > 1:
            inputs[1] = f'**config.pop("{change.subclass.__name__}")'
        before += [] if change.arguments else [value]
        before.append(f"algorithm = {change.subclass.__name__}({', '.join(inputs)})")
        algorithm = "algorithm"
    built = f"agent = {algorithm}(policy, env, verbose=1, tensorboard_log=log_dir, **config)"
    return _BUILD + "".join(f"    {line}\n" for line in [*before, built, *after, "return agent"])


def _as_comment(code: str) -> str:
    """Return code as comments, indented by four. Removing the first six characters of each line restores it."""
    return "".join(f"#     {line}".rstrip() + "\n" for line in code.splitlines())
