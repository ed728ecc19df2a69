"""Keep compiled programs on disk, so that the next process need not compile them again."""

import os
from pathlib import Path

import jax


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
