"""Where the bundled `search_spaces/` and `studies/` lie, in a wheel and in a checkout alike."""

from pathlib import Path

from tuner.errors import TunerError

_PACKAGE = Path(__file__).resolve().parent


def bundled_dir(name: str) -> Path:
    """Return the folder `search_spaces` or `studies` that came with this installation.

    A wheel carries them inside the package; a checkout (editable install) has them beside it.

    Raises:
        TunerError: if the installation is incomplete.
    """
    for folder in (_PACKAGE / "bundled" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise TunerError(f"This installation has no '{name}' folder. Reinstall sac-tuner.")
