"""Film a policy on its task."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tuner.policies import Policy
from tuner.policies._acting_policy import ActingPolicy, bounded
from tuner.policies._video import Frame, video_format, write_video
from tuner.simulators import TaskEnv


def film_policy(
    policy: Policy,
    env: TaskEnv,
    path: Path,
    *,
    seed: int,
    deterministic: bool = True,
    seconds: float | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Film the first robot; a robot whose episode ends starts another.

    The file's ending, .mp4 or .gif, decides on the format. Every n-th control step is a frame, so that the video runs
    at the speed of the robot.

    Args:
        policy: the policy.
        env: its task, opened by the caller; it is seeded and reset. One robot is enough.
        path: the file. It is written whole or not at all, and replaces an existing one.
        seed: seeds the simulation and exploration.
        deterministic: False lets the policy explore as it does in training.
        seconds: simulated time; None for as long as the longest episode.
        progress: called with the share that is done, from 0 to 1.

    Raises:
        UserError: if the policy does not fit the task, the task cannot be filmed on this machine, or the file has
            another ending.
        TunerError: if the file could not be written.
    """
    wanted = video_format(path)
    period = env.control_period_seconds
    period = period if period > 0 else 1 / wanted.frames_per_second  # unknown: a frame for each step
    stride = max(1, round(1 / (wanted.frames_per_second * period)))
    count = env.max_episode_steps if seconds is None else max(1, round(seconds / period))

    def frames() -> Iterator[Frame]:
        stack = bounded(env, env, policy)
        act = ActingPolicy(policy, env, seed=seed, deterministic=deterministic)
        env.spread_ages = False
        env.seed(seed)
        observations: Any = stack.reset()
        with env.open_camera(width=wanted.width, height=wanted.height) as camera:
            for step in range(count):
                if step % stride == 0:
                    yield camera.picture()
                observations, _, _, _ = stack.step(act(observations))
                progress((step + 1) / count)

    write_video(path, frames(), frames_per_second=1 / (stride * period))
