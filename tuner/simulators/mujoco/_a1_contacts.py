"""How long each foot of `Velocity-Flat-A1` has been on the ground or in the air."""

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.intp]

FEET = 4


class FootTimers:
    """Counts physics steps, which are exact where sums of 0.005 s are not."""

    def __init__(self, num_envs: int, step_seconds: float) -> None:
        """Start with feet that have not touched anything.

        Args:
            num_envs: robots.
            step_seconds: physics step.
        """
        self._step_seconds = step_seconds
        self._in_air: Counts = np.zeros((num_envs, FEET), dtype=np.int64)
        self._in_contact: Counts = np.zeros((num_envs, FEET), dtype=np.int64)
        self._last_in_air: Counts = np.zeros((num_envs, FEET), dtype=np.int64)
        self.first_contact: Flags = np.zeros((num_envs, FEET), dtype=np.bool_)
        """Which feet touched the ground in the last control step and are on it, shape (num_envs, 4)."""

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the arrays that carry over to the next step, by name."""
        return {
            "foot_in_air": self._in_air,
            "foot_in_contact": self._in_contact,
            "foot_last_in_air": self._last_in_air,
        }

    @property
    def air_time(self) -> Floats:
        """Seconds each foot was in the air before it last touched the ground, shape (num_envs, 4)."""
        return np.asarray(self._step_seconds * self._last_in_air, dtype=np.float64)

    def update(self, contacts: Flags) -> None:
        """Count one control step's contacts, shape (num_envs, physics steps, 4), the oldest first."""
        for contact in contacts.swapaxes(0, 1):
            landed = contact & (self._in_air > 0)
            self._in_air += 1
            # The step of the touch-down counts as air, as Isaac Lab's contact sensor counts it.
            np.copyto(self._last_in_air, self._in_air, where=landed)
            self._in_air *= ~contact
            self._in_contact += 1
            self._in_contact *= contact
        self.first_contact = (self._in_contact > 0) & (self._in_contact <= contacts.shape[1])

    def reset(self, ids: Ids) -> None:
        """Reset the timers of these robots."""
        self._in_air[ids] = 0
        self._in_contact[ids] = 0
        self._last_in_air[ids] = 0
