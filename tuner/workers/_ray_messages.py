"""What a pool and the process that speaks to Ray for it say to each other; pickled, as both are the same program."""

from dataclasses import dataclass
from pathlib import Path

from tuner.config import TrialSpec, WorkersConfig
from tuner.errors import UserError
from tuner.training import StopRequest
from tuner.workers._pool import Event

# From the pool


@dataclass(frozen=True)
class Begin:
    """The first command: connect, and place workers."""

    config: WorkersConfig
    folders: tuple[str, ...]
    """Those of the user's own code."""
    scratch: Path
    """See `RayCluster`."""


@dataclass(frozen=True)
class Submit:
    """Start a trial in a slot."""

    slot: int
    spec: TrialSpec


@dataclass(frozen=True)
class StopTrial:
    """Ask the trial in a slot to end."""

    slot: int
    request: StopRequest


@dataclass(frozen=True)
class Close:
    """End all workers, and then this process."""


# To the pool


@dataclass(frozen=True)
class Status:
    """A sign of life, and what has happened since the last."""

    ready: frozenset[int]
    """Slots that have a worker."""
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Connected:
    """Ray's nodes have room for workers, which are being placed."""


@dataclass(frozen=True)
class Failed:
    """The pool cannot go on."""

    message: str
    users_mistake: bool


def wrong_token(where: str) -> UserError:
    """Return the error for a token that a cluster does not take.

    Args:
        where: its address.
    """
    return UserError(
        f"The Ray cluster ({where}) refuses this machine's token, or misses one. Give the cluster's own: "
        "RAY_AUTH_MODE=token, with the token in RAY_AUTH_TOKEN, in the file that RAY_AUTH_TOKEN_PATH names, or in "
        "~/.ray/auth_token."
    )
