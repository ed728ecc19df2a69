"""The launcher."""

import os
import re
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

from isaacsim import SimulationApp

from isaaclab import MAJOR


class AppLauncher:
    """Starts Isaac Sim; what it does to the process is what Isaac Lab's own does."""

    def __init__(self, launcher_args=None, **kwargs):
        settings = {**(launcher_args or {}), **kwargs}
        if settings.get("device") != "cpu" or settings.get("headless") is not True:
            raise ValueError(f"There is neither a GPU nor a screen here: {settings}")
        if MAJOR < 3 and ("torch" in sys.modules or "isaaclab_tasks" in sys.modules):
            raise RuntimeError("PyTorch or tasks were imported before Isaac Sim has started")
        hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if re.match(".*lab.*", name)}
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - left open, as it is there
        self._app = SimulationApp({"headless": True}, experience="isaaclab.python.headless.kit")
        sys.stdout = sys.__stdout__
        sys.modules.update(hidden)
        sys.argv += ["--enable", "omni.stand.in"]
        for number in (signal.SIGTERM, signal.SIGABRT, signal.SIGSEGV):
            signal.signal(number, self._abort_signal_handle_callback)

    @property
    def app(self):
        return self._app

    def _abort_signal_handle_callback(self, signal, frame):
        self._app.close()


@contextmanager
def launch_simulation(cfg, launcher_args=None):
    """Start Isaac Sim for the block, as Isaac Lab 3 does."""
    app = AppLauncher(launcher_args, headless=True).app
    try:
        yield cfg
    finally:
        app.close()
