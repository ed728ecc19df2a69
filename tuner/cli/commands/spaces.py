"""`tuner spaces`: the bundled search spaces."""

from typing import Annotated, Any

import typer
from rich.table import Table

from tuner.cli.printing.output import console, print_json
from tuner.spaces import bundled_spaces, load_space


def spaces(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """List the bundled search spaces, with the configurations that each can try first."""
    found = spaces_data()
    if as_json:
        print_json({"spaces": found})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("search space", no_wrap=True)
    table.add_column("what it searches", overflow="fold")
    table.add_column("warm starts", overflow="fold")
    for entry in found:
        table.add_row(entry["name"], entry["summary"], ", ".join(entry["warm_starts"]) or "—")
    out = console()
    out.print(table)
    out.print("\nFiles:", *sorted({entry["file"] for entry in found}), sep="\n  ", markup=False)


def spaces_data() -> list[dict[str, Any]]:
    """Return name, first line of the docstring, file and warm starts of every bundled search space."""
    found = []
    for name in bundled_spaces():
        space = load_space(name)
        summary, *_ = (space.function.__doc__ or "").strip().splitlines() or [""]
        file = space.function.__code__.co_filename
        found.append({"name": name, "summary": summary, "file": file, "warm_starts": list(space.warm_starts)})
    return found
