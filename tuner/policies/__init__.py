"""Saved policies: loaded, acting, evaluated and filmed.

This package is light to import: what lets a policy act, with JAX and SBX, is imported when it is first used.
"""

from typing import TYPE_CHECKING

from tuner.optional import lazy_attributes
from tuner.policies._summary import EpisodeSummary, summarize
from tuner.policies._video import check_video_tools

if TYPE_CHECKING:
    from tuner.policies._evaluate import evaluate_policy
    from tuner.policies._film import film_policy
    from tuner.policies._gaussian_actor import Floats, GaussianActor
    from tuner.policies._onnx import onnx_model
    from tuner.policies._policy import Policy, untrained_policy

__all__ = [
    "EpisodeSummary",
    "Floats",
    "GaussianActor",
    "Policy",
    "check_video_tools",
    "evaluate_policy",
    "film_policy",
    "onnx_model",
    "summarize",
    "untrained_policy",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "Floats": "_gaussian_actor",
        "GaussianActor": "_gaussian_actor",
        "Policy": "_policy",
        "evaluate_policy": "_evaluate",
        "film_policy": "_film",
        "onnx_model": "_onnx",
        "untrained_policy": "_policy",
    },
)
