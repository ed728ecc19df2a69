"""Confirm a study and watch it: what `tuner confirm` and the end of `tuner run` have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tuner.cli.printing.warnings import print_sharing
from tuner.cli.watching.interrupt import StopOnSignal
from tuner.cli.watching.listener import watching
from tuner.clock import MonotonicClock
from tuner.config import ConfirmConfig, StudyConfig
from tuner.confirm import Confirmation, Confirmer
from tuner.spaces import load_space
from tuner.storage import StudySummary
from tuner.workers import LocalPool

_STOPPING = "Stopping: running trainings are made again by the same command. Ctrl-C again to stop without waiting."
_STOPPING_NOW = "Stopping without waiting for the workers."


@dataclass(frozen=True)
class Confirmed:
    """One run of confirming a study."""

    summary: StudySummary
    """How the run ended."""
    confirmation: Confirmation
    """What is confirmed."""
    warnings: Mapping[int, str]
    """What its trainings could not write, by their numbers."""


def confirm_study(
    config: StudyConfig,
    settings: ConfirmConfig,
    out: Console,
    *,
    runs_dir: Path,
    race_reference: bool = False,
    restart: bool = False,
    total_seconds: float | None = None,
) -> Confirmed:
    """Confirm a study in worker processes, with its progress shown.

    Args:
        config: the study file, as the study was run.
        settings: how many configurations and seeds, and the reference.
        out: where the progress goes.
        runs_dir: where studies write their files.
        race_reference: drop the reference too when it is clearly slower.
        restart: throw away what was run before.
        total_seconds: stop after this much wall-clock time; None for no limit. The study's own limit is one for
            `tuner run`.
    """
    limited = config.model_copy(update={"budget": config.budget.model_copy(update={"total_seconds": total_seconds})})
    clock = MonotonicClock()
    space = None if settings.reference is None else load_space(config.search_space)
    log_dir = runs_dir / config.study / "workers"
    with LocalPool(config.workers, log_dir=log_dir) as pool, watching(limited, clock, out) as watcher:
        print_sharing(out, pool, config.workers)
        confirmer = Confirmer(
            limited,
            settings,
            pool,
            space=space,
            race_reference=race_reference,
            restart=restart,
            listener=watcher,
            clock=clock,
            runs_dir=runs_dir,
        )

        def stop(signals: int) -> None:
            confirmer.request_stop()
            watcher.on_message(_STOPPING if signals == 1 else _STOPPING_NOW)

        with StopOnSignal(stop):
            summary, confirmation = confirmer.run()
        return Confirmed(summary, confirmation, watcher.progress.warnings)
