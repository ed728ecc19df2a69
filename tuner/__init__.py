"""Tune reinforcement learning for wall-clock time to return on massively parallel simulators."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("sac-tuner")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
