"""Let a policy act on its task, and record every action."""

import numpy as np
import numpy.typing as npt

from tuner.actions._recording import Recording
from tuner.config import ActionBox
from tuner.errors import UserError
from tuner.policies import Floats, GaussianActor, Policy
from tuner.simulators import TaskEnv, bound_actions


def record_actions(policy: Policy, env: TaskEnv, *, steps: int, seed: int, deterministic: bool = False) -> Recording:
    """Return the actions of the policy in `steps` control steps of all robots.

    Robots start at different ages, as in training, so that a recording shorter than an episode shows all parts of one.
    Noise that the agent holds for several steps in training is held here too.

    Args:
        policy: the policy.
        env: its task, opened by the caller; it is seeded and reset.
        steps: control steps.
        seed: seeds the simulation and the noise.
        deterministic: take the mean instead of a sample.

    Raises:
        UserError: if the policy, or its action box, does not fit the task.
    """
    box = policy.box_in(env)
    shape = policy.agent.observation_space.shape
    if shape != env.observation_space.shape:
        raise UserError(f"The policy takes observations of shape {shape}, but the task's are {env.observation_space}.")
    squashed = policy.config.algorithm != "ppo" and policy.config.squash
    own = np.asarray([box.low, box.high], np.float32)
    ends = own if policy.config.squash else np.asarray([env.action_space.low, env.action_space.high], np.float32)
    low, high = ends if np.isfinite(ends).all() else own  # without squashing the policy's box is a unit, not a bound
    actor = GaussianActor(policy.agent, seed=seed)
    samples = np.empty((3, steps, env.num_envs, len(box.low)), dtype=np.float32)
    bounded = bound_actions(env, policy.config.model_copy(update={"action_box": box, "action_bound_fraction": None}))
    env.spread_ages = True
    env.seed(seed)
    observations: npt.NDArray[np.float32] = bounded.reset()  # type: ignore[assignment]
    for step in range(steps):
        mean, drawn = actor.draw(policy.normalize(observations))
        if not policy.config.squash:  # plain SBX would squash it, in a box so wide that tanh does nothing
            mean, drawn = (policy.agent.policy.unscale_action(each) for each in (mean, drawn))
        raw = mean if deterministic else drawn
        actions = squash(raw, box) if squashed else np.clip(raw, *ends)
        samples[:, step] = raw, mean, actions
        observations, _, _, _ = bounded.step(actions)  # type: ignore[assignment]
    if not np.isfinite(samples).all():
        raise UserError("The policy's actions were not all finite numbers. Take a trial that did not diverge.")
    return Recording(
        task=policy.task,
        policy=policy.kind,
        algorithm=policy.config.algorithm,
        squashed=squashed,
        deterministic=deterministic or policy.config.algorithm == "td3",
        agent_low=low,
        agent_high=high,
        task_low=env.action_space.low.astype(np.float32),
        task_high=env.action_space.high.astype(np.float32),
        raw=samples[0],
        mean=samples[1],
        commanded=samples[2],
        joints=env.joint_targets,
    )


def squash(raw: Floats, box: ActionBox) -> Floats:
    """Return network outputs squashed by tanh into a box, as SBX does it; the shape stays the same."""
    low, high = np.asarray(box.low, np.float32), np.asarray(box.high, np.float32)
    return np.asarray(low + 0.5 * (np.tanh(raw) + 1.0) * (high - low), dtype=np.float32)
