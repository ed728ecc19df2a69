"""Let processes that start together share the work of compiling instead of each doing all of it.

The compiled programs themselves go through JAX's cache on the disk. This module only decides who compiles what. A claim
is a file lock, which the system releases when its process exits for any reason.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax
from filelock import BaseFileLock, FileLock, Timeout

from tuner.resources import user_cache


def enable_compilation_cache(directory: Path | None = None) -> Path:
    """Let JAX keep every program that it compiles in a folder, and load programs from there; return the folder.

    It speeds up processes that build agents of earlier shapes: SBX compiles again for every agent that it builds.

    Args:
        directory: the folder; by default `sac-tuner/jax` in the user's cache folder ($XDG_CACHE_HOME or ~/.cache).
    """
    folder = user_cache() / "sac-tuner" / "jax" if directory is None else directory
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


PATIENCE_SECONDS = 60.0
"""After waiting this long for another process, which may be stuck, a process does the work itself."""
_POLL_SECONDS = 0.02


@contextmanager
def claim(work: str, *, wait: bool) -> Iterator[bool]:
    """Claim a piece of work inside the `with` block, so that other processes with the same compilation cache see it.

    Without a cache on the disk, or where no lock can be made in it, nothing is shared and every claim succeeds.

    Args:
        work: what is done; the same text in every process that would do the same.
        wait: wait while another process does it, at most `PATIENCE_SECONDS`; its programs are on the disk afterwards.

    Yields:
        Whether no other process does it now.
    """
    lock = _lock_for(work)
    try:
        if lock is not None:
            lock.acquire(timeout=PATIENCE_SECONDS if wait else 0.0, poll_interval=_POLL_SECONDS)
        ours = True
    except Timeout:
        ours = False
    except OSError:  # a folder or a file system without locks
        ours = True
    try:
        yield ours
    finally:
        if lock is not None:
            lock.release()


def _lock_for(work: str) -> BaseFileLock | None:
    """Return one of 256 locks in the compilation cache, or None if there is no place for it."""
    cache: str | None = jax.config.jax_compilation_cache_dir  # type: ignore[attr-defined]
    if not cache:
        return None
    path = Path(cache) / "locks" / hashlib.sha256(work.encode()).hexdigest()[:2]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return FileLock(path, fallback_to_soft=False)  # a soft lock would outlive a killed process
