"""Write figures to files: a page that works without a network, or a PNG."""

import html
import tempfile
from pathlib import Path

import plotly.graph_objects as go

from tuner.errors import UserError
from tuner.figures._browser import require_browser, screenshot

_SUFFIXES = (".html", ".png")
_SCALE = 2.0
"""Pixels of a PNG for each pixel of the figure, so that it is sharp on fine screens and in print."""


def check_figure_path(path: Path) -> None:
    """Check before any work that a figure can be written to a path.

    Raises:
        UserError: if the suffix is not .html or .png, the folder does not exist, or a PNG has no browser to draw it.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UserError(f"The figure's file is '{path}', but it must end in .html or .png.")
    if not path.parent.is_dir():
        raise UserError(f"The folder '{path.parent}' for the figure '{path.name}' does not exist. Make it first.")
    if path.is_dir():
        raise UserError(f"'{path}' is a folder. Name a file for the figure.")
    if path.suffix.lower() == ".png":
        require_browser()


def write_figure(figure: go.Figure, path: Path) -> None:
    """Write a figure, completely or not at all. An existing file is replaced.

    Args:
        figure: has a width and a height.
        path: ends in .html (the page contains all it needs) or .png (drawn by a browser on this machine).

    Raises:
        UserError: as `check_figure_path` does, or if the file cannot be written.
        TunerError: if the browser fails.
    """
    check_figure_path(path)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".tuner-figure-") as folder:
            page = Path(folder) / "figure.html"
            drawn_as_png = path.suffix.lower() == ".png"
            page.write_text(_page(figure, still=drawn_as_png), encoding="utf-8")
            result = page
            if drawn_as_png:
                result = Path(folder) / "figure.png"
                width, height = figure.layout.width, figure.layout.height
                screenshot(page, result, width=width, height=height, scale=_SCALE)
            result.replace(path)
    except OSError as error:
        raise UserError(f"Cannot write '{path}': {error.strerror}. Name a file that you can write to.") from error


def _page(figure: go.Figure, *, still: bool) -> str:
    config = {"displaylogo": False, "responsive": False, "displayModeBar": "hover", "staticPlot": still}
    drawn: str = figure.to_html(include_plotlyjs=True, full_html=False, config=config)
    title = html.escape(str(figure.layout.meta or "Figure"))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>'
        f"<style>body {{ margin: 0; background: white; }}</style></head>\n<body>{drawn}</body>\n</html>\n"
    )
