"""`tuner studies`: the bundled study files."""

from typing import Annotated, Any

import typer
from rich.table import Table

from tuner.cli.printing.output import console, print_json
from tuner.config import bundled_studies, load_study


def studies(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """List the bundled studies; each can be given to [bold]tuner run[/bold] by its name."""
    found = studies_data()
    if as_json:
        print_json({"studies": found})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("study", "task", "simulator", "robots", "search space", "target", "budget"):
        table.add_column(column, overflow="fold")
    for entry in found:
        target = "—" if entry["target"] is None else f"{entry['target']:g}"
        budget = f"{entry['trials']} trials of {entry['seconds']:g} s"
        names = (entry["name"], entry["task"], entry["simulator"], str(entry["num_envs"]), entry["search_space"])
        table.add_row(*names, target, budget)
    console().print(table)


def studies_data() -> list[dict[str, Any]]:
    """Return name, file and main settings of every bundled study."""
    found = []
    for name, file in bundled_studies().items():
        config = load_study(file)
        found.append(
            {
                "name": name,
                "file": str(file),
                "task": config.task.id,
                "simulator": config.task.simulator,
                "num_envs": config.task.num_envs,
                "search_space": config.search_space,
                "objective": config.objective.kind,
                "target": config.objective.target,
                "trials": config.budget.trials,
                "seconds": config.budget.seconds,
            }
        )
    return found
