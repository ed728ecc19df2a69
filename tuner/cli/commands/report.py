"""`tuner report`: a study as one page, and its figures as images."""

from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import Storage, StoredStudy
from tuner.cli.printing.warnings import quiet_optuna
from tuner.cli.stored_studies import open_stored
from tuner.report import check_report_paths, write_report


def report(
    study: StoredStudy,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.html", help="The page. It needs no network.")
    ] = Path("report.html"),
    png: Annotated[
        Path | None,
        typer.Option("--png", metavar="DIR", help="Write each figure as a PNG into this folder too, for slides."),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", min=0, metavar="N", help="How many of the best trials stand out among the curves.")
    ] = 3,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    storage: Storage = None,
) -> None:
    """Write a study as one page: what won, how the search went, where the seconds went, and its origin.

    The page carries everything it needs. It can be mailed, opened without a network, read on a phone and printed.
    """
    check_report_paths(output, png, force=force)
    quiet_optuna()
    for path in write_report(open_stored(study, storage), output, png_dir=png, force=force, top=top):
        typer.echo(path)
