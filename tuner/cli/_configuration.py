"""A configuration as a table."""

from typing import Any

from rich.table import Table

from tuner.analysis import agent_rows


def agent_table(agent: dict[str, Any]) -> Table:
    """Return an `AgentConfig` in JSON as a table."""
    table = Table(box=None, show_header=False)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in agent_rows(agent):
        table.add_row(name, value)
    return table
