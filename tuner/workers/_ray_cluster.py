"""A Ray cluster: connecting to it, what its nodes offer, and actors on them."""

import os
import shutil
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeLabelSchedulingStrategy, NotIn

from tuner import __version__
from tuner.config import WorkersConfig
from tuner.errors import UserError
from tuner.workers._ray_messages import wrong_token

_REACH_SECONDS = 5.0
"""How long a machine may take to accept a connection."""
_STORE_BYTES = 80 * 2**20
"""Memory for what workers send, in a Ray that is started here; the smallest that Ray accepts is 75 MiB."""
_LARGEST_BYTES = 100 * 2**20
"""Of the user's own code; Ray keeps it in the memory of the head."""
_NOT_CODE = ("__pycache__", "runs", "site", "node_modules")
_NODE_LABEL = "ray.io/node-id"


@dataclass(frozen=True)
class Node:
    """A machine of the cluster."""

    id: str
    name: str
    """Its host name and address, for people."""
    offers: dict[str, float]
    """All its resources, those in use too, in Ray's names."""


class RayCluster:
    """The connection to a cluster, which this process has once.

    Args:
        config: the workers that are wanted.
        folders: the user's own code, which is sent to every node.
        scratch: an empty folder with a short path, for the code on its way and for the files of a Ray that is started
            here; the caller deletes it.

    Raises:
        UserError: if there is no cluster, it cannot be used, or none of its nodes has what a worker asks for.
    """

    def __init__(self, config: WorkersConfig, folders: Sequence[str], scratch: Path) -> None:
        self.folders = tuple(folders)
        """The user's own code, as the manager names it."""
        self._where = config.address or os.environ.get("RAY_ADDRESS") or "local"
        _connect(self._where, config, _staged(folders, scratch / "code"), scratch)
        nodes = self.nodes()
        if config.gpus is None:
            config = config.model_copy(update={"gpus": float(any("GPU" in node.offers for node in nodes))})
        self.config = config
        """The workers that are wanted, with the GPUs that each gets."""
        self._check_offers(nodes)
        self._holder = ray.remote(_holder())

    @property
    def demand(self) -> dict[str, float]:
        """What each worker asks for, in Ray's names."""
        counts = {"CPU": float(self.config.threads), "GPU": self.config.gpus or 0.0, **self.config.resources}
        return {name: amount for name, amount in counts.items() if amount}

    def nodes(self) -> list[Node]:
        """Return the nodes that are there now."""
        alive = [found for found in ray.nodes() if found["Alive"]]
        return [Node(found["NodeID"], _name(found), dict(found["Resources"])) for found in alive]

    def room(self, node: Node) -> int:
        """Return how many workers fit on an empty node."""
        return min(int(node.offers.get(name, 0.0) / amount) for name, amount in self.demand.items())

    def describe(self, nodes: Iterable[Node]) -> str:
        """Return what nodes offer of CPUs, GPUs and the user's own resources, for people."""
        return "; ".join(f"{node.name} has {_amounts(node.offers)}" for node in nodes) or "none"

    def asked(self) -> str:
        """Return what a worker asks for, for people."""
        return _amounts(self.demand)

    def hire(self, refused: Iterable[str]) -> Any:
        """Return the handle of a new actor; Ray places it on a node that has room for it, when there is one.

        Args:
            refused: ids of nodes that are not to be used.
        """
        strategy = NodeLabelSchedulingStrategy({_NODE_LABEL: NotIn(*refused)}) if list(refused) else "DEFAULT"
        return self._holder.options(
            num_cpus=self.config.threads,
            num_gpus=self.config.gpus or 0,
            resources=self.config.resources,
            scheduling_strategy=strategy,
        ).remote()

    def _check_offers(self, nodes: list[Node]) -> None:
        if not any(self.room(node) for node in nodes):
            raise UserError(
                f"No node of the Ray cluster ({self._where}) has what each worker asks for: {self.asked()}. Its nodes: "
                f"{self.describe(nodes)}. Ask for less in the section `workers` of the study file (threads, gpus, "
                "resources), or start Ray on a node that has it."
            )


