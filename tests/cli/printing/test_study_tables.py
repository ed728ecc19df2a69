"""A study as tables and sentences."""

import io
import json
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Console

from tests.study import toy
from tests.study.toy import Lab
from tuner.analysis import summary_data, trials_data
from tuner.cli.printing.study_tables import (
    agent_table,
    outcomes_table,
    parameters_table,
    print_study,
    study_lines,
    trial_records,
)


def printed(study, width):
    out = Console(width=width, color_system=None, file=io.StringIO(), record=True)
    print_study(out, summary_data(study), trials_data(study), {})
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
    # trial 2 waits and has no parameters yet
    columns = {"params.x": [0.5, 0.5, None], "params.y": [1, 2, None], "params.z": [3.0, None, None]}
    trials = pd.DataFrame({"number": [0, 1, 2], **columns})
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
    assert "Outside that clock a trial took 3.00 s (median), not counting evaluation." in lines
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


def test_what_could_not_be_written_is_shown_under_the_trials(stored):
    _, _, study = stored
    out = Console(width=200, color_system=None, file=io.StringIO(), record=True)
    print_study(
        out, summary_data(study), trials_data(study), {1: "the policy could not be written to x: No space left"}
    )
    lines = out.export_text().splitlines()
    warning = lines.index("WARNING: trial 1: the policy could not be written to x: No space left.")
    assert lines.index("Trials") < warning < lines.index("Parameters")


def test_trials_that_do_not_count_say_what_became_of_them():
    rows = [
        {"number": 0, "outcome": "crashed", "retry_of": None},
        {"number": 1, "outcome": "crashed", "retry_of": 0},
        {"number": 2, "outcome": "interrupted", "retry_of": None},
        {"number": 3, "outcome": None, "retry_of": 2},
    ]
    numbers = ("time_to_return", "final_return", "best_return", "clock_seconds")
    rest = {"counts": False, "rule": None, "state": "WAITING", "censored": False, "warm_start": None}
    rest["device_class"] = None
    out = Console(width=200, color_system=None, file=io.StringIO(), record=True)
    out.print(outcomes_table(pd.DataFrame([{**row, **rest, **dict.fromkeys(numbers)} for row in rows])))
    told = [line[2:].split("—")[0].strip() for line in out.export_text().replace("trial", "").splitlines()[1:]]
    assert [text.lstrip("0123 ") for text in told] == [
        "crashed, retried",
        "crashed, not counted",
        "interrupted, queued again",
        "waiting",
    ]


def test_an_agent_is_a_table_of_names_and_values(stored):
    _, _, study = stored
    out = Console(width=80, color_system=None, file=io.StringIO(), record=True)
    out.print(agent_table(summary_data(study).best.agent))
    lines = [line.split() for line in out.export_text().splitlines()]
    assert ["algorithm", "sac"] in lines
    assert ["learning_rate", "0.3"] in lines


def test_times_to_milestones_are_columns():
    lab = Lab(None)
    config = lab.config(budget={"trials": 1}, warm_start=("slow",), objective={"milestones": [2.5, 9.0]})
    lab.run(config, toy.space(slow={"x": 0.8, "y": "b"}))  # 120 s to the target of 10, in a straight line
    lines = printed(lab.load(config), 160)
    assert ["trial", "outcome", "to", "2.5", "to", "9", "time", "to", "return"] in [line[:9] for line in lines]
    assert ["0", "exhausted", "30.0", "—", ">", "100.0"] in [line[:6] for line in lines]
    assert trial_records(trials_data(lab.load(config)))[0]["milestones"] == {"2.5": pytest.approx(30.0), "9": None}


def test_a_warning_about_the_budget_is_printed(stored):
    _, _, study = stored
    out = Console(width=160, color_system=None, file=io.StringIO(), record=True)
    report = replace(summary_data(study), budget_warning="The budget is short.")
    print_study(out, report, trials_data(study), {})
    assert "WARNING: The budget is short.\n\nParameters" in out.export_text()


def test_where_each_trial_ran_is_a_column_if_that_differs(stored):
    study = toy.two_classes()
    lines = printed(study, 200)
    ends = [line[-6:-4] for line in lines if line[1:2] == ["reached"]]
    assert ends == [["Old", "CPU,"], ["Old", "CPU,"], ["New", "CPU,"]]
    assert "whose seconds do not compare" in "\n".join(study_lines(summary_data(study)))
    _, _, alike = stored
    assert not any("device" in line for line in printed(alike, 200))
