"""`tuner spaces`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tuner.cli.app import app
from tuner.spaces import bundled_spaces, load_space


def call(*arguments):
    return CliRunner().invoke(app, ["spaces", *arguments])


def test_each_space_is_listed_with_its_file_and_its_warm_starts():
    shown = call("--json")
    assert shown.exit_code == 0, shown.output
    spaces = {entry["name"]: entry for entry in json.loads(shown.stdout)["spaces"]}
    assert sorted(spaces) == sorted(bundled_spaces())
    speed = spaces["sac_speed"]
    assert Path(speed["file"]).name == "sac.py"
    assert speed["warm_starts"] == list(load_space("sac_speed").warm_starts)
    assert "sbx_default" in speed["warm_starts"]


@pytest.mark.parametrize("name", bundled_spaces())
def test_each_space_says_in_a_line_what_it_searches(name):
    (entry,) = [entry for entry in json.loads(call("--json").stdout)["spaces"] if entry["name"] == name]
    assert entry["summary"].endswith(".")
    assert load_space(name).function.__doc__.startswith(entry["summary"])


def test_the_table_ends_with_where_the_files_lie():
    shown = call()
    assert shown.exit_code == 0, shown.output
    table, _, files = shown.stdout.partition("Files:\n")
    assert table.split()[:2] == ["search", "space"]
    assert all(name in table for name in bundled_spaces())
    listed = [line.strip() for line in files.splitlines()]
    assert listed == sorted(set(listed))
    assert all(Path(file).is_file() for file in listed)