def _holder() -> type:
    """Return the class of the actors. Ray sends its code, so that nodes without this package can answer too."""

    class Holder:
        def about(self) -> dict[str, Any]:
            try:
                import tuner
            except ImportError:
                return {"version": None, "node": ray.get_runtime_context().get_node_id()}
            return {"version": tuner.__version__, "node": ray.get_runtime_context().get_node_id()}

        def open(self, *arguments: Any) -> None:
            from tuner.workers._ray_worker import RayWorker

            self._worker = RayWorker(*arguments)

        def call(self, method: str, *arguments: Any) -> Any:
            return getattr(self._worker, method)(*arguments)

    return Holder


def wrong_version(version: str | None) -> str | None:
    """Return why a node cannot be used that has a version of this package, or None if it can."""
    if version is None:
        return f"the Python that runs Ray there has no sac-tuner. Install version {__version__}, which runs here"
    if version == __version__:
        return None
    return f"it has sac-tuner {version}, but {__version__} runs here. Install the same version on all machines"


def _connect(where: str, config: WorkersConfig, code: str | None, scratch: Path) -> None:
    """Connect this process to a cluster, or start one for it."""
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if code is not None:
        options["runtime_env"] = {"working_dir": code}
    if where == "local":
        own = {name: amount * config.count for name, amount in config.resources.items()}
        options |= {"include_dashboard": False, "object_store_memory": _STORE_BYTES, "resources": own}
        options["_temp_dir"] = str(scratch)
    elif where != "auto":
        _check_reachable(where)
    try:
        ray.init(address=where, **options)
    except Exception as error:  # of many types: ConnectionError, RuntimeError, ValueError, AuthenticationError, …
        raise _refusal(where, error) from error


def _refusal(where: str, error: Exception) -> UserError:
    said = " ".join(f"{error}".split())[:600]
    if "uthenticat" in f"{type(error).__name__} {said}":
        return wrong_token(where)
    if where == "auto":
        return UserError(
            f"No Ray cluster runs on this machine: {said}. Start one (`ray start --head`), or name one: "
            "--workers ray://HOST:10001."
        )
    return UserError(f"The Ray cluster ({where}) cannot be used: {said}")


def _check_reachable(where: str) -> None:
    host, _, port = where.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(
            f"No Ray cluster answers at {where}: {error}. Start it (`ray start --head`), and give its address: "
            "ray://HOST:10001 for Ray's client port, HOST:6379 on a machine of the cluster."
        ) from error


def _staged(folders: Sequence[str], stage: Path) -> str | None:
    """Copy the user's own code to where Ray takes it from; return that folder, None if there is no such code."""
    for number, folder in enumerate(folders):
        if _size(folder) > _LARGEST_BYTES:
            raise UserError(
                f"The folder {folder} has code that the task uses, and is sent to the nodes whole, but it has more "
                f"than {_LARGEST_BYTES / 2**20:.0f} MiB. Put the code into a folder of its own."
            )
        try:
            shutil.copytree(folder, stage / str(number), ignore=_not_code, ignore_dangling_symlinks=True)
        except OSError as error:  # shutil.Error is one
            raise UserError(f"The folder {folder}, whose code is sent to the nodes, cannot be read: {error}") from error
    return str(stage) if folders else None


def _size(folder: str) -> int:
    """Return the bytes that would be sent of a folder; it is not looked through further than it may be large."""
    size = 0
    for place, folders, files in os.walk(folder):
        left_out = _not_code(place, [*folders, *files])
        folders[:] = [name for name in folders if name not in left_out]
        size += sum((Path(place) / name).lstat().st_size for name in files if name not in left_out)
        if size > _LARGEST_BYTES:
            break
    return size


def _not_code(folder: str, names: list[str]) -> set[str]:
    """Return what of a folder is not sent: results, environments, and what is hidden."""
    return {
        name
        for name in names
        if name.startswith(".") or name in _NOT_CODE or (Path(folder) / name / "pyvenv.cfg").is_file()
    }


def _name(found: dict[str, Any]) -> str:
    host, address = found["NodeManagerHostname"], found["NodeManagerAddress"]
    return address if host in ("", address) else f"{host} ({address})"


def _amounts(resources: dict[str, float]) -> str:
    """Return CPUs, GPUs and the user's own resources; Ray's own names of nodes and kinds are left out."""
    shown = [
        f"{amount:g} {name}{'s' * (name in ('CPU', 'GPU') and amount != 1)}"
        for name, amount in sorted(resources.items())
        if ":" not in name and name not in ("memory", "object_store_memory")
    ]
    return ", ".join(shown) or "nothing"
