"""Colour, mark and dash for each outcome of a trial, and colour for each account of its ledger, in all figures."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tuner.clock import ACCOUNTS, TRAINING_ACCOUNTS
from tuner.figures._style import COLOURS
from tuner.records import OutcomeKind

RUNNING = "running"
"""Name for trials without an outcome: they run, wait, or were killed."""


class Look(NamedTuple):
    """How an outcome is drawn. Outcomes can be told apart without colour too."""

    colour: str
    symbol: str
    dash: str
    words: str
    """Text in the legend."""


OUTCOMES: Mapping[str, Look] = MappingProxyType(
    {
        OutcomeKind.REACHED.value: Look(COLOURS["green"], "circle", "solid", "reached the target"),
        OutcomeKind.EXHAUSTED.value: Look(COLOURS["blue"], "square", "solid", "budget spent"),
        OutcomeKind.PRUNED.value: Look(COLOURS["grey"], "x-thin-open", "solid", "stopped early"),
        OutcomeKind.DIVERGED.value: Look(COLOURS["purple"], "diamond", "dash", "diverged"),
        OutcomeKind.TOO_LARGE.value: Look(COLOURS["orange"], "diamond-wide", "dash", "too large for the memory"),
        OutcomeKind.CRASHED.value: Look(COLOURS["vermilion"], "triangle-up", "dash", "crashed"),
        OutcomeKind.HUNG.value: Look(COLOURS["vermilion"], "triangle-down", "dashdot", "hung"),
        OutcomeKind.INTERRUPTED.value: Look(COLOURS["sky"], "triangle-left", "dash", "interrupted"),
        RUNNING: Look(COLOURS["black"], "circle-open", "dot", "not finished"),
    }
)
"""By the kind of the outcome, in the order of legends."""

_ACCOUNT_COLOURS = ("#B4B4B4", "#E69F00", "#56B4E9", "#0072B2", "#009E73", "#CC79A7", "#D55E00", "#E4E4E4")

ACCOUNT_COLOURS: Mapping[str, str] = MappingProxyType(dict(zip(ACCOUNTS, _ACCOUNT_COLOURS, strict=True)))
"""By account. Blues and green are accounts on the training clock."""


def account_words(account: str) -> str:
    """Return the text for an account in a legend."""
    return account if account in TRAINING_ACCOUNTS else f"{account} (off the clock)"
