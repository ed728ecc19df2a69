"""Stands in for Isaac Sim: does to its process what Kit does, and what `ISAAC_SIM_STAND_IN` says besides.

The variable has the form "WHEN: WHAT, WHEN: WHAT", such as "stepping: raises, closing: hangs"; WHEN is launching,
making, stepping (which begins with the second step) or closing.
"""

import ctypes
import os
import sys
import time

MISDEEDS = {
    "segfaults": lambda: ctypes.string_at(0),
    "exits 0": lambda: os._exit(0),
    "calls exit": lambda: sys.exit(3),
    "raises": lambda: 1 / 0,
    "hangs": lambda: time.sleep(3600),
    "holds the lock": lambda: ctypes.PyDLL(None).sleep(3600),
    "asks": lambda: input("Do you accept the EULA? (Yes/No): "),
    "reads": lambda: sys.stdin.readline(),
}


def misbehave(when):
    """Do what the environment asks for at this moment."""
    for misdeed in os.environ.get("ISAAC_SIM_STAND_IN", "").split(", "):
        chosen, _, what = misdeed.partition(": ")
        if chosen == when:
            MISDEEDS[what]()


class SimulationApp:
    """The application."""

    running = None

    def __init__(self, launch_config=None, experience=""):
        if SimulationApp.running is not None:
            raise RuntimeError("Isaac Sim runs already")
        print("Kit prints what it likes to stdout")
        misbehave("launching")
        self.config = launch_config
        settings = (argument[2:].partition("=") for argument in sys.argv[1:] if argument.startswith("--/"))
        self.settings = {name: value for name, _, value in settings}
        SimulationApp.running = self

    def close(self, wait_for_replicator=True, skip_cleanup=False):
        """End the process, as Kit does: without an exit code that would tell of a failure."""
        print("Kit closes")
        misbehave("closing")
        os._exit(0)
