"""Save an agent so that plain SBX loads it, with its observation normalisation beside it as plain numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.base_class import BaseAlgorithm

from tuner.resources import write_whole

_POLICY_FILE = "policy.zip"
_NORMALIZATION_FILE = "normalization.npz"


@dataclass(frozen=True)
class Normalization:
    """How observations become a policy's input: (observation − mean) / √(var + epsilon), clipped to ± clip."""

    mean: npt.NDArray[np.float64]
    """Shape (observation_dim,)."""
    var: npt.NDArray[np.float64]
    """Shape (observation_dim,)."""
    count: float
    """The number of observations behind mean and variance."""
    clip: float
    epsilon: float

    def apply(self, observations: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return normalised observations, shape (…, observation_dim)."""
        scaled = (observations - self.mean) / np.sqrt(self.var + self.epsilon)
        return np.clip(scaled, -self.clip, self.clip).astype(np.float32)


def save_agent(agent: BaseAlgorithm, directory: Path) -> None:
    """Write `policy.zip` and, if observations are normalised, `normalization.npz` into a folder.

    `policy.zip` loads with the SBX class alone, such as `sbx.SAC.load`; the replay buffer is not part of it. Each file
    appears complete or not at all.

    Args:
        agent: the agent.
        directory: the folder; made if it does not exist. Older files of these names are replaced.
    """
    directory.mkdir(parents=True, exist_ok=True)
    write_whole(directory / _POLICY_FILE, agent.save)  # type: ignore[arg-type]
    normalize: Any = agent.get_vec_normalize_env()
    path = directory / _NORMALIZATION_FILE
    if normalize is None:
        path.unlink(missing_ok=True)
        return
    statistics = normalize.obs_rms
    numbers = {
        "mean": statistics.mean,
        "var": statistics.var,
        "count": statistics.count,
        "clip": normalize.clip_obs,
        "epsilon": normalize.epsilon,
    }
    write_whole(path, lambda file: np.savez(file, **numbers))


def load_normalization(directory: Path) -> Normalization | None:
    """Return the normalisation saved in a folder, or None if the agent there takes observations as they are.

    Raises:
        FileNotFoundError: if no agent is saved in the folder.
    """
    if not (directory / _POLICY_FILE).is_file():
        raise FileNotFoundError(f"no agent is saved in {directory}")
    path = directory / _NORMALIZATION_FILE
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as numbers:
        return Normalization(
            mean=numbers["mean"],
            var=numbers["var"],
            count=float(numbers["count"]),
            clip=float(numbers["clip"]),
            epsilon=float(numbers["epsilon"]),
        )
