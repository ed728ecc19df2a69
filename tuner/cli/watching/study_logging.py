"""Let the loggers of a study file listen too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuner.cli.watching.study_watcher import StudyWatcher
from tuner.clock import Clock
from tuner.config import StudyConfig
from tuner.listener import Listeners, StudyListener
from tuner.loggers import StudyLogger, check_loggers


@contextmanager
def logging_study(config: StudyConfig, folder: Path, clock: Clock, watcher: StudyWatcher) -> Iterator[StudyListener]:
    """Listen for the watcher and for the study's loggers inside the `with` block.

    Args:
        config: the study file.
        folder: where loggers write.
        clock: measures the run.
        watcher: shows the run; also shows what a logger complains about.

    Raises:
        UserError: if a logger's package is not installed.
    """
    if not config.loggers:
        yield watcher
        return
    check_loggers(config.loggers)
    logger = StudyLogger(config.loggers, folder, config.study, clock, watcher.on_message)
    try:
        yield Listeners(watcher, logger)
    finally:
        logger.close()
