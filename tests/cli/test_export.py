"""`tuner export`, on a study in an SQLite database."""

import pytest
from typer.testing import CliRunner

from tests.export.test_source import BoxedRace
from tests.study.toy import Lab
from tuner.cli._app import app
from tuner.export import load_configuration


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    """Return the URL of a storage with the study `toy`, whose trial 1 is the confirmed winner."""
    race = BoxedRace(Lab(tmp_path_factory.mktemp("export")), "lucky", "steady")
    race.run(top=2, seeds=2)
    return race.config.storage


def export(storage, *arguments):
    return CliRunner().invoke(app, ["export", "toy", "--storage", storage, *map(str, arguments)])


def test_the_winner_is_written(storage, tmp_path):
    file = tmp_path / "winner.json"
    done = export(storage, "--format", "json", "-o", file)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"Written to {file}: trial 1 of toy, the confirmed winner.\n"
    assert load_configuration(file).provenance.trial == 1


@pytest.mark.parametrize(("form", "name"), [("sbx", "a.py"), ("zoo", "a.yml"), ("isaaclab", "a.yaml")])
def test_every_format_takes_what_a_study_has(storage, tmp_path, form, name):
    done = export(storage, "--trial", "0", "--format", form, "-o", tmp_path / name)
    assert done.exit_code == 0, done.stderr
    assert "trial 0 of toy, not confirmed." in done.stdout
    text = (tmp_path / name).read_text()
    assert text.startswith("# SAC for Toy (mujoco), 4 robots at once: trial 0 of the study toy.\n")
    assert "Not confirmed on fresh seeds: its one training reached a return of 10 in 20 s of training." in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--trial", "9", "--format", "json", "-o", "x.json"), "no trial 9; it has trials 0 to 1"),
        (("--format", "sbz", "-o", "x.py"), "Unknown format 'sbz'. Did you mean 'sbx'?"),
        (("--format", "zoo", "-o", "x.json"), "must end in .yml or .yaml"),
        (("--format", "json", "-o", "there.json"), "there.json exists already. Name another file, or give --force"),
        (("--format", "json", "-o", "none/x.json"), "there is no folder"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(storage, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.json").write_text("mine")
    done = export(storage, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("there.json", "mine")]


def test_a_file_is_replaced_when_forced(storage, tmp_path):
    file = tmp_path / "winner.json"
    file.write_text("old")
    assert export(storage, "--format", "json", "-o", file, "--force").exit_code == 0
    assert load_configuration(file).agent.action_box is not None
