"""The results of a study as data: tables of trials and curves, and a report. Nothing is printed or drawn here."""

from tuner.analysis._curves import curves_data
from tuner.analysis._failures import Failure, failures_of
from tuner.analysis._repricing import Repriced, Repricing, reprice
from tuner.analysis._restricted_means import Estimated, mean_time, ratio_of_means, restricted
from tuner.analysis._study_report import (
    BestConfiguration,
    DeviceReport,
    ShadowReport,
    StudyReport,
    agent_rows,
    device_lines,
    summary_data,
)
from tuner.analysis._task_metrics import TaskMetrics, task_metrics
from tuner.analysis._trials import milestone_columns, trials_data
from tuner.analysis._unmeasured import unmeasured_text

__all__ = [
    "BestConfiguration",
    "DeviceReport",
    "Estimated",
    "Failure",
    "Repriced",
    "Repricing",
    "ShadowReport",
    "StudyReport",
    "TaskMetrics",
    "agent_rows",
    "curves_data",
    "device_lines",
    "failures_of",
    "mean_time",
    "milestone_columns",
    "ratio_of_means",
    "reprice",
    "restricted",
    "summary_data",
    "task_metrics",
    "trials_data",
    "unmeasured_text",
]
