"""Tune reinforcement learning for wall-clock time to return on massively parallel simulators."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from tuner.optional import lazy_attributes

if TYPE_CHECKING:
    from tuner.api import StudyResults, open_study, run_study
    from tuner.policies import Policy

__all__ = ["Policy", "StudyResults", "__version__", "open_study", "run_study"]

__getattr__ = lazy_attributes(
    __name__, {"Policy": "policies", "StudyResults": "api", "open_study": "api", "run_study": "api"}
)

try:
    __version__ = version("sac-tuner")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
