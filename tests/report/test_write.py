"""The page and its images as files, and the page in a real browser."""

import struct

import pytest

from tests.confirm.racing import Race
from tests.figures.studies import crashing
from tests.study.toy import Lab
from tests.support.browser import Browser
from tuner.errors import UserError
from tuner.figures import find_browser
from tuner.report import check_report_paths, write_report

needs_browser = pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome on this machine")


@needs_browser
def test_in_a_browser(tmp_path):
    race = Race(Lab(None))
    race.run(reference="never")
    written = write_report(race.study, tmp_path / "report.html")
    assert written == [tmp_path / "report.html"]
    assert list(tmp_path.iterdir()) == written
    browser = Browser(width=1280, height=900)
    try:
        for width in (1280, 390):
            browser.call(
                "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500
            )
            browser.open(written[0].as_uri())
            browser.wait_for("document.querySelectorAll('.figure .legend, .figure .xaxislayer-above').length >= 6")
            assert browser.evaluate("document.documentElement.scrollWidth") == width, "nothing sticks out"
            widths = browser.evaluate(
                "[...document.querySelectorAll('.figure')].map(figure => figure.querySelector('.main-svg').clientWidth)"
            )
            assert len(widths) == 6
            assert sum(drawn < width for drawn in widths) >= 5, "all but the parallel coordinates fit"
            requested = browser.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
            assert [name for name in requested if not name.startswith("data:")] == []
        assert browser.problems == []
    finally:
        browser.close()


@needs_browser
def test_images(tmp_path):
    study, images = crashing(), tmp_path / "slides"
    page = tmp_path / "report.html"
    assert write_report(study, page, png_dir=images) == [page, images / "returns.png"]
    content = (images / "returns.png").read_bytes()
    assert struct.unpack(">II", content[16:24]) == (1920, 1080)
    page.unlink()
    with pytest.raises(UserError, match=r"slides has returns\.png already.*--force"):
        write_report(study, page, png_dir=images)
    assert not page.exists(), "found out before anything was written"


def test_a_page_that_exists_is_replaced_only_when_told_to(tmp_path):
    page = tmp_path / "report.html"
    page.write_text("mine")
    with pytest.raises(UserError, match=r"exists\. Name another file, or replace it with --force"):
        write_report(crashing(), page)
    assert page.read_text() == "mine"
    write_report(crashing(), page, force=True)
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("report.pdf", r"must end in \.html"),
        ("none/report.html", "does not exist"),
        ("folder.html", "is a folder"),
    ],
)
def test_places_where_no_page_can_be(tmp_path, name, message):
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UserError, match=message):
        check_report_paths(tmp_path / name, None, force=True)


def test_places_where_no_images_can_be(tmp_path):
    (tmp_path / "file").touch()
    for folder, message in ((tmp_path / "file", "is not a folder"), (tmp_path / "none" / "slides", "does not exist")):
        with pytest.raises(UserError, match=message):
            check_report_paths(tmp_path / "report.html", folder, force=False)


def test_images_need_a_browser(tmp_path, monkeypatch):
    monkeypatch.setenv("TUNER_BROWSER", "no-such-browser")
    with pytest.raises(UserError, match="no-such-browser"):
        check_report_paths(tmp_path / "report.html", tmp_path / "slides", force=False)
