"""`tuner dashboard` as a user has it: a process that serves, and a real browser that looks."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from typer.testing import CliRunner

from tests.support.browser import Browser
from tuner.cli.app import app
from tuner.figures import find_browser

SECONDS = 120
needs_browser = pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome to open the dashboard with")


@pytest.fixture(scope="module")
def served(stored):
    """Return the process that serves the two trials of `stored`, and the URL that it printed."""
    config, _, _ = stored
    command = [sys.executable, "-m", "tuner", "dashboard", "toy", "--storage", config.storage, "--port", "0"]
    unprotected = {name: value for name, value in os.environ.items() if name != "TUNER_DASHBOARD_PASSWORD"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=unprotected)
    line = process.stdout.readline()
    assert line.startswith("The dashboard is at http://127.0.0.1:"), process.communicate(timeout=SECONDS)
    yield process, line.split()[4]
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def browser():
    opened = Browser()
    yield opened
    opened.close()


@needs_browser
def test_studies_and_trials_are_shown_and_nothing_is_an_error(served, browser):
    _, url = served
    base = url.removesuffix("/dashboard/studies/1")

    browser.open(f"{base}/dashboard")
    browser.wait_for("document.body.innerText.includes('1. toy')")

    browser.open(url)
    drawn = "document.getElementById('user-defined-plot:returns')?.querySelector('.scatterlayer .trace')"
    browser.wait_for(drawn)
    browser.wait_for("document.getElementById('user-defined-plot:seconds')?.querySelector('.barlayer .trace')")
    browser.wait_for("document.body.innerText.includes('Best Trial (number=0)')")

    browser.open(f"{base}/dashboard/studies/1/note")
    browser.wait_for(
        "document.body.innerText.includes('toy searches for the configuration that reaches a return of 10')"
    )

    browser.open(f"{base}/dashboard/studies/1/trials?numbers=1")
    browser.wait_for("document.body.innerText.includes('Did not reach the target of 10 within its budget of 100 s')")
    browser.wait_for("[...document.querySelectorAll('td')].some(cell => cell.innerText == 'simulate')")
    # The curve in the note, and the two pictures among the artifacts, at their own size.
    browser.wait_for("[...document.images].filter(image => image.complete && image.naturalWidth == 760).length == 3")

    link = browser.evaluate("[...document.links].find(link => link.innerText == 'return').href")
    browser.open(link)
    browser.wait_for("document.querySelector('.js-plotly-plot .scatterlayer .trace')")
    assert browser.problems == []


def test_ctrl_c_ends_it_in_order(served):
    process, url = served
    with urllib.request.urlopen(url.replace("dashboard", "api"), timeout=SECONDS) as answer:
        assert json.load(answer)["name"] == "toy"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "{taken}"], "Port {taken} of 127.0.0.1 is in use."),
        (["--port", "99999"], "The port is 99999, but must be between 1 and 65535"),
        (["--host", "a..b"], "The host 'a..b' is not known."),
        (["--host", "0.0.0.0"], "Set a password, in a file (--password-file FILE)"),
        (["--password-file", "none.txt"], "Cannot read the password file none.txt: No such file"),
        (["toys"], "Unknown study 'toys'"),
        (["--storage", "sqlite:///none.db"], "There is no storage sqlite:///none.db."),
        (["--storage", "nonsense"], "The storage 'nonsense' is not a database URL."),
    ],
)
def test_mistakes_are_told_in_one_message(stored, tmp_path, monkeypatch, arguments, message):
    config, _, _ = stored
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TUNER_DASHBOARD_PASSWORD", raising=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        given = [argument.replace("{taken}", port) for argument in arguments]
        where = [] if "--storage" in given else ["--storage", config.storage]
        shown = CliRunner().invoke(app, ["dashboard", *given, *where])
    assert shown.exit_code == 2
    assert shown.stderr.startswith("Error: ")
    assert message.replace("{taken}", port) in shown.stderr
    assert "Traceback" not in shown.output
    assert list(tmp_path.iterdir()) == []
