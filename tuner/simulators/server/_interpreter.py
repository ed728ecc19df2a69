"""Which tasks run in a server, and in whose interpreter."""

import itertools
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.resources import user_cache, user_path
from tuner.simulators.server._probe import probe
from tuner.simulators.server._process import ServerProcess

SERVED = {"isaaclab": "TUNER_ISAACLAB_PYTHON", "mjlab": "TUNER_MJLAB_PYTHON"}
"""Simulators that always run in an interpreter of their own, with the variable that names it where the study file does
not: their dependencies clash with ours."""

_LOGS = itertools.count()


@dataclass(frozen=True)
class Server:
    """The server that a task needs; tasks with equal ones can share a process."""

    python: Path
    backend: str
    """As `server_side.serve` takes it."""

    def check(self) -> str | None:
        """Run the interpreter once, to see that it can be used.

        Returns:
            The version of the simulator's package, None if it is not installed there.

        Raises:
            UserError: if it cannot be run, is no Python, is too old, or has no NumPy that can be imported.
        """
        return probe(self.python, self.backend)

    def start(self, log_file: Path, environment: Mapping[str, str] | None = None) -> ServerProcess:
        """Start it, if its interpreter can be used; see `check` and `ServerProcess`."""
        self.check()
        return ServerProcess(self.python, self.backend, log_file=log_file, environment=environment)


def server_for(task: TaskConfig) -> Server | None:
    """Return the server that a task needs, or None for a task that is opened in this process.

    Raises:
        UserError: if it is not known which interpreter has the simulator.
    """
    if task.python is None and task.simulator not in SERVED:
        return None
    given = task.python or os.environ.get(SERVED.get(task.simulator, ""))
    if not given:
        variable = SERVED[task.simulator]
        raise UserError(
            f"The simulator '{task.simulator}' runs in an interpreter of its own, and none was given. Set task.python "
            f"in the study file, or {variable} in the environment, to the path of the Python that has it."
        )
    python = user_path(given if os.sep in given else shutil.which(given) or given)
    backend = task.simulator if task.simulator in SERVED else f"tuner:{task.simulator}"
    return Server(python.absolute(), backend)


def simulator_version(task: TaskConfig) -> str | None:
    """Return the version of the simulator in the interpreter of its own, with where its assets come from.

    None for a simulator that is part of this installation, and where it cannot be asked, as on another machine.
    """
    if task.simulator not in SERVED:
        return None
    try:
        server = server_for(task)
        version = None if server is None else server.check()
    except UserError:
        return None
    if version is None:
        return None
    assets = task.options.get("asset_root") or os.environ.get("ISAACSIM_ASSET_ROOT")
    return version + (f", assets of {assets}" if assets and task.simulator == "isaaclab" else "")


def is_isaaclab_2(version: str) -> bool:
    """Return whether a version of the package `isaaclab` is that of Isaac Lab 2: 0.… if it came from its sources."""
    return version.startswith(("0.", "2."))


def default_log_file(simulator: str) -> Path:
    """Return the log file of a simulator that belongs to no study."""
    name = simulator if simulator.isidentifier() else "simulator"
    return user_cache() / "sac-tuner" / "logs" / f"{name}-{os.getpid()}-{next(_LOGS)}.log"
