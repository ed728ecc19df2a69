"""`tuner run`: run a study, or continue one."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tuner.analysis import failures_of, summary_data
from tuner.cli.commands.confirm import Confirmed, confirm_study
from tuner.cli.options import INTERRUPTED, RUNS_DIR, Duration, Workers, count_option, duration_option, workers_option
from tuner.cli.printing.failure_text import last_failure_text
from tuner.cli.printing.next_command import RunCommand
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.run_result import print_result, result_data
from tuner.cli.printing.warnings import print_sharing, print_warnings, quiet_optuna
from tuner.cli.watching.interrupt import StopOnSignal
from tuner.cli.watching.study_logging import logging_study
from tuner.cli.watching.study_watcher import watching_study
from tuner.clock import MonotonicClock
from tuner.config import StudyConfig, load_study
from tuner.errors import TunerError
from tuner.spaces import load_space
from tuner.storage import BusyError, StudySummary, read_study, wait_for_others
from tuner.study import FailedTrialsError, Manager
from tuner.tracebacks import with_frame
from tuner.workers import open_pool

_STOPPING = (
    "Stopping: running trials are recorded as interrupted and queued again. Ctrl-C again to stop without waiting."
)
_STOPPING_NOW = "Stopping without waiting for the workers."


def run(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A study file, or the name of a bundled study.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Override one value of the study file; repeat it for more."),
    ] = None,
    trials: Annotated[int | None, count_option("--trials", "Number of trials of the whole study.")] = None,
    timeout: Annotated[
        Duration | None, duration_option("--timeout", "Stop after this much wall-clock time: 90, 30m, 1h30m.")
    ] = None,
    workers: Annotated[Workers | None, workers_option()] = None,
    storage: Annotated[
        str | None, typer.Option("--storage", metavar="URL", help="Where trials are stored, as an SQLAlchemy URL.")
    ] = None,
    no_confirm: Annotated[
        bool, typer.Option("--no-confirm", help="Do not confirm, even if the study file has a section 'confirm'.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object at the end on stdout, everything else on stderr.")
    ] = False,
) -> None:
    """Run a study, or continue one that was stopped.

    If the study file has a section 'confirm', the best configurations are retrained on fresh seeds after all trials, as
    `tuner confirm` does. Ctrl-C stops the study, and the same command continues it later.
    """
    quiet_optuna()
    given = as_overrides(trials=trials, timeout=timeout, workers=workers, storage=storage)
    config = load_study(study, [*(overrides or []), *given])
    typed = None if timeout is None else timeout.text
    command = RunCommand(study, overrides or [], trials=trials, timeout=typed, workers=workers, storage=storage)
    out = console(stderr=as_json)
    show = command.show_text(config.study, config.storage)
    try:
        summary, warnings = run_watched(config, out)
    except FailedTrialsError as error:  # its message has been printed when the trial ended
        place = with_frame(f"{error.summary}.", error.user_frame)
        seen = f"`{show} --trial {error.number}` shows all that is known of it."
        raise TunerError(f"{place}\n{seen} Fix the cause and run the same command again.") from error

    def print_all(confirmed: Confirmed | None) -> None:
        confirmation = None if confirmed is None else confirmed.confirmation
        stored = read_study(config.storage, config.study)
        report, failures = summary_data(stored), failures_of(stored)
        if as_json:
            print_json(result_data(summary, report, warnings, confirmation, failures=failures))
        else:
            print_result(console(), command, summary, report, config, confirmation, failures=failures)
        print_warnings(console(stderr=as_json), warnings)
        print_warnings(console(stderr=as_json), {} if confirmed is None else confirmed.warnings)

    try:
        confirmed = None if no_confirm else _confirm(config, command, summary, out)
    except Exception:
        print_all(None)  # print what hours of trials have found, even if confirming fails
        raise
    print_all(confirmed)
    if "interrupted" in (summary.reason, None if confirmed is None else confirmed.summary.reason):
        raise typer.Exit(INTERRUPTED)
    if summary.best is None and summary.reason != "time limit":
        failures = failures_of(read_study(config.storage, config.study))
        why = last_failure_text(failures, show) if failures else f"`{show}` shows how each ended."
        measured = {"exhausted", "pruned"}.isdisjoint(summary.outcomes)
        found = "No trial finished" if measured else "No trial measured a return"
        raise TunerError(
            f"{found}, so there is no best configuration. {why} The workers' output is in {_log_dir(config)}."
        )


def as_overrides(
    *, trials: int | None, timeout: float | None, workers: Workers | None, storage: str | None
) -> list[str]:
    """Return the options as overrides of the study file, so that they are checked in the same way."""
    values = {
        "budget.trials": trials,
        "budget.total_seconds": timeout,
        **{f"workers.{name}": value for name, value in ({} if workers is None else workers.values).items()},
        "storage": storage,
    }
    return [f"{path}={json.dumps(value)}" for path, value in values.items() if value is not None]


def run_watched(config: StudyConfig, out: Console) -> tuple[StudySummary, Mapping[int, str]]:
    """Run a study and show how far it is; Ctrl-C stops it in order.

    Returns:
        its summary, and what its trials could not write, by trial number.

    Raises:
        UserError: if the study cannot be run as it is configured.
        TunerError: if the storage fails.
    """
    clock = MonotonicClock()
    space = load_space(config.search_space)
    with (
        open_pool(config, _log_dir(config), say=partial(out.print, markup=False)) as pool,
        watching_study(config, clock, out) as watcher,
        logging_study(config, RUNS_DIR / config.study, clock, watcher) as listener,
    ):
        print_sharing(out, pool, config.workers)
        manager = Manager(config, space, pool, listener=listener, clock=clock, runs_dir=RUNS_DIR)

        def stop(signals: int) -> None:
            manager.request_stop()
            watcher.on_message(_STOPPING if signals == 1 else _STOPPING_NOW)

        with StopOnSignal(stop):
            return manager.run(), watcher.progress.warnings


def _confirm(config: StudyConfig, command: RunCommand, summary: StudySummary, out: Console) -> Confirmed | None:
    """Confirm a finished study if its study file asks for it; print a message if it has not finished."""
    if config.confirm is None or summary.reason == "interrupted":
        return None
    if summary.reason != "finished" or summary.best is None:
        why = "no trial finished" if summary.best is None else "the study has not finished"
        later = command.confirm_text(config.study, config.storage)
        out.print(f"Not confirmed: {why}. `{later}` confirms the best configurations so far.", markup=False)
        return None
    seeds, top = config.confirm.seeds, config.confirm.top
    out.print(f"All trials are done. The best {top} are confirmed on {seeds} fresh seeds.", markup=False)
    wait_for_others(config.storage, config.study, MonotonicClock())
    try:
        return confirm_study(config, config.confirm, out)
    except BusyError as busy:  # another manager of the study was the first
        out.print(f"Not confirmed here. {busy}", markup=False)
        return None


def _log_dir(config: StudyConfig) -> Path:
    return RUNS_DIR / config.study / "workers"
