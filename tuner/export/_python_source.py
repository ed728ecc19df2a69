"""Plain values as Python source."""

import json
from typing import Any

from tuner.config import TaskConfig, parse_options

_GYMNASIUM = '''\
def make_robot() -> gym.Env:
    """Return one robot."""
{imports}    return {made}


def make_env(num_envs: int) -> VecEnv:
    """Return the task for so many robots."""
    return {vectorized}([make_robot] * num_envs)
'''

_ANOTHER = '''\
# ======================================================================================================================
# FILL THIS IN: where the task comes from. Everything else in this file stays as it is.
# ======================================================================================================================
def make_env(num_envs: int) -> VecEnv:
    """Return the task for so many robots, as a Stable-Baselines3 VecEnv.

    Actions arrive in the task's own units, within ACTION_LOW and ACTION_HIGH, whatever box it declares. Its infos need
    the true last observation as `terminal_observation`, and `TimeLimit.truncated` where an episode ended by time.

    Until you fill it in, it takes the task that the study was run on from tuner, if that is installed.
    """
    try:
        from tuner.config import TaskConfig
        from tuner.simulators import open_task
    except ImportError:
        raise SystemExit("Fill in make_env() in this file: it has to return your task.") from None
    task = {task}
    return open_task(task, seed=0, threads={threads})
'''


def task_source(task: TaskConfig, threads: int) -> str:
    """Return the source of `make_env`, with what it needs before it.

    Args:
        task: the study's task.
        threads: CPU threads that its simulator had.

    Raises:
        UserError: if the options of a Gymnasium task are wrong.
    """
    if task.simulator != "gymnasium":
        facts = {"id": task.id, "simulator": task.simulator, "num_envs": Code("num_envs"), "options": task.options}
        return _ANOTHER.format(task=call("TaskConfig", **facts), threads=threads)
    from tuner.simulators.gymnasium import GymnasiumOptions

    options = parse_options(GymnasiumOptions, task.options, "task.options")
    named: dict[str, object] = options.kwargs()
    if options.max_episode_steps is not None:
        named["max_episode_steps"] = options.max_episode_steps
    return _GYMNASIUM.format(
        imports=_imports(options.import_),
        made=call("gym.make", task.id, **named),
        vectorized="SubprocVecEnv" if options.vectorization == "subprocess" else "DummyVecEnv",
    )


def _imports(registering: str | None) -> str:
    """Return the lines that import what registers the environment."""
    if registering is None:
        return ""
    if registering.endswith(".py"):
        return f"    import runpy\n\n    runpy.run_path({literal(registering)})  # registers the environment\n"
    return f"    import {registering}  # registers the environment\n\n"


class Code(str):
    """Source code among plain values."""

    __slots__ = ()


def literal(value: Any) -> str:
    """Return the source of a plain value (None, booleans, numbers, texts, lists, mappings of texts) or of `Code`."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # in double quotes; the escapes that are left are Python's too
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(inner) for inner in value) + "]"
    return repr(value)


def call(function: str, *arguments: Any, **keywords: Any) -> str:
    """Return the source of a call with plain values; keywords that are not identifiers are passed as a mapping."""
    named = [f"{name}={literal(value)}" for name, value in keywords.items() if name.isidentifier()]
    others = {name: value for name, value in keywords.items() if not name.isidentifier()}
    mapped = [f"**{literal(others)}"] if others else []
    return f"{function}({', '.join([*map(literal, arguments), *named, *mapped])})"
