"""A worker of a Ray cluster as it runs on its node: a local pool of one, and the files of its trials."""

import math
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from tuner.config import TrialSpec, WorkersConfig, moved
from tuner.machine import GPU_WORKERS_VARIABLE, WORKERS_VARIABLE
from tuner.training import StopRequest
from tuner.workers._cpus import available_cpus, claim_cpus
from tuner.workers._local_pool import COMMAND, LocalPool, Place
from tuner.workers._pool import Event, OutcomeEvent


@dataclass(frozen=True)
class Order:
    """The trial that a worker is to train, and whether it is to stop; repeated until the trial has ended."""

    serial: int
    """Rises from trial to trial of a worker."""
    spec: TrialSpec
    stop: StopRequest | None = None


@dataclass(frozen=True)
class Report:
    """An event on a node, with what its trial wrote if it has ended."""

    event: Event
    files: dict[str, bytes] = field(default_factory=dict)
    """Contents of the files in the trial's folder, by their names."""


class RayWorker:
    """Trains on one node. Its methods are called one at a time, by the main thread of the actor's process.

    Calls and answers may be lost on their way. So orders are given again with every call, and so are reports, until the
    next call says that they have arrived.

    The processes that it starts are those of a local pool, and end as those do: with their parent.

    Args:
        config: threads and deadlines of the study's workers, and the part of a GPU that each has.
        sharing: how many such workers the node has room for; they divide its memory.
        folders: those of the user's own code, as its manager names them. They lie in the working directory, by their
            place in this list.
        command: starts a worker, if not the Python of this node.
    """

    def __init__(
        self, config: WorkersConfig, sharing: int, folders: Sequence[str], command: Sequence[str] | None = None
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sac-tuner-"))
        self._code = {folder: str(self._folder / str(number)) for number, folder in enumerate(folders)}
        self._take_code()
        place, self._claims = _claim_place(config, sharing)
        alone = config.model_copy(update={"count": 1})
        self._pool = LocalPool(alone, log_dir=self._folder, places=[place], command=command or COMMAND)
        self._reports: list[Report] = []
        self._taken = 0
        self._serial = 0

    def exchange(self, taken: int, order: Order | None, wait_seconds: float) -> list[Report]:
        """Carry out an order, and return what has happened; wait for the first report.

        Args:
            taken: how many reports of this worker have arrived.
            order: the trial that has not ended yet, as far as is known; None without one.
            wait_seconds: how long to wait if there are no reports.
        """
        del self._reports[: taken - self._taken]
        self._taken = taken
        if order is not None:
            if order.serial > self._serial:
                self._serial = order.serial
                self._train(order.spec)
            if order.stop is not None:
                self._pool.stop(0, order.stop)
        self._reports += map(self._report, self._pool.poll(0.0 if self._reports else wait_seconds))
        return self._reports

    def close(self, taken: int) -> list[Report]:
        """End everything within seconds; return the last reports."""
        self._pool.close()
        reports = self.exchange(taken, None, 0.0)
        for lock in self._claims:
            lock.release()
        shutil.rmtree(self._folder, ignore_errors=True)
        return reports

    @property
    def _trial(self) -> Path:
        return self._folder / "trial"

    def _take_code(self) -> None:
        """Copy the user's own code, and work in this worker's folder: Ray may delete the one that it was started in."""
        for copy in map(Path, self._code.values()):
            shutil.copytree(copy.name, copy)
        os.chdir(self._folder)

    def _train(self, spec: TrialSpec) -> None:
        shutil.rmtree(self._trial, ignore_errors=True)
        folder = None if spec.directory is None else str(self._trial)
        self._pool.submit(0, spec.model_copy(update={"task": moved(spec.task, self._code), "directory": folder}))

    def _report(self, event: Event) -> Report:
        written = self._trial.is_dir() and isinstance(event, OutcomeEvent)
        files = [file for file in self._trial.iterdir() if file.is_file()] if written else []
        return Report(event, {file.name: file.read_bytes() for file in files})


def _claim_place(config: WorkersConfig, sharing: int) -> tuple[Place, list[FileLock]]:
    """Return CPUs that no other worker on this machine has, this worker's part of the memory, and its GPU.

    Ray counts CPUs, but does not say which are whose. It names GPUs in `CUDA_VISIBLE_DEVICES` only to those that asked
    for any.
    """
    cpus = available_cpus()
    wanted = min(config.threads, len(cpus))
    user = os.getuid() if hasattr(os, "getuid") else "all"
    own, locks = claim_cpus(cpus, wanted, Path(tempfile.gettempdir()) / f"sac-tuner-cpus-{user}")
    shared = len(own) < wanted
    environment = {WORKERS_VARIABLE: str(sharing)}
    if config.gpus:
        environment[GPU_WORKERS_VARIABLE] = str(max(1, math.floor(1 / config.gpus)))
    else:
        environment["CUDA_VISIBLE_DEVICES"] = ""
    return Place(frozenset(cpus[:wanted]) if shared else own, environment, shared), locks
