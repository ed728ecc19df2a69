"""Confirm a study's best configurations on fresh seeds, so that a lucky one does not win."""

from tuner.confirm._confirmer import Confirmer
from tuner.confirm._plan import CANDIDATE, SEED
from tuner.confirm._reading import confirmation_data
from tuner.confirm._results import Candidate, Confirmation, ConfirmRun, MilestoneTimes, remarks

__all__ = [
    "CANDIDATE",
    "SEED",
    "Candidate",
    "ConfirmRun",
    "Confirmation",
    "Confirmer",
    "MilestoneTimes",
    "confirmation_data",
    "remarks",
]
