"""Run one trial: clock, return monitor, evaluation.

Importing this package stays light: `run_trial` and what it needs (JAX, Stable-Baselines3) are imported when asked for.
"""

from typing import TYPE_CHECKING, Any

from tuner.training._channel import Channel, Phase, SilentChannel, StopRequest

if TYPE_CHECKING:
    from tuner.training._run import run_trial

__all__ = ["Channel", "Phase", "SilentChannel", "StopRequest", "run_trial"]


def __getattr__(name: str) -> Any:
    if name == "run_trial":
        from tuner.training._run import run_trial

        return run_trial
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
