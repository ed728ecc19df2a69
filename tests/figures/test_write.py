"""Figures as files."""

import struct

import pytest

from tuner.errors import TunerError, UserError
from tuner.figures import find_browser, gaussian_data, gaussian_figure, write_figure

needs_browser = pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome to draw a PNG with")


@pytest.fixture(scope="module")
def figure():
    return gaussian_figure(gaussian_data())


def test_the_page_carries_all_it_needs(figure, tmp_path):
    file = tmp_path / "figure.html"
    file.write_text("an older figure")
    write_figure(figure, file)
    page = file.read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>What PPO does first: a Gaussian about zero</title>" in page
    assert "Plotly.newPlot" in page
    assert len(page) > 1_000_000, "the library that draws it is in the page"
    assert "<script src=" not in page.replace("'", '"')
    assert [path.name for path in tmp_path.iterdir()] == ["figure.html"]


@needs_browser
def test_a_png_has_the_figures_size_twice(figure, tmp_path):
    file = tmp_path / "figure.png"
    write_figure(figure, file)
    content = file.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (2 * figure.layout.width, 2 * figure.layout.height)
    assert len(content) > 20_000, "an empty page compresses to less"
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]


def test_without_a_browser_a_png_is_refused_with_the_ways_out(figure, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TUNER_BROWSER", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(UserError, match=r"apt install chromium.*TUNER_BROWSER.*or write \.html, which needs none"):
        write_figure(figure, tmp_path / "figure.png")
    monkeypatch.setenv("TUNER_BROWSER", "no-such-browser")
    with pytest.raises(UserError, match="TUNER_BROWSER is 'no-such-browser', which is not a program"):
        write_figure(figure, tmp_path / "figure.png")
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_fails_leaves_nothing(figure, tmp_path, monkeypatch):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("TUNER_BROWSER", str(broken))
    with pytest.raises(TunerError, match=r"ended with code 3 .*: no display\. Write \.html instead") as failed:
        write_figure(figure, tmp_path / "figure.png")
    assert failed.value.exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("figure.pdf", r"must end in \.html or \.png"),
        ("figure", r"must end in \.html or \.png"),
        ("none/figure.html", "does not exist"),
        ("folder.html", "is a folder"),
    ],
)
def test_places_where_no_figure_can_be(figure, tmp_path, name, message):
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UserError, match=message):
        write_figure(figure, tmp_path / name)
