"""`tuner show`: tables, JSON and CSV; what the tables say is tested in tests/cli/printing/test_study_tables.py."""

import contextlib
import csv
import io
import json
import sqlite3

from typer.testing import CliRunner

from tuner.cli.app import app


def show(*arguments):
    return CliRunner().invoke(app, ["show", *arguments])


def test_json_has_the_study_and_its_trials(stored):
    config, _, _ = stored
    shown = show("toy", "--storage", config.storage, "--json")
    assert shown.exit_code == 0
    data = json.loads(shown.stdout)
    assert data["study"]["best"]["number"] == 0
    assert [trial["outcome"] for trial in data["trials"]] == ["reached", "exhausted"]


def test_csv_has_a_line_for_each_trial(stored):
    config, _, _ = stored
    shown = show("toy", "--storage", config.storage, "--csv")
    assert shown.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(shown.stdout)))
    assert [row["time_to_return"] for row in rows] == ["20.0", ""]
    assert [row["params.x"] for row in rows] == ["0.3", "1.0"]


def test_a_table_is_printed_by_default(stored):
    config, _, _ = stored
    shown = show("toy", "--storage", config.storage)
    assert shown.exit_code == 0
    assert "Best: trial 0 (good), time to return 20.0 s." in shown.stdout
    assert shown.stderr == ""


def test_a_missing_storage_is_not_created(tmp_path):
    missing = show("toy", "--storage", f"sqlite:///{tmp_path}/none.db")
    assert missing.exit_code == 2
    assert "There is no storage" in missing.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_storage_that_is_not_optunas_is_left_as_it_is(tmp_path):
    file = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE mine (x INTEGER)")
        connection.commit()
    before = file.read_bytes()
    refused = show("toy", "--storage", f"sqlite:///{file}")
    assert refused.exit_code == 2, refused.output
    assert refused.stderr.startswith("Error: ")
    assert file.read_bytes() == before


def test_two_formats_at_once_are_refused():
    refused = show("toy", "--json", "--csv")
    assert refused.exit_code == 2
    assert "Choose one" in refused.stderr
