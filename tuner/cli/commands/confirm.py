"""`tuner confirm`: retrain a study's best configurations on fresh seeds."""

from typing import Annotated

import typer

from tuner.cli.commands.run import RUNS_DIR
from tuner.cli.options import INTERRUPTED, count_option, duration_option
from tuner.cli.printing.confirm_tables import print_confirmation
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.run_result import print_warnings
from tuner.cli.printing.text import duration_text
from tuner.cli.printing.warnings import quiet_optuna, warnings_data
from tuner.cli.stored_studies import check_file_unchanged, find_stored, study_file
from tuner.cli.watching.confirmation import confirm_study
from tuner.config import ConfirmConfig, StudyConfig
from tuner.errors import TunerError, UserError
from tuner.storage import config_of, read_study


def confirm(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A study file, a bundled study, or a study's name in the storage.")
    ],
    top: Annotated[int | None, count_option("--top", "How many of the best configurations.", metavar="K")] = None,
    seeds: Annotated[int | None, count_option("--seeds", "Fresh seeds for each that is not dropped before.")] = None,
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
    workers: Annotated[int | None, count_option("--workers", "Worker processes that train side by side.")] = None,
    storage: Annotated[
        str | None,
        typer.Option("--storage", metavar="URL", help="Where trials are kept, if not where the study file says."),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what was confirmed before, and begin anew.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object at the end on stdout, everything else on stderr.")
    ] = False,
) -> None:
    """Retrain the best configurations of a study on fresh seeds, and name the one that wins there.

    All train on the same seeds, which no trial of the study used, with the study's task, budget and target. Who is
    clearly slower than the best after some seeds gets no further ones. Ctrl-C stops, and the same command goes on.
    """
    if reference == "":
        raise UserError("--reference: '' was given where a warm start of the study's search space is needed.")
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
        runs_dir=RUNS_DIR,
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
        ended = "Done." if confirmation.finished else "Stopped; the same command goes on where it was."
        console().print(ended, f"{duration_text(summary.wall_seconds)} elapsed.")
        print_confirmation(console(), confirmation)
    print_warnings(console(stderr=as_json), confirmed.warnings)
    if summary.reason == "interrupted":
        raise typer.Exit(INTERRUPTED)
    if confirmation.finished and confirmation.winner is None:
        raise TunerError(
            f"No candidate reached the target on any fresh seed, so the study '{config.study}' has no confirmed "
            "winner. Search on, or give trials a larger budget under another study name."
        )


def _opened(study: str, storage: str | None) -> tuple[StudyConfig, ConfirmConfig]:
    """Return the study file as the study was run, and what it says of confirming, or what the file says by now."""
    name, url = find_stored(study, storage)
    file = study_file(study)
    opened = read_study(url, name)
    check_file_unchanged(study, opened, url)
    stored = config_of(opened)
    if stored is None:
        raise UserError(f"The study '{name}' was not made by this program, so its configurations are not known.")
    settings = (file.confirm if file is not None else None) or stored.confirm or ConfirmConfig()
    return stored.model_copy(update={"storage": url}), settings


def _with_workers(config: StudyConfig, workers: int | None) -> StudyConfig:
    if workers is None:
        return config
    return config.model_copy(update={"workers": config.workers.model_copy(update={"count": workers})})
