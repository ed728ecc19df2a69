"""The pool that a study file asks for."""

from collections.abc import Callable
from pathlib import Path

from tuner.config import StudyConfig
from tuner.workers._local_pool import LocalPool
from tuner.workers._ray_pool import RayPool


def open_pool(
    config: StudyConfig, log_dir: Path, *, say: Callable[[str], None] = lambda _: None
) -> LocalPool | RayPool:
    """Open the workers of a study.

    Args:
        config: the study file.
        log_dir: where logs are appended to; created if missing.
        say: gets a line for the user if this may take long.

    Raises:
        UserError: if the folder cannot be written to, or as `RayPool` does.
        TunerError: as `RayPool` does.
    """
    if config.workers.kind == "ray":
        say("Connecting to Ray, and waiting for its first worker …")
        return RayPool(config.workers, config.task, log_dir=log_dir)
    return LocalPool(config.workers, log_dir=log_dir)
