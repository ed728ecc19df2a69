"""The dashboard: optuna-dashboard for a storage, with notes and pictures, for the user of this machine only.

Importing this package loads Optuna, Plotly and pandas; the command imports it when it runs.
"""

from tuner.dashboard._address import PASSWORD_VARIABLE, Address, find_address, read_password
from tuner.dashboard._dashboard import Dashboard, open_dashboard
from tuner.dashboard._study_note import study_note
from tuner.dashboard._trial_note import trial_note

__all__ = [
    "PASSWORD_VARIABLE",
    "Address",
    "Dashboard",
    "find_address",
    "open_dashboard",
    "read_password",
    "study_note",
    "trial_note",
]
