"""Studies in Python: run one, and read its results as data frames, configurations and policies.

import tuner

results = tuner.run_study("quickstart")
results.trials.sort_values("time_to_return")
results.policy().act(observations)
"""

from tuner.api._run_study import run_study
from tuner.api._study_results import StudyResults, open_study

__all__ = ["StudyResults", "open_study", "run_study"]
