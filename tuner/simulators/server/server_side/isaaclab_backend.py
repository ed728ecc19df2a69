"""Isaac Lab behind the server, in the version that this interpreter has."""

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .task import Backend, Option, RefusedError, ServedTask, checked_options, text_option, torch_options, versions_of

if TYPE_CHECKING:
    from .isaaclab_2 import IsaacLab2
    from .isaaclab_3 import IsaacLab3


def _are_texts(values: Any) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(value, str) for value in values)


_OPTIONS = {
    "physics": text_option(None, "the name of a preset of Isaac Lab's, such as newton_mjwarp"),
    "overrides": Option((), _are_texts, "a list of texts, such as ['env.scene.env_spacing=4.0']"),
    "asset_root": text_option(None, "a folder or an address"),
    **torch_options("policy"),
}
"""What a study file may say under `task.options`; where the default is None, it is decided when a task is opened.

`unbounded_actions` is where an infinite action space is declared to end: Isaac Lab's own wrapper for Stable-Baselines3
declared ±100 until 2026, and shares of the action box, as search spaces and published recipes have them, mean that.
"""
_OLDEST = (2, 2)
_OLDEST_FROM_SOURCE = (0, 44)
"""An installation of 2.x from its sources has the version of the package `isaaclab` within them; that of 2.2.0."""


def create(_argument: str) -> Backend:
    """Return the backend.

    Raises:
        RefusedError: if Isaac Lab is missing or too old.
    """
    return IsaacLabBackend()


class IsaacLabBackend(Backend):
    """Opens the tasks that `isaaclab_tasks` registers."""

    def __init__(self) -> None:
        self._isaaclab = _installed()
        self.reopens = self._isaaclab.reopens
        self._kept: list[object] = []
        """What was opened, and what failed, where that must not be closed: Python would close it when it is forgotten,
        and Kit may hang or exit in doing so before the client has its reply."""
        self._usual_root = os.environ.get("ISAACSIM_ASSET_ROOT")
        self._root: str | None = None

    def reopens_with(self, task: dict[str, Any]) -> bool:
        """Return whether this process can open another task: never in Isaac Sim, or with another asset root."""
        return self.reopens and self._asset_root(checked_options(task["options"], _OPTIONS)) == self._root

    def tasks(self) -> list[str]:
        """Return the ids that Isaac Lab registers."""
        self.say(self._isaaclab.starting)
        return self._isaaclab.tasks()

    def open(self, task: dict[str, Any], *, seed: int, threads: int) -> ServedTask:
        """Open a task.

        Raises:
            RefusedError: if the task or an option is unknown, the device does not exist, the licence of Isaac Sim is
                not accepted, or the task has several agents, images or discrete actions.
        """
        options = checked_options(task["options"], _OPTIONS)
        self._root = self._asset_root(options)
        self.say(self._isaaclab.starting)
        try:
            opened = self._isaaclab.open(task, options, seed=seed, threads=threads, asset_root=self._root)
        except BaseException as error:
            self._keep(error)
            if isinstance(error, FileNotFoundError):
                raise _not_found(error, self._root) from error
            raise
        self._keep(opened)
        return opened

    def _asset_root(self, options: dict[str, Any]) -> str | None:
        given = options["asset_root"]
        if given is None:
            return self._usual_root
        return str(given) if "://" in given else str(Path(given).expanduser().absolute())

    def _keep(self, what: object) -> None:
        if not self.reopens:
            self._kept.append(what)


def _installed() -> "IsaacLab2 | IsaacLab3":
    """Return the Isaac Lab of this interpreter.

    Raises:
        RefusedError: if there is none, or it is too old.
    """
    found = versions_of(["isaaclab"]).get("isaaclab")
    if found is None:
        raise RefusedError(
            f"The interpreter {sys.executable} has no Isaac Lab. Give the Python of your Isaac Lab environment as "
            "task.python, or install it there with: pip install isaaclab"
        )
    version = tuple(int(number) for number in re.findall(r"\d+", found)[:2])
    if version >= (3, 0):
        from .isaaclab_3 import IsaacLab3

        return IsaacLab3()
    if version >= _OLDEST or _OLDEST_FROM_SOURCE <= version < (1, 0):
        from .isaaclab_2 import IsaacLab2

        return IsaacLab2()
    raise RefusedError(f"Isaac Lab {found} in {sys.executable} is too old: 2.2 or newer is needed.")


def _not_found(error: FileNotFoundError, root: str | None) -> RefusedError:
    return RefusedError(
        f"Isaac Lab misses a file: {error}. Robots and scenes come from {root or 'NVIDIA, over the network'}. Set "
        "ISAACSIM_ASSET_ROOT, or task.options.asset_root, to the folder or the address that has them."
    )
