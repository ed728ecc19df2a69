"""Statistics of a recording, for each action dimension."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tuner.actions._recording import Recording
from tuner.records import SATURATED

SHOWN_PERCENTILES = (0.5, 2.5, 97.5, 99.5)


@dataclass(frozen=True)
class DimensionStatistics:
    """What the task got in one dimension, in its own units, over all steps of all robots."""

    name: str
    mean: float
    std: float
    minimum: float
    maximum: float
    percentiles: dict[float, float]
    box: tuple[float, float]
    """The agent's box."""
    clipped: float | None
    """Share of the network's outputs outside the agent's box; None if they are squashed into it."""
    saturated: float
    """Share of actions in the outermost hundredth of the agent's box, on either side."""
    beyond_limits: float | None
    """Share of joint targets beyond the joint's range; None if actions are not joint targets. Not an error by itself:
    targets out of reach make a position controller push with a certain torque."""


@dataclass(frozen=True)
class ActionStatistics:
    """Statistics of one policy's actions."""

    samples: int
    """Number of actions, of all robots together."""
    dimensions: tuple[DimensionStatistics, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as a JSON-safe dictionary."""
        return asdict(self)


def action_statistics(recording: Recording) -> ActionStatistics:
    """Return the statistics of a recording."""
    samples = recording.samples
    raw = recording.raw.reshape(samples.shape)
    low, high = recording.agent_low.astype(np.float64), recording.agent_high.astype(np.float64)
    clipped = None if recording.squashed else ((raw < recording.agent_low) | (raw > recording.agent_high)).mean(axis=0)
    # Measured after squashing or clipping, so that both kinds of actions are treated the same.
    saturated = (np.abs(samples - (low + high) / 2) >= SATURATED * (high - low) / 2).mean(axis=0)
    beyond = _beyond_limits(recording)
    percentiles = np.percentile(samples, SHOWN_PERCENTILES, axis=0)
    dimensions = tuple(
        DimensionStatistics(
            name=name,
            mean=float(samples[:, index].mean()),
            std=float(samples[:, index].std()),
            minimum=float(samples[:, index].min()),
            maximum=float(samples[:, index].max()),
            percentiles={p: float(percentiles[row, index]) for row, p in enumerate(SHOWN_PERCENTILES)},
            box=(float(low[index]), float(high[index])),
            clipped=None if clipped is None else float(clipped[index]),
            saturated=float(saturated[index]),
            beyond_limits=None if beyond is None else float(beyond[index]),
        )
        for index, name in enumerate(recording.dimension_names)
    )
    return ActionStatistics(samples=len(samples), dimensions=dimensions)


def _beyond_limits(recording: Recording) -> npt.NDArray[np.float64] | None:
    joints = recording.joints
    if joints is None:
        return None
    targets = np.asarray(joints.default) + np.asarray(joints.scale) * recording.samples
    outside = (targets < np.asarray(joints.lower)) | (targets > np.asarray(joints.upper))
    return np.asarray(outside.mean(axis=0), dtype=np.float64)
