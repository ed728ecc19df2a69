"""Stands in for Isaac Lab, whose environments step springs; names and the order of calls are those of Isaac Lab 2.3.

Where 3 is installed, it does what 3.0 does in Isaac Sim.
"""

from importlib.metadata import version

import isaacsim  # noqa: F401 - as in the real package of 2.x, which cannot be imported without it

MAJOR = int(version("isaaclab").split(".")[0])
