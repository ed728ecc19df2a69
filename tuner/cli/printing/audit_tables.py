"""What `tuner audit` prints for people."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.actions import AnswerName, Audit, ConfigurationAudit, DimensionAudit

_COLOURS = {"fine": "green", "wide": "yellow", "hopeless": "red", "no clipping": "yellow", "not understood": "magenta"}
_ANSWERS: dict[AnswerName, str] = {"no_clipping": "no clipping", "not_understood": "not understood"}


def print_audit(out: Console, source: dict[str, Any], audit: Audit) -> None:
    """Print an audit.

    Args:
        out: where to.
        source: what was audited, as `--json` prints it.
        audit: the result.
    """
    _print_title(out, _title(source), audit.verdict)
    _print_table(out, dimensions_table(audit.dimensions))
    _print_reason(out, audit.reason, audit.remedy)


def print_configuration(out: Console, found: ConfigurationAudit) -> None:
    """Print what a configuration says about actions: a box with its audit, no clipping, or what is not understood."""
    described = ", ".join(text for text in (found.found.style, found.found.place, found.found.line) if text)
    _print_title(out, f"{found.source} ({described})", _answer(found))
    for note in found.found.notes:
        out.print(Text(note, style="dim"))
    if found.audit is not None:
        rescaled = getattr(found.found, "rescaled", False)
        _print_table(out, dimensions_table(found.audit.dimensions, rescaled=rescaled))
    _print_reason(out, found.reason, found.remedy)


def print_configurations(out: Console, found: Sequence[ConfigurationAudit]) -> None:
    """Print one row for each configuration, then the reasons of those without a box."""
    out.print(configurations_table(found))
    for entry in found:
        if entry.audit is None:
            out.print()
            _print_title(out, f"{entry.source} ({entry.found.line})", _answer(entry))
            _print_reason(out, entry.reason, entry.remedy)
    out.print()
    out.print(Text("For one of them in full: tuner audit --config FILE.", style="dim"))


def configurations_table(found: Sequence[ConfigurationAudit]) -> Table:
    """Return one row for each configuration, with its worst dimension."""
    table = Table(box=None, header_style="dim")
    table.add_column("configuration", overflow="fold")
    for title in ("actions", "widest box", "out of place"):
        table.add_column(title, justify="right")
    table.add_column("answer")
    table.add_column("where", overflow="fold")
    for entry in found:
        cells = ["—", "—", "—"]
        if entry.audit is not None:
            worst = max(entry.audit.dimensions, key=lambda dimension: dimension.out_of_place)
            cells = [str(len(entry.audit.dimensions)), _ends(worst), _share(worst.out_of_place)]
        answer = _answer(entry)
        table.add_row(entry.source, *cells, Text(answer, style=_COLOURS[answer]), entry.found.line)
    return table


def dimensions_table(dimensions: Sequence[DimensionAudit], *, rescaled: bool = False) -> Table:
    """Return one row for each dimension, or for neighbours that are the same; empty columns are left out.

    Args:
        dimensions: the audited ones.
        rescaled: whether PPO's sample is multiplied by the box's half width.
    """
    targets = any(dimension.target_low_degrees is not None for dimension in dimensions)
    ranges = any(dimension.range_low_degrees is not None for dimension in dimensions)
    table = Table(box=None, header_style="dim")
    table.add_column("dimension", overflow="fold")
    ppo = "σ = half:" if rescaled else "σ = 1:"
    titles = ["box", f"{ppo}\nbeyond ±3", "\nclipped", "squashed:\nbeyond ±3"]
    titles += ["\nbeyond range"] if ranges else []
    titles += ["joint target"] if targets else []
    titles += ["joint range"] if ranges else []
    for title in titles:
        table.add_column(title, justify="right")
    table.add_column("verdict")
    for names, dimension in _grouped(dimensions):
        table.add_row(names, *_cells(dimension, targets=targets, ranges=ranges), _verdict(dimension))
    return table


def _print_title(out: Console, title: str, answer: str) -> None:
    out.print(Text.assemble((title, "bold"), "  ", (answer, f"bold {_COLOURS[answer]}")))


def _print_table(out: Console, table: Table) -> None:
    out.print()
    out.print(table)
    out.print()


def _print_reason(out: Console, reason: str, remedy: str) -> None:
    out.print(Text(reason))
    out.print(Text.assemble(("What to do: ", "bold"), remedy))


def _answer(found: ConfigurationAudit) -> str:
    return _ANSWERS[found.answer] if found.audit is None else found.audit.verdict


def _title(source: dict[str, Any]) -> str:
    if "task" in source:
        return f"{source['task']} ({source['simulator']})"
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
        _ends(dimension),
        _share(dimension.gaussian_beyond_unit),
        _share(dimension.gaussian_clipped),
        _share(dimension.squashed_beyond_unit),
    ]
    cells += [_share(dimension.squashed_beyond_range)] if ranges else []
    about = " about default" if dimension.about_default else ""
    cells += [_degrees(dimension.target_low_degrees, dimension.target_high_degrees) + about] if targets else []
    return cells + ([_degrees(dimension.range_low_degrees, dimension.range_high_degrees)] if ranges else [])


def _ends(dimension: DimensionAudit) -> str:
    return f"{dimension.low:.4g} … {dimension.high:.4g}"


def _verdict(dimension: DimensionAudit) -> Text:
    return Text(dimension.verdict, style=_COLOURS[dimension.verdict])


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def _degrees(low: float | None, high: float | None) -> str:
    return "—" if low is None or high is None else f"{low:.0f}° … {high:.0f}°"
