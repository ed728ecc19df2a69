"""No command shows the password of a database: not in its output, its errors, or any file that it writes."""

import json
import logging
import os
import subprocess
import sys

import optuna
import pytest
from typer.testing import CliRunner

from tests.export.test_from_study import BoxedRace
from tests.study.toy import Lab
from tuner.cli.app import COMMANDS, app
from tuner.spaces import load_space
from tuner.storage import attributes, config_of, sqlite_file, write_config

DONE = """
study: toy
task: {{id: Toy, num_envs: 4}}
search_space: sac_speed
objective: {{target: 10}}
budget: {{seconds: 100, trials: 2, ticks: 20}}
pruner: {{kind: none}}
confirm: {{top: 2, seeds: 2}}
storage: {storage}
"""
"""The study file of the study that is tested with, all of whose trials are done."""
SECRET = "hunter2"
NOWHERE = "127.0.0.1:1/db"  # nothing listens on port 1
UNREACHABLE = [
    f"postgresql://u:{SECRET}@{NOWHERE}",
    f"postgresql+psycopg://u:{SECRET}@{NOWHERE}",
    f"postgresql://u@{NOWHERE}?password={SECRET}",
    f"postgresql://u@{NOWHERE}?sslpassword={SECRET}&connect_timeout=1",
    f"postgresql://{NOWHERE}?user=u&password=x{SECRET}%20%40",
    f"postgresql://u:x@{SECRET}@{NOWHERE}",
    f"postgresql://u:a/:#?{SECRET}@{NOWHERE}",
    f"postgresql://u:a {SECRET}@{NOWHERE}",
    f"postgresql://u:%40{SECRET}%2F@{NOWHERE}",
    f"postgresql://u:{SECRET}@127.0.0.1:port/db",
    f"postgresql+none://u:{SECRET}@{NOWHERE}",
    f"mysql://u:{SECRET}@{NOWHERE}",
    f"sqlite://u:{SECRET}@host/x.db",
    f"sqlite:///there?password={SECRET}",
    f"host=127.0.0.1 port=1 password={SECRET}",
    f"host=127.0.0.1 password='a {SECRET}' port=1",
]
WITH_STORAGE = [
    ["run", "quickstart"],
    ["confirm", "toy"],
    ["export", "toy", "--format", "json", "-o", "x.json"],
    ["show", "toy"],
    ["show", "toy", "--json"],
    ["dashboard", "toy", "--port", "0"],
    ["dashboard", "--port", "0"],
    ["report", "toy"],
    ["plot", "curves", "toy"],
    ["enqueue", "toy", "--set", "gamma=0.98"],
    ["replay", "toy"],
    ["reprice", "toy"],
]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    """Run a command on a wide terminal, where no line break can hide a secret from the search for it."""
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "2000"})


def assert_masked(done, folder):
    """Check all that a command has left behind, and that it ended as commands do."""
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert SECRET not in done.stdout
    assert SECRET not in done.stderr
    assert [file for file in folder.rglob("*") if SECRET in file.name] == []
    assert [file for file in folder.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()] == []


@pytest.mark.parametrize("url", UNREACHABLE)
@pytest.mark.parametrize("command", WITH_STORAGE, ids=" ".join)
def test_a_storage_that_cannot_be_opened(here, command, url):
    (here / "there").mkdir()
    refused = call(*command, "--storage", url)
    assert refused.exit_code != 0
    assert refused.stderr.startswith("Error: ")
    assert_masked(refused, here)


@pytest.mark.parametrize("url", UNREACHABLE)
@pytest.mark.parametrize(
    "mistake",
    [
        ["--set", "budget.trials=abc"],
        ["--set", "budgget=1"],
        ["--set", "storage.x=1"],
        ["--set", "budget.trials"],
        ["--trials", "0"],
        ["--nonsense"],
        ["again"],
    ],
    ids=" ".join,
)
def test_a_mistake_beside_the_url(here, mistake, url):
    for given in (["--storage", url], ["--set", f"storage={url}"], ["--set", f'storage="{url}"']):
        refused = call("run", "quickstart", *given, *mistake)
        assert refused.exit_code == 2
        assert_masked(refused, here)


