"""Film a policy on its task."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tuner.policies import Policy
from tuner.policies._acting_policy import ActingPolicy, bounded
from tuner.policies._video import Frame, write_video
from tuner.simulators import TaskEnv

FRAMES_PER_SECOND = 30.0
"""At most: every n-th control step is a frame, so that the video runs at the speed of the robot."""


def film_policy(
    policy: Policy,
    env: TaskEnv,
    path: Path,
    *,
    seed: int,
    deterministic: bool = True,
    steps: int | None = None,
    width: int = 640,
    height: int = 480,
    progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Film the first robot and write an MP4 file; a robot that fails starts another episode.

    Args:
        policy: the policy.
        env: its task, opened by the caller; it is seeded and reset. One robot is enough.
        path: the file, whose name ends in .mp4. It is written whole or not at all, and replaces an existing one.
        seed: seeds the simulation and exploration.
        deterministic: False lets the policy explore as it does in training.
        steps: control steps; None for as many as the longest episode has.
        width: of the video, px, even.
        height: of the video, px, even.
        progress: called with the share that is done, from 0 to 1.

    Raises:
        UserError: if the policy does not fit the task, or the task cannot be filmed on this machine.
        TunerError: if the file could not be written.
    """
    count = env.max_episode_steps if steps is None else steps
    period = env.control_period_seconds
    stride = max(1, round(1 / (FRAMES_PER_SECOND * period))) if period > 0 else 1
    rate = 1 / (stride * period) if period > 0 else FRAMES_PER_SECOND

    def frames() -> Iterator[Frame]:
        stack = bounded(env, env, policy)
        act = ActingPolicy(policy, env, seed=seed, deterministic=deterministic)
        env.spread_ages = False
        env.seed(seed)
        observations: Any = stack.reset()
        with env.open_camera(width=width, height=height) as camera:
            for step in range(count):
                if step % stride == 0:
                    yield camera.picture()
                observations, _, _, _ = stack.step(act(observations))
                progress((step + 1) / count)

    write_video(path, frames(), frames_per_second=rate)
