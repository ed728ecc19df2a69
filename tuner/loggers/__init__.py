"""Write the curves of trials to TensorBoard, to Weights & Biases and to CSV files while they train.

The x-axis is the training clock, so that trials of different speeds compare by their seconds.
"""

from tuner.loggers._study_logger import StudyLogger
from tuner.loggers._writers import RunWriter, check_loggers

__all__ = ["RunWriter", "StudyLogger", "check_loggers"]
