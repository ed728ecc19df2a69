"""`tuner report`: files, defaults and mistakes; what the page says is tested in tests/report."""

import pytest
from typer.testing import CliRunner

from tuner.cli.app import app


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*arguments):
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_a_page_is_written_once_and_again_by_force(stored, here):
    config, _, _ = stored
    shown = report("toy", "--storage", config.storage, "--top", 1)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "report.html\n", "")
    page = (here / "report.html").read_text("utf-8")
    assert "the fastest was trial 0 (good), after 20.0 s" in page
    assert "The best trial is thick." in page
    again = report("toy", "--storage", config.storage)
    assert again.exit_code == 2
    assert again.stderr == "Error: 'report.html' exists. Name another file, or replace it with --force.\n"
    assert report("toy", "--storage", config.storage, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["toyy"], "Did you mean 'toy'?"),
        (["toy", "-o", "report.pdf"], "must end in .html"),
        (["toy", "-o", "none/report.html"], "does not exist"),
        (["toy", "--top", -1], "--top"),
    ],
)
def test_mistakes_are_one_message_and_write_nothing(stored, here, arguments, message):
    config, _, _ = stored
    shown = report(*arguments, "--storage", config.storage)
    assert shown.exit_code == 2, shown.output
    assert message in shown.stderr
    assert list(here.iterdir()) == []


def test_a_missing_storage_is_not_made(here):
    shown = report("toy", "--storage", f"sqlite:///{here}/none.db")
    assert shown.exit_code == 2
    assert "There is no storage" in shown.stderr
    assert list(here.iterdir()) == []
