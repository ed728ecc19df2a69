"""A Python file that builds the agent with plain SBX and trains it when run. It does not need this package."""

import inspect
from typing import Any

from tuner.config import linear_start
from tuner.export._agent import StockAgent, stock_agent
from tuner.export._comments import commented, differences, steps_of, story
from tuner.export._configuration import ExportedConfiguration
from tuner.export._formats import Format
from tuner.export._python_source import Code, call, literal
from tuner.export._task_source import task_source

_PREPARE = '''\
def prepare(env: VecEnv) -> VecEnv:
    """Return the task as the agent sees it: {what}."""
{lines}
'''

_BOX = (Code("ACTION_LOW"), Code("ACTION_HIGH"))

_MAIN = """\
def main() -> None:
    parser = argparse.ArgumentParser(description="Train the agent.")
    parser.add_argument("--steps", type=int, default=TOTAL_STEPS, help="environment steps, over all robots")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("trained"), help="folder for the policy")
    options = parser.parse_args()
    env = prepare(VecMonitor(make_env(NUM_ENVS)))
    agent = build_agent(env, seed=options.seed)
    agent.learn(total_timesteps=options.steps)
    options.output.mkdir(parents=True, exist_ok=True)
    agent.save(options.output / "policy.zip")
    normalization = agent.get_vec_normalize_env()
    if normalization is not None:
        normalization.save(str(options.output / "normalization.pkl"))
    env.close()
    print(f"Saved to {options.output}")


if __name__ == "__main__":
    main()
"""


class SbxFormat(Format):
    """A Python file."""

    name = "sbx"

    def text(self, configuration: ExportedConfiguration) -> str:
        """Return the program."""
        from tuner.export._embedded_code import ActionBox, AliveBonus, set_initial_std

        agent = stock_agent(configuration)
        sections = [
            _constants(configuration, agent),
            task_source(configuration),
            inspect.getsource(ActionBox),
            *([] if agent.alive_bonus is None else [inspect.getsource(AliveBonus)]),
            _prepare(agent),
            *([] if agent.actor_std is None else [inspect.getsource(set_initial_std)]),
            *agent.change_sources,
            _build(agent),
            _MAIN,
        ]
        top = f"{_header(configuration)}\n{_imports(configuration, agent)}"
        return f"{top}\n" + "\n\n".join(section.rstrip() + "\n" for section in sections)


def _header(configuration: ExportedConfiguration) -> str:
    versions = configuration.provenance.versions
    names = ("sbx-rl", "stable-baselines3", "gymnasium", "jax")
    needed = " ".join(f"{name}=={versions[name]}" if name in versions else name for name in names)
    return commented(
        [
            *story(configuration),
            *differences(configuration),
            "",
            f"Install: pip install {needed}",
            "Run:     python THIS_FILE --seed 0 --output trained",
        ]
    )


def _imports(configuration: ExportedConfiguration, agent: StockAgent) -> str:
    gymnasium = configuration.task.simulator == "gymnasium"
    vectorized = "SubprocVecEnv" if configuration.task.options.get("vectorization") == "subprocess" else "DummyVecEnv"
    wrappers = ["VecEnv", "VecEnvWrapper", "VecMonitor", *(["VecNormalize"] if agent.clip_observations else [])]
    lines = [
        "import argparse",
        "from collections.abc import Sequence",
        "from pathlib import Path",
        "from typing import Any",
        "",
        "import flax.linen as nn",
        *(["import gymnasium as gym"] if gymnasium else []),
        *(["import jax"] if agent.changes_need_jax else []),
        "import numpy as np",
        "import optax",
        "from gymnasium import spaces",
        f"from sbx import {agent.class_name}",
        *(["from stable_baselines3.common.noise import NormalActionNoise"] if agent.action_noise else []),
        *(["from stable_baselines3.common.utils import LinearSchedule"] if _scheduled(agent) else []),
        f"from stable_baselines3.common.vec_env import {', '.join([*([vectorized] if gymnasium else []), *wrappers])}",
    ]
    return "\n".join(lines) + "\n"


def _constants(configuration: ExportedConfiguration, agent: StockAgent) -> str:
    return (
        f"NUM_ENVS = {configuration.task.num_envs}  # steps and updates are counted for so many robots\n"
        f"TOTAL_STEPS = {steps_of(configuration)}  # environment steps, over all robots\n"
        f"ACTION_LOW = {literal(agent.box.low)}  # the agent's action box, in the task's own units\n"
        f"ACTION_HIGH = {literal(agent.box.high)}\n"
        + ("" if agent.alive_bonus is None else f"ALIVE_BONUS = {agent.alive_bonus}  # in the unit of rewards\n")
    )


def _prepare(agent: StockAgent) -> str:
    env = Code("env")
    wrappers = {}
    if agent.alive_bonus is not None:  # within VecNormalize: see AliveBonus
        wrappers["a bonus for living"] = call("AliveBonus", env, Code("ALIVE_BONUS"))
    if agent.clip_observations is not None:
        options = {"norm_obs": True, "norm_reward": False, "clip_obs": agent.clip_observations}
        wrappers["normalised observations"] = call("VecNormalize", env, **options)
    lines = [*(f"env = {wrapped}" for wrapped in wrappers.values()), f"return {call('ActionBox', env, *_BOX)}"]
    return _PREPARE.format(
        what="".join(f"{name}, " for name in wrappers) + "and " * bool(wrappers) + "within its action box",
        lines="\n".join(f"    {line}" for line in lines),
    )


def _scheduled(agent: StockAgent) -> bool:
    return linear_start(agent.arguments.get("learning_rate")) is not None


def _build(agent: StockAgent) -> str:
    """Return the function that builds the agent."""
    policy = {
        "activation_fn": Code(f"nn.{agent.activation}"),
        "optimizer_class": Code(f"optax.{agent.optimizer}"),
        **agent.policy_arguments,
    }
    arguments: dict[str, Any] = dict(agent.arguments)
    if _scheduled(agent):
        start = linear_start(arguments["learning_rate"])
        arguments["learning_rate"] = Code(call("LinearSchedule", start=start, end=0.0, end_fraction=1.0))
    if agent.action_noise is not None:
        size = len(agent.box.low)
        arguments["action_noise"] = Code(f"NormalActionNoise(np.zeros({size}), np.full({size}, {agent.action_noise}))")
    changes, algorithm = agent.changed(agent.class_name)
    lines = [
        f"def build_agent(env: VecEnv, *, seed: int) -> {agent.class_name}:",
        '    """Return the untrained agent; `env` has been through `prepare`."""',
        *(f"    {change}" for change in changes),
        f"    agent = {algorithm}(",
        f"        {literal(agent.policy)},",
        "        env,",
        *(f"        {name}={literal(value)}," for name, value in arguments.items()),
        "        policy_kwargs={",
        *(f"            {literal(name)}: {literal(value)}," for name, value in policy.items()),
        "        },",
        "        seed=seed,",
        "        verbose=1,",
        "    )",
        *([] if agent.actor_std is None else [f"    set_initial_std(agent, {agent.actor_std})"]),
        "    return agent",
    ]
    return "\n".join(lines) + "\n"
