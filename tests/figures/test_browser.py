"""The browser that draws PNGs: how it is found, what it is asked to do, and what it may do wrong."""

from pathlib import Path

import pytest

from tuner.errors import TunerError, UserError
from tuner.figures import find_browser
from tuner.figures._browser import require_browser, screenshot

DRAWING = """#!/bin/sh
for argument in "$@"; do
    echo "$argument" >> "{folder}/arguments"
    case "$argument" in --screenshot=*) echo drawn > "${{argument#--screenshot=}}";; esac
done
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Return a function that installs a program of a given name on an otherwise empty PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("TUNER_BROWSER", raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    def install(name, text="#!/bin/sh\n"):
        program = folder / name
        program.write_text(text)
        program.chmod(0o755)
        return program

    return install


def draw(tmp_path):
    (tmp_path / "page.html").touch()
    screenshot(tmp_path / "page.html", tmp_path / "image.png", width=640, height=480, scale=2.0)


def test_a_browser_is_found_by_its_usual_names(programs, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    assert find_browser() is None
    edge = programs("microsoft-edge")
    assert find_browser() == str(edge)
    chromium = programs("chromium")
    assert find_browser() == str(chromium), "Chromium comes first"


def test_the_environment_chooses_one(programs, monkeypatch):
    programs("chromium")
    mine = programs("mine")
    for chosen in ("mine", str(mine)):
        monkeypatch.setenv("TUNER_BROWSER", chosen)
        assert find_browser() == str(mine)
    monkeypatch.setenv("TUNER_BROWSER", "no-such-browser")
    assert find_browser() is None, "a browser that was chosen is not replaced by another one"


def test_without_one_the_message_has_the_ways_out(programs, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    with pytest.raises(UserError, match=r"no Chromium or Chrome was found.*apt install chromium.*or write \.html"):
        require_browser()
    monkeypatch.setenv("TUNER_BROWSER", "no-such-browser")
    with pytest.raises(UserError, match="TUNER_BROWSER is 'no-such-browser', which is not a program"):
        require_browser()


def test_it_is_asked_for_the_page_in_its_size_and_keeps_no_profile(programs, tmp_path):
    programs("chromium", DRAWING.format(folder=tmp_path))
    draw(tmp_path)
    assert (tmp_path / "image.png").read_text() == "drawn\n"
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert {"--headless", "--window-size=640,480", "--force-device-scale-factor=2"} <= set(arguments)
    assert arguments[-1] == (tmp_path / "page.html").as_uri()
    assert any(argument.startswith("--host-resolver-rules=") for argument in arguments), "nothing asks the network"
    (profile,) = (word.partition("=")[2] for word in arguments if word.startswith("--user-data-dir="))
    assert not Path(profile).exists()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("#!/bin/sh\necho first >&2\necho no display >&2\nexit 3\n", "ended with code 3 .*: no display"),
        ("#!/bin/sh\nexit 0\n", "ended with code 0 .*: it said nothing"),
    ],
)
def test_one_that_draws_nothing_is_a_failure_with_its_last_words(programs, tmp_path, program, said):
    programs("chromium", program)
    with pytest.raises(TunerError, match=rf"{said}\. Write \.html instead"):
        draw(tmp_path)
    assert not (tmp_path / "image.png").exists()
