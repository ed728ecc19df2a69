"""What `tuner audit` prints for people."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.actions import Audit, DimensionAudit

_COLOURS = {"fine": "green", "wide": "yellow", "hopeless": "red"}


def print_audit(out: Console, source: dict[str, Any], audit: Audit) -> None:
    """Print an audit.

    Args:
        out: where to.
        source: what was audited, as `--json` prints it.
        audit: the result.
    """
    out.print(Text.assemble((_title(source), "bold"), "  ", (audit.verdict, f"bold {_COLOURS[audit.verdict]}")))
    for note in source.get("notes", []):
        out.print(Text(note, style="dim"))
    out.print()
    out.print(dimensions_table(audit.dimensions))
    out.print()
    out.print(Text(audit.reason))
    out.print(Text.assemble(("What to do: ", "bold"), audit.remedy))


def dimensions_table(dimensions: Sequence[DimensionAudit]) -> Table:
    """Return one row for each dimension, or for neighbours that are the same; empty columns are left out."""
    targets = any(dimension.target_low_degrees is not None for dimension in dimensions)
    ranges = any(dimension.range_low_degrees is not None for dimension in dimensions)
    table = Table(box=None, header_style="dim")
    table.add_column("dimension", overflow="fold")
    titles = ["box", "σ = 1:\nbeyond ±3", "\nclipped", "squashed:\nbeyond ±3"]
    titles += ["\nbeyond range"] if ranges else []
    titles += ["joint target"] if targets else []
    titles += ["joint range"] if ranges else []
    for title in titles:
        table.add_column(title, justify="right")
    table.add_column("verdict")
    for names, dimension in _grouped(dimensions):
        table.add_row(names, *_cells(dimension, targets=targets, ranges=ranges), _verdict(dimension))
    return table


def _title(source: dict[str, Any]) -> str:
    if "task" in source:
        return f"{source['task']} ({source['simulator']})"
    if "config" in source:
        return f"{source['config']} ({source['style']}, {source['place']})"
    low, high = source["box"]
    return f"{low:g} … {high:g} in {source['dims']} dimension{'s' if source['dims'] > 1 else ''}"


def _grouped(dimensions: Sequence[DimensionAudit]) -> list[tuple[str, DimensionAudit]]:
    rows = []
    for anonymous, group in groupby(dimensions, key=lambda dimension: replace(dimension, name="")):
        names = [dimension.name for dimension in group]
        label = ", ".join(names) if len(names) <= 2 else f"{names[0]} … {names[-1]}"
        rows.append((label, anonymous))
    return rows


def _cells(dimension: DimensionAudit, *, targets: bool, ranges: bool) -> list[str]:
    cells = [
        f"{dimension.low:.4g} … {dimension.high:.4g}",
        _share(dimension.gaussian_beyond_unit),
        _share(dimension.gaussian_clipped),
        _share(dimension.squashed_beyond_unit),
    ]
    cells += [_share(dimension.squashed_beyond_range)] if ranges else []
    about = " about default" if dimension.about_default else ""
    cells += [_degrees(dimension.target_low_degrees, dimension.target_high_degrees) + about] if targets else []
    return cells + ([_degrees(dimension.range_low_degrees, dimension.range_high_degrees)] if ranges else [])


def _verdict(dimension: DimensionAudit) -> Text:
    return Text(dimension.verdict, style=_COLOURS[dimension.verdict])


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def _degrees(low: float | None, high: float | None) -> str:
    return "—" if low is None or high is None else f"{low:.0f}° … {high:.0f}°"
