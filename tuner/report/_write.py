"""Write a study's page, and its figures as images."""

from pathlib import Path

import optuna

from tuner.errors import UserError
from tuner.figures import check_figure_path, write_figure
from tuner.report._page import figures_of, page_of, sections_of
from tuner.report._study_data import read_source
from tuner.resources import write_whole


def check_report_paths(page: Path, png_dir: Path | None, *, force: bool) -> None:
    """Check before any work that the page and the images can be written.

    Args:
        page: the HTML file.
        png_dir: the folder for the images; it is created if it does not exist.
        force: replace files that exist.

    Raises:
        UserError: if one of them cannot be written.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"The report's file is '{page}', but it must end in .html. Images are written by --png DIR.")
    if page.is_dir():
        raise UserError(f"'{page}' is a folder. Name a file for the report.")
    if not page.parent.is_dir():
        raise UserError(f"The folder '{page.parent}' for the report '{page.name}' does not exist. Make it first.")
    if page.exists() and not force:
        raise UserError(f"'{page}' exists. Name another file, or replace it with --force.")
    if png_dir is None:
        return
    if png_dir.exists() and not png_dir.is_dir():
        raise UserError(f"'{png_dir}' is not a folder. Name a folder for the images.")
    if not png_dir.parent.is_dir():
        raise UserError(f"The folder '{png_dir.parent}' for '{png_dir.name}' does not exist. Make it first.")
    check_figure_path(png_dir.parent / "figure.png")  # needs a browser


def write_report(
    study: optuna.Study, page: Path, *, png_dir: Path | None = None, force: bool = False, top: int = 3
) -> list[Path]:
    """Write a study's page, and each of its figures as an image if asked to.

    Args:
        study: a study of this program.
        page: the HTML file. It contains all that it needs.
        png_dir: the folder for the images.
        force: replace files that exist.
        top: how many of the best trials are highlighted among the curves.

    Returns:
        The files that were written, the page first.

    Raises:
        UserError: as `check_report_paths` does, if another program made the study, or if a file cannot be written.
        TunerError: if the browser fails.
    """
    check_report_paths(page, png_dir, force=force)
    source = read_source(study, top=top)
    sections = sections_of(source)
    images = [] if png_dir is None else [(png_dir / f"{each.name}.png", each.figure) for each in figures_of(sections)]
    existing = [image.name for image, _ in images if image.exists()]
    if existing and not force:
        raise UserError(
            f"{png_dir} has {', '.join(existing)} already. Name another folder, or replace them with --force."
        )
    content = page_of(source, sections).encode("utf-8", errors="replace")
    try:
        write_whole(page, lambda file: file.write(content))
        if png_dir is not None:
            png_dir.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot write '{error.filename or page}': {error.strerror}. Name another place.") from error
    for image, figure in images:
        write_figure(figure, image)
    return [page, *(image for image, _ in images)]
