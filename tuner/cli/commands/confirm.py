"""`tuner confirm`: retrain a study's best configurations on fresh seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from tuner.cli.options import (
    INTERRUPTED,
    RUNS_DIR,
    Storage,
    StoredStudy,
    Workers,
    count_option,
    duration_option,
    workers_option,
)
from tuner.cli.printing.confirm_tables import print_confirmation
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.text import duration_text
from tuner.cli.printing.warnings import print_sharing, print_warnings, quiet_optuna, warnings_data
from tuner.cli.stored_studies import check_file_unchanged, find_stored, study_file
from tuner.cli.watching.interrupt import StopOnSignal
from tuner.cli.watching.study_logging import logging_study
from tuner.cli.watching.study_watcher import watching_study
from tuner.clock import MonotonicClock
from tuner.config import ConfirmConfig, StudyConfig, WorkersConfig, describe_problems
from tuner.confirm import Confirmation, Confirmer
from tuner.errors import TunerError, UserError
from tuner.spaces import load_space
from tuner.storage import StudySummary, own_config_of, read_study
from tuner.workers import open_pool

_STOPPING = "Stopping: the same command repeats the trainings that are running. Ctrl-C again to stop without waiting."
_STOPPING_NOW = "Stopping without waiting for the workers."


def confirm(
    study: StoredStudy,
    top: Annotated[int | None, count_option("--top", "How many of the best configurations.", metavar="K")] = None,
    seeds: Annotated[
        int | None, count_option("--seeds", "Fresh seeds for each configuration that is not dropped earlier.")
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option("--reference", metavar="NAME", help="A warm start that is trained on the same seeds to compare."),
    ] = None,
    race_reference: Annotated[
        bool, typer.Option("--race-reference", help="Drop the reference too when it is clearly slower.")
    ] = False,
    timeout: Annotated[
        float | None, duration_option("--timeout", "Stop after this much wall-clock time: 90, 30m, 1h30m.")
    ] = None,
    workers: Annotated[Workers | None, workers_option()] = None,
    storage: Storage = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Discard what was confirmed before, and start again.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object at the end on stdout, everything else on stderr.")
    ] = False,
) -> None:
    """Retrain the best configurations of a study on fresh seeds, and name the one that wins there.

    All train on the same seeds, which no trial of the study used, with the study's task, budget and target. A
    configuration that is clearly slower than the best after some seeds gets no more of them. Ctrl-C stops, and the same
    command continues.
    """
    if reference == "":
        raise UserError("--reference: '' was given, but it must be a warm start of the study's search space.")
    quiet_optuna()
    config, settings = _opened(study, storage)
    config = _with_workers(config, workers)
    given = {"top": top, "seeds": seeds, "reference": reference}
    settings = ConfirmConfig.model_validate(
        {**settings.model_dump(), **{name: value for name, value in given.items() if value is not None}}
    )
    out = console(stderr=as_json)
    confirmed = confirm_study(
        config,
        settings,
        out,
        race_reference=race_reference,
        restart=restart,
        total_seconds=timeout,
    )
    summary, confirmation = confirmed.summary, confirmed.confirmation
    if as_json:
        run = {
            "reason": summary.reason,
            "wall_seconds": summary.wall_seconds,
            "warnings": warnings_data(confirmed.warnings),
        }
        print_json({"run": run, **confirmation.to_json()})
    else:
        ended = "Done." if confirmation.finished else "Stopped. The same command continues where it stopped."
        console().print(ended, f"{duration_text(summary.wall_seconds)} elapsed.")
        print_confirmation(console(), confirmation)
    print_warnings(console(stderr=as_json), confirmed.warnings)
    if summary.reason == "interrupted":
        raise typer.Exit(INTERRUPTED)
    if confirmation.finished and confirmation.winner is None:
        raise TunerError(
            f"No candidate reached the target on any fresh seed, so the study '{config.study}' has no confirmed "
            "winner. Run more trials, or give trials a larger budget under another study name."
        )


@dataclass(frozen=True)
class Confirmed:
    """One run of confirming a study."""

    summary: StudySummary
    """How the run ended."""
    confirmation: Confirmation
    """The confirmation as it is stored."""
    warnings: Mapping[int, str]
    """What its trainings could not write, by run number."""


def confirm_study(
    config: StudyConfig,
    settings: ConfirmConfig,
    out: Console,
    *,
    race_reference: bool = False,
    restart: bool = False,
    total_seconds: float | None = None,
) -> Confirmed:
    """Confirm a study in worker processes, with its progress shown.

    Args:
        config: the study file, as the study was run.
        settings: how many configurations and seeds, and the reference.
        out: where the progress goes.
        race_reference: drop the reference too when it is clearly slower.
        restart: discard what was confirmed before.
        total_seconds: stop after this much wall-clock time; None for no limit. The study's own limit is for
            `tuner run` only.
    """
    limited = config.model_copy(update={"budget": config.budget.model_copy(update={"total_seconds": total_seconds})})
    clock = MonotonicClock()
    space = None if settings.reference is None else load_space(config.search_space)
    folder = RUNS_DIR / config.study
    with (
        open_pool(config, folder / "workers", say=partial(out.print, markup=False)) as pool,
        watching_study(limited, clock, out) as watcher,
        logging_study(config, folder / "confirm", clock, watcher) as listener,
    ):
        print_sharing(out, pool, config.workers)
        confirmer = Confirmer(
            limited,
            settings,
            pool,
            space=space,
            race_reference=race_reference,
            restart=restart,
            listener=listener,
            clock=clock,
            runs_dir=RUNS_DIR,
        )

        def stop(signals: int) -> None:
            confirmer.request_stop()
            watcher.on_message(_STOPPING if signals == 1 else _STOPPING_NOW)

        with StopOnSignal(stop):
            summary, confirmation = confirmer.run()
        return Confirmed(summary, confirmation, watcher.progress.warnings)


def _opened(study: str, storage: str | None) -> tuple[StudyConfig, ConfirmConfig]:
    """Return the study file as the study was run, and its `confirm` section, from the current file if it has one."""
    name, url = find_stored(study, storage)
    file = study_file(study)
    opened = read_study(url, name)
    check_file_unchanged(study, opened, url)
    stored = own_config_of(opened)
    settings = (file.confirm if file is not None else None) or stored.confirm or ConfirmConfig()
    return stored.model_copy(update={"storage": url}), settings


def _with_workers(config: StudyConfig, workers: Workers | None) -> StudyConfig:
    if workers is None:
        return config
    try:
        changed = WorkersConfig.model_validate(config.workers.model_dump() | workers.values)
    except ValidationError as error:
        raise UserError(f"--workers: {'; '.join(describe_problems(error, WorkersConfig))}") from error
    return config.model_copy(update={"workers": changed})
