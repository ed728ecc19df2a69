"""`tuner export`: write a study's configuration for the tools that train it."""

from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import Storage, StoredStudy
from tuner.cli.printing.output import console
from tuner.cli.printing.warnings import quiet_optuna
from tuner.cli.stored_studies import check_file_unchanged, find_stored
from tuner.errors import UserError
from tuner.export import configuration_of, get_format
from tuner.resources import check_output, write_whole
from tuner.storage import read_study


def export(
    study: StoredStudy,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="sbx: a Python program for plain SBX. zoo: an entry for RL Zoo. isaaclab: an agent file for Isaac "
            "Lab's Stable-Baselines3 scripts. json: all of it, for tuner train.",
        ),
    ],
    trial: Annotated[
        int | None, typer.Option("--trial", metavar="N", help="Export this trial instead of the confirmed winner.")
    ] = None,
    storage: Storage = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write a study's configuration to a file, for the tool that will train it.

    The configuration is the confirmed winner's, or without a confirmation the best trial's, with a warning. The action
    box is in absolute numbers, so that it means the same everywhere.
    """
    chosen = get_format(form)
    chosen.check_name(output)
    check_output(output, force=force)
    quiet_optuna()
    name, url = find_stored(study, storage)
    stored = read_study(url, name)
    check_file_unchanged(study, stored, url)
    found = configuration_of(stored, trial)
    text = chosen.text(found.configuration)
    try:
        write_whole(output, lambda file: file.write(text.encode()))
    except OSError as error:
        raise UserError(f"Cannot write {output}: {error.strerror}. Name another place.") from error
    for warning in found.warnings:
        console(stderr=True).print(f"Warning: {warning}", markup=False, soft_wrap=True)
    taken = found.configuration.provenance
    kind = "the confirmed winner" if taken.confirmed else "not confirmed"
    console().print(f"Written to {output}: trial {taken.trial} of {taken.study}, {kind}.", markup=False, soft_wrap=True)
