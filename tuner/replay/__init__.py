"""Recorded curves: what is drawn to be recorded, and the files that keep it."""

from tuner.replay._draw import RANDOM, Drawn, Draws, draw_configurations
from tuner.replay._recorded_run import RecordedRun, Recordings
from tuner.replay._recordings_file import RecordingsFile, read_recordings

__all__ = [
    "RANDOM",
    "Drawn",
    "Draws",
    "RecordedRun",
    "Recordings",
    "RecordingsFile",
    "draw_configurations",
    "read_recordings",
]
