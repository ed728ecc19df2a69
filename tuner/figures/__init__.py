"""The figures of the story: each as data first, then drawn from that data with Plotly, then written as HTML or PNG.

Importing this package loads Plotly and pandas; commands import it when they run.
"""

from tuner.figures._actions import actions_figure, histogram_data, percentiles_data
from tuner.figures._bounds import bounds_data, bounds_figure
from tuner.figures._box import box_data, box_figure
from tuner.figures._curves import curves_figure, study_curves_data, trial_curves_data
from tuner.figures._gaussian import gaussian_data, gaussian_figure
from tuner.figures._rescaled import rescaled_data, rescaled_figure
from tuner.figures._squashed import squashed_data, squashed_figure
from tuner.figures._trial import (
    trial_curve_data,
    trial_curve_figure,
    trial_evaluations_data,
    trial_ledger_data,
    trial_ledger_figure,
)
from tuner.figures._write import check_figure_path, write_figure

__all__ = [
    "actions_figure",
    "bounds_data",
    "bounds_figure",
    "box_data",
    "box_figure",
    "check_figure_path",
    "curves_figure",
    "gaussian_data",
    "gaussian_figure",
    "histogram_data",
    "percentiles_data",
    "rescaled_data",
    "rescaled_figure",
    "squashed_data",
    "squashed_figure",
    "study_curves_data",
    "trial_curve_data",
    "trial_curve_figure",
    "trial_curves_data",
    "trial_evaluations_data",
    "trial_ledger_data",
    "trial_ledger_figure",
    "write_figure",
]
