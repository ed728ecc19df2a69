"""`tuner dashboard`: studies in a browser."""

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tuner.cli.options import Storage
from tuner.cli.printing.warnings import quiet_optuna
from tuner.cli.stored_studies import find_stored
from tuner.cli.watching.interrupt import StopOnSignal
from tuner.config import DEFAULT_STORAGE
from tuner.dashboard import find_address, open_dashboard, read_password


def dashboard(
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY",
            help="A study file, a bundled study, or a study's name in the storage, whose page is shown first. Without "
            "it, the list of all studies in the storage.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="HOST",
            help="Where to listen. By default only this machine can connect; another host needs a password.",
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="Port to listen on; 0 for any free one.")] = 8080,
    storage: Storage = None,
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file",
            metavar="FILE",
            help="File whose first line is the password that browsers ask for, with any user name. The environment "
            "variable TUNER_DASHBOARD_PASSWORD does the same.",
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open the page in your browser.")] = False,
) -> None:
    """Show studies in a browser: curves, notes, parameters, while they run and after.

    It shows what is stored and saves the notes that you edit. It cannot change a study. Ctrl-C ends it.
    """
    quiet_optuna()
    name, url = (None, storage or DEFAULT_STORAGE) if study is None else find_stored(study, storage)
    password = read_password(password_file, os.environ)
    opened = open_dashboard(url, study=name, address=find_address(host, port), password=password)
    with StopOnSignal(_stop):
        try:
            typer.echo(f"The dashboard is at {opened.url} (Ctrl-C ends it).")
            if browser:
                typer.launch(opened.url)
            opened.serve()
        except KeyboardInterrupt:  # Ctrl-C before the server ran, or again while it ended
            opened.close()


def _stop(_: int) -> NoReturn:
    """End the server, which runs in the main thread and can only be stopped by an exception."""
    raise KeyboardInterrupt
