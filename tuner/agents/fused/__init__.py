"""The fused learner: SAC and TQC of SBX with replay, normalisation and updates in one compiled program."""

from tuner.agents.fused._agents import FUSED_CLASSES, FusedAgent
from tuner.agents.fused._compile_ahead import compile_ahead
from tuner.agents.fused._learner import FusedLearner
from tuner.agents.fused._networks import Precision
from tuner.agents.fused._replay_buffer import DeviceReplayBuffer, bytes_needed, capacity_of
from tuner.agents.fused._saved_form import SAVED_BOX_FACTOR, divided_gaussian

__all__ = [
    "FUSED_CLASSES",
    "SAVED_BOX_FACTOR",
    "DeviceReplayBuffer",
    "FusedAgent",
    "FusedLearner",
    "Precision",
    "bytes_needed",
    "capacity_of",
    "compile_ahead",
    "divided_gaussian",
]
