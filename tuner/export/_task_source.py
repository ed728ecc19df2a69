"""The Python source that opens a configuration's task."""

from collections.abc import Mapping
from pathlib import Path

from tuner.config import TaskConfig, parse_options
from tuner.export._configuration import ExportedConfiguration
from tuner.export._python_source import Code, call, literal

_GYMNASIUM = '''\
def make_robot() -> gym.Env:
    """Return one robot."""
{lines}


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


def task_source(configuration: ExportedConfiguration) -> str:
    """Return the source of `make_env`, with what it needs before it.

    Raises:
        UserError: if the options of a Gymnasium task are wrong.
    """
    task = configuration.task
    if task.simulator != "gymnasium":
        facts = {"id": task.id, "simulator": task.simulator, "num_envs": Code("num_envs"), "options": task.options}
        return _ANOTHER.format(task=call("TaskConfig", **facts), threads=configuration.threads)
    subprocess = task.options.get("vectorization") == "subprocess"
    lines = _robot_lines(task, configuration.provenance.flattened)
    return _GYMNASIUM.format(
        lines="\n".join(f"    {line}".rstrip() for line in lines),
        vectorized="SubprocVecEnv" if subprocess else "DummyVecEnv",
    )


def module_name(reference: str) -> str:
    """Return a module's own name, which may be given with its folder (`/home/me/mypkg.envs`) or as a file."""
    return Path(reference).stem if reference.endswith(".py") else reference.rpartition("/")[2]


def _robot_lines(task: TaskConfig, flattened: Mapping[str, str]) -> list[str]:
    """Return the body of the function that makes a robot."""
    from tuner.simulators.gymnasium import GymnasiumOptions

    options = parse_options(GymnasiumOptions, task.options, "task.options")
    imports = _import_lines(options.import_, [wrapper.module for wrapper in options.env_wrapper])
    made = call("gym.make", task.id, **options.kwargs())
    if not options.env_wrapper and not flattened:
        return [*imports, f"return {made}"]
    lines = [*imports, f"env = {made}"]
    for wrapper in options.env_wrapper:
        lines.append(f"env = {call(_object(wrapper.module, wrapper.name), Code('env'), **wrapper.kwargs)}")
    if "observations" in flattened:
        lines += [f"# from {flattened['observations']}", "env = gym.wrappers.FlattenObservation(env)"]
    if "actions" in flattened:
        lines += [
            f"own = env.action_space  # {flattened['actions']}",
            "flat = gym.spaces.flatten_space(own)",
            "env = gym.wrappers.TransformAction(env, lambda action: gym.spaces.unflatten(own, action), flat)",
        ]
    return [*lines, "return env"]


def _import_lines(registering: str | None, wrapping: list[str]) -> list[str]:
    """Return the lines that import what registers the environment, and its wrappers."""
    modules = [*([] if registering is None else [registering]), *wrapping]
    files = [module for module in modules if module.endswith(".py")]
    named = dict.fromkeys(module for module in modules if not module.endswith(".py"))
    folders = dict.fromkeys(module.rpartition("/")[0] for module in named if "/" in module)
    lines = [*(["import runpy"] if files else []), *(["import sys"] if folders else [])]
    lines += ["", *(f"sys.path.insert(0, {literal(folder)})" for folder in folders)] if folders else []
    lines += [f"import {module_name(module)}" for module in named]
    if registering is not None and registering.endswith(".py"):  # wrappers' files run where they are applied
        lines += ["", f"runpy.run_path({literal(registering)})  # registers the environment"]
    return [*lines, ""] if named else lines


def _object(module: str, name: str) -> str:
    """Return the expression for something in a module or a file."""
    if module.endswith(".py"):
        return f"runpy.run_path({literal(module)})[{literal(name)}]"
    return f"{module_name(module)}.{name}"
