"""All figures: each is first computed as data, then drawn from that data with Plotly, then written as HTML or PNG."""

from tuner.figures._actions import actions_figure, histogram_data, percentiles_data
from tuner.figures._bounds import bounds_data, bounds_figure
from tuner.figures._browser import find_browser
from tuner.figures._confirmed import confirmed_data, confirmed_figure
from tuner.figures._curves import curves_figure, study_curves_data, trial_curves_data
from tuner.figures._history import history_data, history_figure
from tuner.figures._initial_actions import (
    box_data,
    box_figure,
    gaussian_data,
    gaussian_figure,
    rescaled_data,
    rescaled_figure,
    squashed_data,
    squashed_figure,
)
from tuner.figures._kaplan_meier import confirmed_times, reaching_data, reaching_figure, study_times
from tuner.figures._ledgers import BETWEEN, ledgers_data, ledgers_figure, seconds_data
from tuner.figures._notes import aim_sentence, result_sentence, score_sentence, study_sentences, trial_name
from tuner.figures._outcomes import ACCOUNT_COLOURS, OUTCOMES, RUNNING, Look, account_words
from tuner.figures._parameters import (
    MINIMUM_TRIALS,
    importances_data,
    importances_figure,
    least_width,
    parallel_figure,
    searched_parameters,
)
from tuner.figures._replayed import replayed_data, replayed_figure
from tuner.figures._returns import returns_data, returns_figure
from tuner.figures._stops import stops_data, stops_figure
from tuner.figures._style import COLOURS, number
from tuner.figures._trial import (
    trial_curve_data,
    trial_curve_figure,
    trial_evaluations_data,
    trial_ledger_data,
    trial_ledger_figure,
)
from tuner.figures._write import check_figure_path, write_figure

__all__ = [
    "ACCOUNT_COLOURS",
    "BETWEEN",
    "COLOURS",
    "MINIMUM_TRIALS",
    "OUTCOMES",
    "RUNNING",
    "Look",
    "account_words",
    "actions_figure",
    "aim_sentence",
    "bounds_data",
    "bounds_figure",
    "box_data",
    "box_figure",
    "check_figure_path",
    "confirmed_data",
    "confirmed_figure",
    "confirmed_times",
    "curves_figure",
    "find_browser",
    "gaussian_data",
    "gaussian_figure",
    "histogram_data",
    "history_data",
    "history_figure",
    "importances_data",
    "importances_figure",
    "least_width",
    "ledgers_data",
    "ledgers_figure",
    "number",
    "parallel_figure",
    "percentiles_data",
    "reaching_data",
    "reaching_figure",
    "replayed_data",
    "replayed_figure",
    "rescaled_data",
    "rescaled_figure",
    "result_sentence",
    "returns_data",
    "returns_figure",
    "score_sentence",
    "searched_parameters",
    "seconds_data",
    "squashed_data",
    "squashed_figure",
    "stops_data",
    "stops_figure",
    "study_curves_data",
    "study_sentences",
    "study_times",
    "trial_curve_data",
    "trial_curve_figure",
    "trial_curves_data",
    "trial_evaluations_data",
    "trial_ledger_data",
    "trial_ledger_figure",
    "trial_name",
    "write_figure",
]
