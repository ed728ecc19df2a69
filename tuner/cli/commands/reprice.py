"""`tuner reprice`: a study's trials ranked for another machine."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tuner.analysis import reprice as repriced
from tuner.cli.options import Storage, StoredStudy, check_partner, count_option
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.reprice_table import calibration_text, contention_text, print_repricing
from tuner.cli.printing.warnings import quiet_optuna
from tuner.cli.stored_studies import open_stored, study_file
from tuner.config import StudyConfig
from tuner.errors import UserError
from tuner.records import Calibration
from tuner.resources import check_output, user_path
from tuner.storage import own_config_of
from tuner.workers import measure_here

_HERE = "this"


def reprice(
    study: StoredStudy,
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="MACHINE",
            help="The machine to rank for: `this` is measured for some seconds, unless that was done today; a file is "
            "another one's, from `--calibrate FILE` there.",
        ),
    ] = _HERE,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            "--calibrate",
            metavar="FILE",
            help="Rank nothing, but measure this machine for the study's task and save that as JSON. The study's file "
            "is enough.",
        ),
    ] = None,
    threads: Annotated[
        int | None, count_option("--threads", "CPUs of a worker on this machine, if not the study's `workers.threads`.")
    ] = None,
    top: Annotated[int | None, count_option("--top", "Show only the first N trials of the new ranking.")] = None,
    storage: Storage = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file of --calibrate.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Rank a study's trials for another machine, from their recorded steps and updates.

    Each trial's time to return is predicted from the seconds in its ledger, scaled by how fast the two machines
    simulate the task and make a reference update. It is a prediction: confirm its first trials on that machine.
    """
    quiet_optuna()
    check_partner("--force", force or None, "--calibrate", given=calibrate is not None)
    if on != _HERE and calibrate is not None:
        raise UserError(f"--calibrate measures this machine, but --on names {on}. Leave one of them out.")
    if on != _HERE:
        check_partner("--threads", threads, "--on this", given=False)
    if calibrate is not None:
        _save(calibrate, _config(study, storage), threads, force=force, as_json=as_json)
        return
    opened = open_stored(study, storage)
    config = own_config_of(opened)
    there = _measured(config, threads) if on == _HERE else _read(Path(on))
    result = repriced(opened, there)
    if as_json:
        print_json(result.to_json())
    else:
        print_repricing(console(), result, top)


def _save(path: Path, config: StudyConfig, threads: int | None, *, force: bool, as_json: bool) -> None:
    file = user_path(path)
    check_output(file, force=force)
    calibration = _measured(config, threads)
    file.write_text(json.dumps(calibration.to_json(), indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(calibration.to_json())
        return
    for line in (calibration_text(calibration), contention_text(calibration), f"Written to {path}."):
        if line is not None:
            typer.echo(line)


def _config(study: str, storage: str | None) -> StudyConfig:
    """Return the study's file; of a name in the storage, what is stored."""
    return study_file(study) or own_config_of(open_stored(study, storage))


def _measured(config: StudyConfig, threads: int | None) -> Calibration:
    workers = config.workers if threads is None else config.workers.model_copy(update={"threads": threads})
    return measure_here(config.task, workers)


def _read(path: Path) -> Calibration:
    """Read a calibration.

    Raises:
        UserError: if the file cannot be read, or is no calibration.
    """
    try:
        return Calibration.from_json(json.loads(user_path(path).read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(
            f"Cannot read the calibration {path}: {error.strerror}. Give `this`, or a file from: tuner reprice STUDY "
            "--calibrate FILE"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} is no calibration. Make one on the other machine with: tuner reprice STUDY --calibrate FILE"
        ) from error
