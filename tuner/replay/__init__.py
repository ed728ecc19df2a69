"""Recorded curves: what is drawn to be recorded, the files that keep it, and studies replayed on it."""

from tuner.replay._arm_summary import ArmSummary, found_seconds, ratio, summarize_arms
from tuner.replay._arms import Arm, check_arms, parse_arm, trials_waited_for
from tuner.replay._draw import Drawn, Draws, draw_configurations
from tuner.replay._recorded_run import RANDOM, RecordedRun, Recordings
from tuner.replay._recordings_file import RecordingsFile, read_recordings
from tuner.replay._replay import ArmResult, Settings, StudyResult, replay_arm, whole_seconds
from tuner.replay._replay_data import ReplayData, replay_data
from tuner.replay._stored_study import study_recordings
from tuner.replay._surrogate import Surrogate, SurrogateError

__all__ = [
    "RANDOM",
    "Arm",
    "ArmResult",
    "ArmSummary",
    "Drawn",
    "Draws",
    "RecordedRun",
    "Recordings",
    "RecordingsFile",
    "ReplayData",
    "Settings",
    "StudyResult",
    "Surrogate",
    "SurrogateError",
    "check_arms",
    "draw_configurations",
    "found_seconds",
    "parse_arm",
    "ratio",
    "read_recordings",
    "replay_arm",
    "replay_data",
    "study_recordings",
    "summarize_arms",
    "trials_waited_for",
    "whole_seconds",
]
