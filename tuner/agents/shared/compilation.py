"""Let processes that start together share the work of compiling instead of each doing all of it.

The compiled programs themselves go through JAX's cache on the disk; here is only who compiles what. A claim is a lock
that the system drops when its process dies, however it dies.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax

from tuner.clock import MonotonicClock


def enable_compilation_cache(directory: Path | None = None) -> Path:
    """Let JAX keep every program it compiles in a folder, and take from there what it finds; return the folder.

    It speeds up processes that build agents of shapes met before: SBX compiles anew for every agent it builds.

    Args:
        directory: the folder; by default `sac-tuner/jax` in the user's cache folder ($XDG_CACHE_HOME or ~/.cache).
    """
    folder = _user_cache() / "sac-tuner" / "jax" if directory is None else directory
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "jax_compilation_cache_dir": str(folder),
        # By default only programs that took a second to compile are kept; an agent needs dozens of faster ones.
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in settings.items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call]
    return folder


def _user_cache() -> Path:
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"


PATIENCE_SECONDS = 60.0
"""Whoever has waited so long for another process does the work himself: that process may be stuck."""
_LOOK_SECONDS = 0.02


@contextmanager
def claim(work: str, *, wait: bool) -> Iterator[bool]:
    """Tell the other processes that share the compilation cache, inside the `with` block, that this one does a work.

    Without a cache on the disk, or in one that cannot be written to, there is nothing to share and every claim is ours.

    Args:
        work: what is done; the same text in every process that would do the same.
        wait: wait until nobody else does it, so that what he made is found on the disk.

    Yields:
        Whether nobody else does it now.
    """
    descriptor = _open(work)
    if descriptor is None:
        yield True
        return
    clock = MonotonicClock()
    until = clock.now() + (PATIENCE_SECONDS if wait else 0.0)
    try:
        while not (ours := _lock(descriptor)) and clock.now() < until:
            clock.sleep(_LOOK_SECONDS)
        yield ours
    finally:
        os.close(descriptor)


def _open(work: str) -> int | None:
    """Return the descriptor of the lock's file, one of 256, or None if there can be none."""
    cache: str | None = jax.config.jax_compilation_cache_dir  # type: ignore[attr-defined]
    if not cache:
        return None
    path = Path(cache) / "locks" / hashlib.sha256(work.encode()).hexdigest()[:2]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        return None


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody else has it, or the file system has no locks
        return False
    return True
