"""Put the parts of a trial together: the wrappers, the agent, and what watches it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.base_class import BaseAlgorithm

from tuner.agents import build_agent, normalize_observations, usable_precision
from tuner.clock import Ledger
from tuner.config import AgentConfig, TrialSpec
from tuner.errors import UserError
from tuner.simulators import TaskEnv, bound_actions
from tuner.training._callback import TrialCallback
from tuner.training._channel import Channel
from tuner.training._evaluation import Evaluator
from tuner.training._joint_order import in_task_order
from tuner.training._meter import Meter
from tuner.training._progress import Progress
from tuner.training._read_folder import check_joints, read_folder
from tuner.training._write_folder import TrialFiles

_ONE_IN = 10
_AT_LEAST = 32
_AT_MOST_ONE_IN = 2


def probe_robots(num_envs: int, *, off_policy: bool) -> npt.NDArray[np.intp]:
    """Return the indices of the probes, evenly spread over the robots, shape (n,).

    One robot in ten; at least 32, because an interval from fewer says little, but never more than one in two, because
    the others must explore: 102 of 1,024 robots, 32 of 64 to 329, 8 of 16, none of 1. On-policy algorithms have none:
    they may only learn from what they sampled themselves.
    """
    if not off_policy:
        return np.zeros(0, dtype=np.intp)
    count = max(num_envs // _ONE_IN, min(_AT_LEAST, num_envs // _AT_MOST_ONE_IN))
    return (np.arange(count) * num_envs // max(count, 1)).astype(np.intp)


@dataclass(frozen=True)
class TrialParts:
    """A trial ready to train: `agent.learn(…, callback)`."""

    config: AgentConfig
    """The agent's configuration with its action box as absolute numbers, in a precision that the device has."""
    agent: BaseAlgorithm
    callback: TrialCallback
    evaluator: Evaluator
    meter: Meter


def assemble(
    spec: TrialSpec,
    env: TaskEnv,
    channel: Channel,
    ledger: Ledger,
    files: TrialFiles,
    *,
    probes: npt.NDArray[np.intp] | None = None,
) -> TrialParts:
    """Seed the task and build everything around it.

    From the inside out: the task, the meter, observation normalisation, the agent's action box.

    Args:
        spec: the trial.
        env: its task.
        channel: gets what the trial says.
        ledger: gets its seconds.
        files: gets its curve.
        probes: robots that act deterministically, shape (n,); None for those of `probe_robots`.

    Raises:
        UserError: if the agent cannot be built for this task, or cannot start from the given run.
    """
    box = env.action_space
    ordered = in_task_order(spec.agent, spec.joints, env)
    config = usable_precision(
        ordered.resolved(box.low.tolist(), box.high.tolist(), env.joint_targets), say=channel.notice
    )
    if config.action_box is None:
        raise UserError("The agent's action box could not be resolved to absolute numbers.")
    if spec.start_from is not None:  # it uses the whole box from the first step
        config = config.model_copy(update={"action_box_schedule": None})
    env.seed(spec.seed)
    env.spread_ages = True
    meter = Meter(env, ledger)
    stack = bound_actions(normalize_observations(meter, config), config)
    if probes is None:
        probes = probe_robots(env.num_envs, off_policy=config.off_policy)
    start_from = None if spec.start_from is None else Path(spec.start_from)
    if start_from is not None:
        check_joints(read_folder(start_from).joints, env)
    agent = build_agent(
        config,
        stack,
        seed=spec.seed,
        ledger=ledger,
        probes=probes,
        start_from=start_from,
        budget_seconds=spec.budget_seconds,
    )
    evaluator = Evaluator(agent, stack, env, meter, channel)
    callback = TrialCallback(
        Progress(spec, env.max_episode_steps, probes),
        evaluator,
        meter,
        ledger=ledger,
        channel=channel,
        files=files,
        budget_seconds=spec.budget_seconds,
        stop_at_target=spec.stop_at_target,
        save_seconds=spec.save_seconds,
    )
    return TrialParts(config, agent, callback, evaluator, meter)
