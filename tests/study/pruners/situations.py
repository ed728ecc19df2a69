"""Situations for the tests of single rules: a budget of 100 s in 20 ticks of 5 s, unless told otherwise."""

from typing import Any

from tuner.study.pruners._rule import Situation


def situation(**changes: Any) -> Situation:
    """Return a trial at tick 10 of 20 with a flat curve and ten peers that are all as good."""
    facts: dict[str, Any] = {
        "tick": 10,
        "ticks": 20,
        "scores": (150.0,) * changes.get("tick", 10),
        "peers": (150.0,) * 10,
        "budget_seconds": 100.0,
        "best_seconds": None,
        "kappa": 1.25,
    }
    return Situation(**{**facts, **changes})
