"""`tuner show`: tables, JSON and CSV; what the tables say is tested in tests/cli/printing/test_study_tables.py."""

import contextlib
import csv
import io
import json
import sqlite3

import pytest
from typer.testing import CliRunner

from tests.study.toy import Lab
from tuner.cli.app import app
from tuner.records import Evaluation, Outcome, OutcomeKind, Tick
from tuner.workers import Recording


def show(*arguments):
    return CliRunner().invoke(app, ["show", *map(str, arguments)])


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


FRAME = 'File "/home/me/arm.py", line 4, in step\n  bend()'
TRACE = f'Traceback (most recent call last):\n  {FRAME}\nKeyError: "[red]\x1b[2J"'


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    """Return the storage of a study whose first trial crashed, and whose second was killed."""
    lab = Lab(tmp_path_factory.mktemp("crashed"))
    config = lab.config(budget={"trials": 3}, workers={"retries": 0})
    raised = {"message": 'KeyError: "[red]\x1b[2J"', "details": {"traceback": TRACE, "user_frame": FRAME}}
    killed = {"message": "the worker was killed by SIGKILL", "details": {"log": ["loading", "last words"]}}
    endings = [Outcome(OutcomeKind.CRASHED, **facts) for facts in (raised, killed)]
    slow = Outcome(OutcomeKind.EXHAUSTED, message="it ran over", clock_seconds=100.0, ledger={"simulate": 100.0})
    lab.run(config, recordings=lambda spec: Recording((), [*endings, slow][spec.number]))
    return config.storage


def test_what_failed_stands_below_the_table(crashed):
    lines = show("toy", "--storage", crashed).stdout.splitlines()
    first = lines.index('Trial 0 crashed: KeyError: "[red]\\x1b[2J"')
    assert lines[first + 1 : first + 5] == [
        '  File "/home/me/arm.py", line 4, in step',
        "    bend()",
        "Trial 1 crashed: the worker was killed by SIGKILL",
        lines[first + 4],
    ]
    assert lines[first + 4].startswith("Trial 2 ended without a return: no return was measured in its 100.0 s")
    assert f"With its traceback: tuner show toy --storage {crashed} --trial 2" in lines


def test_one_trial_is_shown_with_its_traceback_and_its_message_once(crashed):
    shown = show("toy", "--storage", crashed, "--trial", "0")
    assert shown.exit_code == 0
    assert "  bend()\n" in shown.stdout
    assert shown.stdout.count('KeyError: "[red]\\x1b[2J"') == 1
    assert "SIGKILL" not in shown.stdout


def test_without_a_traceback_the_end_of_the_log_is_shown(crashed):
    lines = show("toy", "--storage", crashed, "--trial", "1").stdout.splitlines()
    assert "the worker was killed by SIGKILL" in lines
    assert lines[lines.index("The end of the worker's log") + 1 :][:2] == ["loading", "last words"]


def test_a_trial_without_a_return_says_what_its_seconds_went_to(crashed):
    lines = show("toy", "--storage", crashed, "--trial", "2").stdout.splitlines()
    told = lines[lines.index("What happened") + 1 :]
    assert told[0] == "it ran over"
    assert told[1].startswith("no return was measured in its 100.0 s of training clock")


def test_json_has_the_traceback_and_csv_has_one_line_for_each_trial(crashed):
    data = json.loads(show("toy", "--storage", crashed, "--json").stdout)
    assert [trial["traceback"] for trial in data["trials"]] == [TRACE, None, None]
    alone = json.loads(show("toy", "--storage", crashed, "--json", "--trial", "0").stdout)
    assert alone["trial"]["number"] == 0
    assert alone["outcome"]["details"]["user_frame"] == FRAME
    assert len(show("toy", "--storage", crashed, "--csv").stdout.splitlines()) == 4


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Return the storage of a study whose first trial was evaluated, and whose second only measured in its ticks."""
    lab = Lab(tmp_path_factory.mktemp("measured"))
    config = lab.config(budget={"trials": 2})
    evaluation = Evaluation(9.5, 10.0, 0.1, 8, 300.0, failed=0.125, metrics={"speed_share": 0.5, "height": -1.25})
    tick = Tick(index=1, clock_seconds=5.0, estimate=1.0, best=1.0, metrics={"task/speed_share": 0.25, "ent_coef": 3.5})
    facts = {"best_return": 10.0, "clock_seconds": 10.0}
    reached = Outcome(OutcomeKind.REACHED, reached_seconds=9.0, evaluations=[evaluation.to_json()], **facts)
    endings = [reached, Outcome(OutcomeKind.EXHAUSTED, **facts)]
    lab.run(config, recordings=lambda spec: Recording((tick,), endings[spec.number]))
    return config.storage


@pytest.mark.parametrize(
    ("number", "title", "rows"),
    [
        (0, "(last evaluation, at 9.5 s; 12.5% of the episodes failed)", ["speed_share 0.5", "height -1.25"]),
        (1, "(last tick, at 5.0 s)", ["speed_share 0.25"]),
    ],
)
def test_one_trial_is_shown_with_what_its_task_measured(measured, number, title, rows):
    lines = [
        " ".join(line.split()) for line in show("toy", "--storage", measured, "--trial", number).stdout.splitlines()
    ]
    place = lines.index(f"What the task measured {title}")
    assert lines[place + 1 : place + 1 + len(rows) + 1] == [*rows, ""]
    found = json.loads(show("toy", "--storage", measured, "--trial", number, "--json").stdout)["task_metrics"]
    assert found["values"]["speed_share"] == (0.5, 0.25)[number]
    assert found["source"] == ("evaluation", "tick")[number]


def test_a_trial_of_a_task_without_metrics_shows_none(stored):
    config, _, _ = stored
    assert "What the task measured" not in show("toy", "--storage", config.storage, "--trial", "0").stdout
    alone = json.loads(show("toy", "--storage", config.storage, "--trial", "0", "--json").stdout)
    assert alone["task_metrics"] is None


def test_a_trial_that_is_not_there_is_refused(crashed):
    refused = show("toy", "--storage", crashed, "--trial", "9")
    assert refused.exit_code == 2
    assert refused.stderr == "Error: The study 'toy' has no trial 9; it has trials 0 to 2.\n"


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
