import csv
import io
import json

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tuner.analysis import summary_data, trials_data
from tuner.cli._app import app
from tuner.cli._tables import parameters_table, print_study, study_lines, trial_records


def show(*arguments):
    return CliRunner().invoke(app, ["show", *arguments])


def printed(study, width):
    out = Console(width=width, color_system=None, file=io.StringIO(), record=True)
    print_study(out, summary_data(study), trials_data(study))
    return [line.split() for line in out.export_text().splitlines()]


@pytest.mark.parametrize("width", [80, 160])
def test_every_trial_has_its_outcome_parameters_and_ledger(stored, width):
    _, _, study = stored
    lines = printed(study, width)
    assert lines[0] == ["toy", "time_to_return,", "target", "10,", "2", "trials", "of", "100", "s"]
    assert ["0", "reached", "20.0", "10.00", "10.00", "20.0", "good"] in lines
    assert ["1", "exhausted", ">", "100.0", "4.63", "4.63", "100.0", "poor"] in lines
    assert ["0", "x=0.3", "y=a"] in lines
    assert ["1", "x=1", "y=b"] in lines
    # launch 3 s, simulate 20 s; the toy's ledger has no other account.
    assert ["0", "3.0", "—", "—", "20.0", "—", "—", "—", "—"] in lines


def test_values_that_all_trials_share_are_listed_once():
    trials = pd.DataFrame({"number": [0, 1], "params.x": [0.5, 0.5], "params.y": [1, 2], "params.z": [3.0, None]})
    out = Console(width=60, color_system=None, file=io.StringIO(), record=True)
    out.print(parameters_table(trials))
    lines = [line.split() for line in out.export_text().splitlines()]
    assert lines == [["trial", "values"], ["all", "x=0.5"], ["0", "y=1", "z=3"], ["1", "y=2"]]


def test_the_study_is_told_in_sentences(stored):
    _, _, study = stored
    lines = study_lines(summary_data(study))
    assert lines[0] == "2 of 2 trials finished: 1 reached, 1 exhausted."
    # Training clocks 20 + 100 s, launches 2 · 3 s, on one slot: 120 / 126 = 95 %.
    assert "Utilisation: 95% of the workers' time was training clock (2:00 of 2:06)." in lines
    assert lines[-1] == "Best: trial 0 (good), time to return 20.0 s."


def test_the_best_configuration_is_shown(stored):
    _, _, study = stored
    lines = printed(study, 100)
    assert ["learning_rate", "0.3"] in lines[lines.index(["Best", "configuration"]) :]


def test_records_are_nested_and_have_no_numpy_left(stored):
    _, _, study = stored
    first, second = trial_records(trials_data(study))
    assert first["params"] == {"x": 0.3, "y": "a"}
    assert first["ledger"]["simulate"] == 20.0
    assert second["time_to_return"] is None
    assert second["censored"] is True
    assert json.loads(json.dumps([first, second]))[1]["number"] == 1


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


def test_a_study_is_found_by_its_file(stored, tmp_path):
    config, _, _ = stored
    file = tmp_path / "toy.yaml"
    file.write_text(
        f"study: toy\ntask: {{id: Cartpole}}\nsearch_space: sac_speed\nobjective: {{target: 10}}\n"
        f"storage: {config.storage}\n"
    )
    assert show(str(file), "--json").exit_code == 0
    file.write_text(file.read_text().replace("study: toy", "study: other"))
    unknown = show(str(file))
    assert unknown.exit_code == 2
    assert f"The study 'other' of {file} has not been run yet. Run it with: tuner run {file}" in unknown.stderr


def test_an_unknown_study_is_answered_with_the_nearest(stored):
    config, _, _ = stored
    unknown = show("toyy", "--storage", config.storage)
    assert unknown.exit_code == 2
    assert unknown.stderr == "Error: Unknown study 'toyy'. Did you mean 'toy'? Known: toy.\n"


def test_a_missing_storage_is_not_created(tmp_path):
    missing = show("toy", "--storage", f"sqlite:///{tmp_path}/none.db")
    assert missing.exit_code == 2
    assert "There is no storage" in missing.stderr
    assert list(tmp_path.iterdir()) == []


def test_two_formats_at_once_are_refused():
    refused = show("toy", "--json", "--csv")
    assert refused.exit_code == 2
    assert "Choose one" in refused.stderr
