"""Run one trial: clock, return monitor, evaluation; and read back what it left.

This package is light to import: `run_trial`, and all else that needs JAX or Stable-Baselines3, is imported when it is
first used.
"""

from typing import TYPE_CHECKING

from tuner.optional import lazy_attributes
from tuner.training._channel import Channel, Phase, SilentChannel, StopRequest
from tuner.training._read_folder import RunFolder, check_joints, check_policy, check_start, read_folder

if TYPE_CHECKING:
    from tuner.training._assembly import TrialParts, assemble
    from tuner.training._calibration import calibrate, describe_device
    from tuner.training._goals import Goals
    from tuner.training._meter import Meter, NonFiniteError
    from tuner.training._progress import Counters
    from tuner.training._return_monitor import ReturnEstimate, ReturnMonitor, window_steps
    from tuner.training._run import run_trial
    from tuner.training._whole_episodes import WholeEpisodes, run_whole_episodes
    from tuner.training._write_folder import TrialFiles

__all__ = [
    "Channel",
    "Counters",
    "Goals",
    "Meter",
    "NonFiniteError",
    "Phase",
    "ReturnEstimate",
    "ReturnMonitor",
    "RunFolder",
    "SilentChannel",
    "StopRequest",
    "TrialFiles",
    "TrialParts",
    "WholeEpisodes",
    "assemble",
    "calibrate",
    "check_joints",
    "check_policy",
    "check_start",
    "describe_device",
    "read_folder",
    "run_trial",
    "run_whole_episodes",
    "window_steps",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "Counters": "_progress",
        "Goals": "_goals",
        "Meter": "_meter",
        "NonFiniteError": "_meter",
        "ReturnEstimate": "_return_monitor",
        "ReturnMonitor": "_return_monitor",
        "TrialFiles": "_write_folder",
        "TrialParts": "_assembly",
        "WholeEpisodes": "_whole_episodes",
        "assemble": "_assembly",
        "calibrate": "_calibration",
        "describe_device": "_calibration",
        "run_trial": "_run",
        "run_whole_episodes": "_whole_episodes",
        "window_steps": "_return_monitor",
    },
)
