"""The task's metrics as a small table."""

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from tuner.cli.printing.text import parameter_text, printable


def metrics_table(metrics: Mapping[str, float]) -> Table:
    """Return a row for each metric, with four significant digits."""
    table = Table(box=None, show_header=False)
    table.add_column("name", overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    for name, value in metrics.items():
        table.add_row(Text(printable(name)), parameter_text(value))
    return table
