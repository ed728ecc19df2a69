"""`tuner tasks`: the tasks that can be trained."""

from typing import Annotated, Any

import typer
from rich.table import Table

from tuner import simulators
from tuner.cli.printing.output import console, print_json
from tuner.cli.watching.start_watcher import StartWatcher
from tuner.simulators import server


def tasks(
    simulator: Annotated[
        str | None,
        typer.Option(
            "--simulator",
            metavar="NAME",
            help="List only this simulator's tasks; your own as path/to/file.py:ClassName.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """List the tasks that each simulator offers."""
    found = tasks_data(simulator)
    if as_json:
        print_json({"tasks": found})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("simulator", no_wrap=True)
    table.add_column("task", overflow="fold")
    for entry in found:
        table.add_row(entry["simulator"], entry["task"])
    out = console()
    out.print(table)
    if simulator is None:
        names = " and ".join(server.SERVED)
        out.print(f"\n{names} run in interpreters of their own; --simulator NAME asks one for its tasks.", markup=False)


def tasks_data(simulator: str | None = None) -> list[dict[str, Any]]:
    """Return every task with its simulator.

    Args:
        simulator: a simulator's name, or a user's own as `path/to/file.py:ClassName`; None lists all that run in
            this interpreter.

    Raises:
        UserError: for an unknown simulator.
    """
    bundled = [name for name in simulators.simulator_names() if name not in server.SERVED]
    names = bundled if simulator is None else [simulator]
    return [{"simulator": name, "task": task} for name in names for task in _tasks_of(simulators.get_simulator(name))]


def _tasks_of(simulator: "simulators.Simulator") -> list[str]:
    if not isinstance(simulator, server.ServedSimulator):
        return simulator.tasks()
    with StartWatcher() as watcher:
        return simulator.tasks(watcher.say)
