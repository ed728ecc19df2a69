"""Draw a page as a PNG with a Chromium on this machine. Nothing is downloaded."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tuner.errors import TunerError, UserError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
_MACOS = ("Google Chrome", "Chromium", "Microsoft Edge")
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # the page is complete, so nothing may be requested from the network
)
_SECONDS = 120


def find_browser() -> str | None:
    """Return the path of a Chromium, Chrome or Edge, or None.

    The environment variable TUNER_BROWSER names one that is not found otherwise.
    """
    chosen = os.environ.get("TUNER_BROWSER")
    if chosen:
        return shutil.which(chosen)
    installed = [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in _MACOS if sys.platform == "darwin"]
    return next((found for name in (*_NAMES, *installed) if (found := shutil.which(name))), None)


def require_browser() -> str:
    """Return the path of a browser.

    Raises:
        UserError: if there is none.
    """
    browser = find_browser()
    if browser is not None:
        return browser
    chosen = os.environ.get("TUNER_BROWSER")
    missing = f"TUNER_BROWSER is '{chosen}', which is not a program" if chosen else "no Chromium or Chrome was found"
    raise UserError(
        f"A PNG is drawn by a browser, but {missing}. Install Chromium (Debian and Ubuntu: apt install chromium), name "
        "a browser in the environment variable TUNER_BROWSER, or write .html, which needs none."
    )


def screenshot(page: Path, image: Path, *, width: int, height: int, scale: float) -> None:
    """Draw a page from a file.

    Args:
        page: the HTML file.
        image: the PNG to write.
        width: of the page, in pixels.
        height: of the page, in pixels.
        scale: pixels of the image for each pixel of the page.

    Raises:
        UserError: if there is no browser.
        TunerError: if the browser fails.
    """
    browser = require_browser()
    with tempfile.TemporaryDirectory(prefix="tuner-browser-", ignore_cleanup_errors=True) as profile:
        command = [
            browser,
            *_OPTIONS,
            *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium does not start as root otherwise
            f"--user-data-dir={profile}",
            f"--force-device-scale-factor={scale:g}",
            f"--window-size={width},{height}",
            f"--screenshot={image.resolve()}",
            page.resolve().as_uri(),
        ]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise TunerError(f"{browser} did not draw the figure within {_SECONDS} s. Write .html instead.") from error
    if ended.returncode != 0 or not image.is_file():
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise TunerError(
            f"{browser} ended with code {ended.returncode} and did not draw the figure: {last}. Write .html instead, "
            "or name another browser in the environment variable TUNER_BROWSER."
        )
