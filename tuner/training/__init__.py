"""Run one trial: clock, return monitor, evaluation."""

from tuner.training._channel import Channel, Phase, SilentChannel, StopRequest

__all__ = ["Channel", "Phase", "SilentChannel", "StopRequest"]
