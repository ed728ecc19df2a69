"""What a backend opens: a task of many robots, stepped on arrays in shared memory."""

import math
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .layout import Buffer

_DEVICE = re.compile(r"cpu|cuda(:[0-9]+)?")


class RefusedError(Exception):
    """The user's mistake; the message says what was given, what is allowed and what to do."""


@dataclass(frozen=True)
class Facts:
    """What is known of an opened task. Everything is JSON-safe."""

    observation_dim: int
    action_low: list[float | None]
    """The task's own action box, shape (action_dim,); None where it is not bounded."""
    action_high: list[float | None]
    max_episode_steps: int
    control_period_seconds: float | None
    """None where the task has no notion of time."""
    joints: dict[str, Any] | None = None
    """names, default, scale, lower, upper, as `JointTargets` has them; None where actions are something else."""
    flattened: dict[str, str] = field(default_factory=dict)
    """Spaces that were made flat for the agent, as they were, by `observations` and `actions`."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Versions, physics, device and whatever else scores depend on."""
    restarts: bool = True
    """Whether seeding and resetting undo all that has happened; if not, the task is opened again for every client."""
    fault_markers: tuple[str, ...] = ()
    """Texts that say, in a line of the simulator's log, that its physics has become invalid."""
    metrics: tuple[str, ...] = ()
    """Names of what the task measures in every step, in the order of `Buffer.metrics`."""


class ServedTask(ABC):
    """A task opened by a backend."""

    facts: Facts

    @abstractmethod
    def seed(self, seed: int) -> None:
        """Seed everything, so that the next `reset` starts that seed's trajectory."""

    @abstractmethod
    def reset(self, buffer: Buffer, *, spread_ages: bool) -> None:
        """Start a new episode for every robot and write its observations.

        Args:
            buffer: where to write.
            spread_ages: give every robot a random initial age, uniform over the episode length.
        """

    @abstractmethod
    def step(self, buffer: Buffer) -> None:
        """Take the actions in the buffer and write everything else of it."""

    def attach(self, memory: Any) -> None:  # noqa: B027 - most tasks need not know
        """Prepare for a client's shared memory, a writable buffer in which all buffers of its steps lie."""

    def detach(self) -> None:  # noqa: B027
        """Forget the memory, which is about to be unmapped; does nothing if there is none."""

    @abstractmethod
    def close(self) -> None:
        """Close the task."""


class Backend(ABC):
    """Opens the tasks of one simulator."""

    reopens: bool = True
    """Whether another task can be opened in this process after one was closed."""
    say: Callable[[str], None] = staticmethod(lambda _: None)
    """Tells the users who wait what is being done, in a few words such as "compiling kernels"; the server sets it."""

    def reopens_with(self, task: dict[str, Any]) -> bool:
        """Return whether this process, in which a task was opened before, can open this one.

        Args:
            task: `TaskConfig` in JSON.
        """
        return self.reopens

    @abstractmethod
    def tasks(self) -> list[str]:
        """Return the ids of the tasks that it can open."""

    @abstractmethod
    def open(self, task: dict[str, Any], *, seed: int, threads: int) -> ServedTask:
        """Open a task.

        Args:
            task: `TaskConfig` in JSON.
            seed: seeds the simulation.
            threads: CPU threads that stepping may use.

        Raises:
            RefusedError: for the user's mistakes.
        """


@dataclass(frozen=True)
class Option:
    """What a study file may say under a name in `task.options`."""

    default: Any
    """The value where it says nothing."""
    fits: Callable[[Any], bool]
    """Whether a value can be used; the default always can."""
    allowed: str
    """The values that fit, for people."""


def text_option(default: str | None, allowed: str) -> Option:
    """Return an option whose values are texts that are not empty; `allowed` says what they name."""
    return Option(default, lambda value: isinstance(value, str) and value != "", allowed)


def torch_options(observation_group: str) -> dict[str, Option]:
    """Return the options that all torch environments have; the default of one of them is given."""
    return {
        "device": Option(None, lambda value: _DEVICE.fullmatch(str(value)) is not None, "cpu, cuda or cuda:0"),
        "max_episode_steps": Option(None, lambda value: type(value) is int and value > 0, "a whole number above 0"),
        "observation_group": text_option(observation_group, "the name of a group"),
        "unbounded_actions": Option(
            100.0, lambda value: type(value) in (int, float) and 0 < value < math.inf, "a finite number above 0"
        ),
    }


def checked_options(given: Mapping[str, Any], known: Mapping[str, Option]) -> dict[str, Any]:
    """Return the options of a task, those that are not given with their defaults.

    Raises:
        RefusedError: for an unknown option, or a value that does not fit.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise RefusedError(f"Unknown option '{unknown[0]}' in task.options. Known: {', '.join(known)}.")
    for name, value in given.items():
        if value != known[name].default and not known[name].fits(value):
            raise RefusedError(f"task.options.{name} is {value!r}. Give {known[name].allowed}, or leave it out.")
    return {**{name: option.default for name, option in known.items()}, **given}


def chosen_device(given: str | None, gpus: int) -> str:
    """Return the device to simulate on: the one that was given, else the first GPU, else the CPU.

    Args:
        given: the option `device` of a task.
        gpus: how many GPUs PyTorch finds.

    Raises:
        RefusedError: for a GPU that PyTorch does not find.
    """
    device = given or ("cuda:0" if gpus else "cpu")
    if device == "cpu" or int(device.partition(":")[2] or 0) < gpus:
        return device
    where = f"task.options.device is {device}, but PyTorch in {sys.executable} finds"
    if gpus:
        raise RefusedError(f"{where} {gpus} GPU{'s' * (gpus > 1)}, which {'are' if gpus > 1 else 'is'} counted from 0.")
    raise RefusedError(f"{where} no GPU. Set it to cpu, or install a CUDA build of PyTorch and the driver.")


def unknown_task(title: str, simulator: str, name: str, known: Iterable[str]) -> RefusedError:
    """Build the error for a task that does not exist; the nearest names are offered.

    Args:
        title: the simulator, for people.
        simulator: its name in study files.
        name: the task's id as it was given.
        known: the ids that exist.
    """
    near = [f"'{each}'" for each in get_close_matches(name, list(known), n=3, cutoff=0.5)]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return RefusedError(f"{title} has no task '{name}'.{hint} `tuner tasks --simulator {simulator}` lists all.")


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of those packages that this interpreter has."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
