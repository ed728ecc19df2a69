"""Stands in for Isaac Lab 2.3, whose environments step springs; names and the order of calls are Isaac Lab's."""

import isaacsim  # noqa: F401 - as in the real package, which cannot be imported without it