@pytest.mark.parametrize("url", UNREACHABLE)
def test_the_url_in_a_wrong_place_of_any_command(here, url):
    places = [[f"--set=study={url}"], [f"--set=storage=[{url}]"], [f"--set={url}"], [f"--set=task.id={url}=:"], [url]]
    places += [[f"--trials={url}"], [f"--timeout={url}"], [f"--workers={url}"]]
    calls = [["run", "quickstart", *place] for place in places] + [[url], [f"--{url}"]]
    for name in set(COMMANDS) - {"init"}:  # which makes the folder that it is given, whatever its name
        calls += [[name, url], [name, "one", "two", url], [name, f"--option={url}"], [name, f"--{url}"]]
        calls += [[name, "--json", "--storage", url]]
    calls += [["export", "toy", "--format", url, "-o", url]]
    calls += [["plot", "initial", url], ["report", "toy", "-o", url], ["tasks", "--simulator", url]]
    calls += [["audit", "--box", url, "1", "--dims", "2"], ["dashboard", "--port", url], ["dashboard", "--host", url]]
    for arguments in calls:
        refused = call(*arguments)
        assert refused.exit_code != 0, arguments
        assert_masked(refused, here)


@pytest.mark.parametrize("url", UNREACHABLE)
def test_the_url_in_a_study_file(here, url):
    (here / "there").mkdir()
    file = here.parent / f"{here.name}.yaml"
    text = DONE.format(storage=json.dumps(url))
    try:
        for mistake in ("", "budgget: 1\n", "fixed: [\n"):
            file.write_text(text + mistake)
            for command in (["run", file], ["show", file], ["run", file, "--set", "budget.trials=-1"]):
                refused = call(*command)
                assert refused.exit_code != 0
                assert_masked(refused, here)
    finally:
        file.unlink()


@pytest.fixture(scope="module")
def race(tmp_path_factory):
    """A study, run and confirmed in a database whose URL has a secret: in an option that SQLite ignores."""
    folder = tmp_path_factory.mktemp("secret")
    url = f"sqlite:///file:{folder}/tuner.db?uri=true&password={SECRET}"
    race = BoxedRace(
        Lab(folder), "lucky", "steady", search_space="sac_speed", storage=url, confirm={"top": 2, "seeds": 2}
    )
    race.run(top=2, seeds=2)
    facts = race.study.user_attrs[attributes.FINGERPRINT]
    same_space = {**facts, "search_space source": load_space("sac_speed").source_hash}
    for study in (race.study, race.confirm_study):
        study.set_user_attr(attributes.FINGERPRINT, same_space)
    return race


def test_every_command_that_succeeds(race, here, caplog):
    url = race.config.storage
    file = here / "mine.yaml"
    optuna.logging.enable_propagation()
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)  # tells every statement, with what is written
    try:
        for command in (
            ["show", "toy"],
            ["show", "toy", "--json"],
            ["show", "toy", "--csv"],
            ["confirm", "toy", "--top", 2, "--seeds", 2],
            ["confirm", "toy", "--top", 2, "--seeds", 2, "--json"],
            ["export", "toy", "--format", "json", "-o", "a.json"],
            ["export", "toy", "--format", "sbx", "-o", "a.py"],
            ["export", "toy", "--format", "zoo", "-o", "a.yml"],
            ["export", "toy", "--format", "isaaclab", "-o", "a.yaml"],
            ["report", "toy"],
            ["plot", "curves", "toy"],
        ):
            done = call(*command, "--storage", url)
            assert done.exit_code == 0, done.output
            assert_masked(done, here)
        file.write_text(DONE.format(storage="sqlite:///none.db"))
        for given in (["--storage", url], ["--set", f"storage={url}"]):
            for form in ([], ["--json"]):
                done = call("run", file, *given, *form)
                assert done.exit_code == 0, done.output
                assert_masked(done, here)
                assert form or "password=***'" in done.stdout, "the commands to run next name the storage"
    finally:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
        optuna.logging.disable_propagation()
    assert "INSERT INTO" in caplog.text
    assert SECRET not in caplog.text
    database = sqlite_file(url)
    assert [
        file for file in database.parent.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()
    ] == []


def test_tracebacks_that_were_asked_for(here):
    command = [sys.executable, "-m", "tuner", "show", "toy", "--storage", UNREACHABLE[0]]
    environment = {**os.environ, "TUNER_DEBUG": "1"}
    failed = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert failed.returncode == 1
    assert "Traceback" in failed.stderr
    assert f"postgresql+psycopg://u:***@{NOWHERE}" in failed.stderr
    assert SECRET not in failed.stderr


def test_the_stored_study_file(race, here):
    for study in (race.study, race.confirm_study):
        assert SECRET not in json.dumps(study.user_attrs)
        assert config_of(study).storage.endswith("password=***")
    # An earlier version wrote it as it is.
    race.study.set_user_attr(attributes.CONFIG, race.config.model_dump(mode="json"))
    assert SECRET in json.dumps(race.study.user_attrs)
    try:
        assert config_of(race.study).storage.endswith("password=***")
        done = call("report", "toy", "--storage", race.config.storage)
        assert done.exit_code == 0
        assert_masked(done, here)
    finally:
        write_config(race.study, race.config)
    assert SECRET not in json.dumps(race.study.user_attrs)
