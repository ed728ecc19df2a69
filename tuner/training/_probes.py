"""Which robots act deterministically all the time, so that they show what the policy has learned."""

import numpy as np
import numpy.typing as npt

_ONE_IN = 16
_AT_LEAST = 4
_AT_MOST_ONE_IN = 4


def probe_robots(num_envs: int, *, off_policy: bool) -> npt.NDArray[np.intp]:
    """Return the indices of the probes, evenly spread over the robots, shape (n,).

    One robot in sixteen; at least four, because an interval from fewer says little, but never more than one in four,
    because the others must explore: 16 of 256 robots, 4 of 16 to 64, 1 of 4, none of 3. On-policy algorithms have none:
    they may only learn from what they sampled themselves.
    """
    if not off_policy:
        return np.zeros(0, dtype=np.intp)
    count = max(num_envs // _ONE_IN, min(_AT_LEAST, num_envs // _AT_MOST_ONE_IN))
    return (np.arange(count) * num_envs // max(count, 1)).astype(np.intp)
