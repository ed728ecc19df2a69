"""A look at one robot before all are made, so that a mistake is explained once and not by every process."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from tuner.errors import TunerError, UserError, nearest
from tuner.simulators.gymnasium._metrics import measured, named_metrics
from tuner.simulators.gymnasium._robot import Robot
from tuner.simulators.gymnasium._wrappers import flat, is_flat, refused_actions
from tuner.tracebacks import described, users_details, with_users_line

_API = (
    "In Gymnasium reset(seed=…, options=…) returns (observation, info), and step(action) returns (observation, reward, "
    "terminated, truncated, info)."
)


@dataclass(frozen=True)
class RobotFacts:
    """What is known of a robot once one has been made."""

    max_episode_steps: int
    control_period_seconds: float
    """Simulated seconds per step: the environment's `dt`, or one frame as `render_fps` says, or NaN."""
    flattened: dict[str, str]
    """The spaces that were made flat, as they were, by `observations` and `actions`."""
    metrics: tuple[str, ...]
    """Keys of `info` that the environment, or a wrapper of it, names as its metrics."""


def look_at(robot: Robot, listed: Iterable[str]) -> RobotFacts:
    """Make one robot, step it once, and return what is known of it.

    Args:
        robot: how to make it.
        listed: tasks that come with Gymnasium, for the message about one that does not exist.

    Raises:
        UserError: if it cannot be made, reset or stepped, its actions are not a Box of real numbers, its observations
            cannot be made flat or are not what it declares, its metrics are not numbers, or it has no time limit.
    """
    robot.register()
    registered = _spec(robot.env_id, listed)
    env = _made(robot, registered)
    try:
        _check_spaces(robot.description, env)
        limits = (robot.options.max_episode_steps or registered.max_episode_steps, _limit(env))
        known = [limit for limit in limits if limit is not None]
        if not known:
            raise UserError(
                f"'{robot.env_id}' has no time limit. Give one, such as options: {{max_episode_steps: 1000}}."
            )
        named = {"observations": env.observation_space, "actions": env.action_space}
        flattened = {name: str(space) for name, space in named.items() if not is_flat(space)}
        metrics = named_metrics(robot.description, env)
        _try_out(robot.description, flat(env), metrics)
        return RobotFacts(min(known), _period_seconds(env), flattened, metrics)
    finally:
        with suppress(Exception):  # it would hide what is wrong, or refuse a robot that can be trained
            env.close()


def _spec(env_id: str, listed: Iterable[str]) -> Any:
    try:
        return gym.spec(env_id)
    except gym.error.Error as error:
        guess = nearest(env_id, gym.registry)
        hint = f" Did you mean '{guess}'?" if guess else ""
        raise UserError(
            f"Unknown task '{env_id}': Gymnasium has no such environment.{hint} It comes with {', '.join(listed)}; "
            "your own are registered by a module named in options: {import: my_module}."
        ) from error


def _made(robot: Robot, registered: Any) -> gym.Env[Any, Any]:
    try:
        return robot.wrapped()
    except TunerError:
        raise
    except ModuleNotFoundError as error:
        raise UserError(f"{robot.description} needs the module '{error.name}': {_advice(error, registered)}") from error
    except (Exception, SystemExit) as error:
        given = " Its arguments are those in options: {env_kwargs: {…}}." if isinstance(error, TypeError) else ""
        message = f"{robot.description} cannot be created: {described(error).rstrip('.')}.{given}"
        raise UserError(with_users_line(message, error)) from error


def _advice(error: ModuleNotFoundError, registered: Any) -> str:
    if str(registered.entry_point).startswith("gymnasium."):
        return f"pip install {error.name}"
    return (
        "Python cannot find it. If it is your own, put it beside the module that registers the environment, and name "
        "that one in options: {import: ./path/to/my_module}. If not, install the package that has it."
    )


def _check_spaces(name: str, env: gym.Env[Any, Any]) -> None:
    for attribute in ("action_space", "observation_space"):
        found = getattr(env, attribute, None)
        if not isinstance(found, spaces.Space):
            what = "no space" if found is None else f"a {type(found).__module__}.{type(found).__name__}"
            raise UserError(
                f"{name} has {what} as {attribute}, which must be a space of gymnasium.spaces. Set self.{attribute} in "
                "its __init__, such as Box(-1.0, 1.0, (6,))."
            )
    refused = refused_actions(env.action_space)
    if refused is not None:
        raise UserError(
            f"{name} has {refused}. The agents here need a Box of real numbers, such as Box(-1.0, 1.0, (6,), float32): "
            "take a task with continuous actions, such as Pendulum-v1, or turn them into one with env_wrapper."
        )
    if not isinstance(_flattened(env.observation_space), spaces.Box):
        raise UserError(
            f"{name} has observations in {env.observation_space}, which Gymnasium cannot flatten to a Box. Turn them "
            "into one with env_wrapper."
        )


def _flattened(space: spaces.Space[Any]) -> spaces.Space[Any] | None:
    try:
        return spaces.flatten_space(space)
    except NotImplementedError:
        return None


def _limit(env: gym.Env[Any, Any]) -> int | None:
    """Return the time limit that the environment's wrappers impose, as far as they say so."""
    return env.spec.max_episode_steps if env.spec is not None else None


def _try_out(name: str, env: gym.Env[Any, Any], metrics: tuple[str, ...]) -> None:
    """Reset the robot and let it make one step, with the action nearest to zero."""
    low, high = env.action_space.low, env.action_space.high  # type: ignore[attr-defined]
    action = np.clip(np.zeros_like(low), low, high)
    try:
        first, _ = _pair(name, env.reset(seed=0))
        second, reward, *_, info = env.step(action)
        measured(metrics, [info])
        seen = {"after a reset": np.asarray(first, np.float64), "after a step": np.asarray(second, np.float64)}
    except TunerError:
        raise
    except (Exception, SystemExit) as error:
        hint = "" if users_details(error) else f". {_API}"  # nothing in it failed: what it gave does not fit
        message = f"{name} cannot be reset and stepped: {described(error)}{hint}"
        raise UserError(with_users_line(message, error)) from error
    for when, observation in seen.items():
        _check_observation(name, env, observation, when)
    _check_reward(name, reward)


def _pair(name: str, returned: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return what a reset returned, which was the observation alone before Gymnasium."""
    if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], Mapping):
        return returned
    raise UserError(f"{name} does not return an observation and a dictionary from its reset. {_API}")


def _check_observation(name: str, env: gym.Env[Any, Any], observation: Any, when: str) -> None:
    if observation.shape != env.observation_space.shape:
        raise UserError(
            f"{name} gives observations of shape {observation.shape} {when}, but declares them as "
            f"{env.observation_space}. Mend the environment, or declare what it gives."
        )
    if not np.isfinite(observation).all():
        raise UserError(f"{name} gives observations that are NaN or infinite {when}. Mend the environment.")


def _check_reward(name: str, reward: Any) -> None:
    number = np.asarray(reward)
    if number.shape != () or not (np.issubdtype(number.dtype, np.number) or number.dtype == bool):
        raise UserError(
            f"{name} gives a reward of {reward!r} for its first step, but a reward is one number. Return float(reward)."
        )
    if not np.isfinite(number):
        raise UserError(f"{name} gives a reward of {reward} for its first step. Mend the environment.")


def _period_seconds(env: gym.Env[Any, Any]) -> float:
    step = getattr(env.unwrapped, "dt", None)
    if isinstance(step, int | float) and step > 0:
        return float(step)
    frames = env.metadata.get("render_fps")
    return 1.0 / frames if isinstance(frames, int | float) and frames > 0 else float("nan")
