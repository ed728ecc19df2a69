"""What a trained policy earns, and what it looks like.

Importing this package stays light: what acts with a policy (JAX, SBX) is imported when asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tuner.evaluation._summary import EpisodeSummary, summarize
from tuner.evaluation._video import check_video_tools

if TYPE_CHECKING:
    from tuner.evaluation._evaluate import evaluate_policy
    from tuner.evaluation._film import film_policy

__all__ = ["EpisodeSummary", "check_video_tools", "evaluate_policy", "film_policy", "summarize"]

_LAZY = {"evaluate_policy": "_evaluate", "film_policy": "_film"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
