import io
import json
from dataclasses import replace

from rich.console import Console

from tuner.analysis import summary_data
from tuner.cli._report import next_steps, print_result, result_data


def printed(given, summary, report):
    out = Console(width=100, color_system=None, file=io.StringIO(), record=True)
    print_result(out, given, summary, report)
    return [line.strip() for line in out.export_text().splitlines()]


def test_the_result_names_the_best_configuration_and_what_to_do_next(stored):
    _, summary, study = stored
    lines = printed("toy.yaml", replace(summary, wall_seconds=192.0), summary_data(study))
    assert lines[0] == "All trials are done. 3:12 elapsed."
    assert "Best: trial 0 reached the target in 20.0 s." in lines
    assert ["learning_rate", "0.3"] in [line.split() for line in lines]
    assert "tuner show toy.yaml" in lines
    assert "tuner run toy.yaml --trials 4" in lines


def test_the_result_as_data_has_this_run_and_the_whole_agent(stored):
    _, summary, study = stored
    data = json.loads(json.dumps(result_data(summary, summary_data(study))))
    assert data["run"]["reason"] == "finished"
    assert data["outcomes"] == {"reached": 1, "exhausted": 1}
    assert data["best"]["params"] == {"x": 0.3, "y": "a"}
    assert data["best"]["agent"]["algorithm"] == "sac"


def test_a_study_in_memory_is_told_by_its_summary(stored):
    _, summary, _ = stored
    data = result_data(summary, None)
    assert data["best"]["reached_seconds"] == 20.0
    assert printed("toy.yaml", summary, None)[-1] == "Best: trial 0 reached the target in 20.0 s."


def test_without_a_best_trial_there_is_no_configuration(stored):
    _, summary, _ = stored
    nothing = replace(summary, finished=1, outcomes={"crashed": 1}, best=None, reason="interrupted", wall_seconds=0.0)
    assert printed("toy.yaml", nothing, None) == [
        "Stopped; the same command goes on where it was. 0:00 elapsed.",
        "Trials: 1 of 2 finished (1 crashed).",
    ]


def test_what_to_do_next_depends_on_the_study_and_why_the_run_ended(stored):
    _, summary, _ = stored
    stopped = next_steps("mine/studies/x.yaml", replace(summary, reason="time limit"), "runs/x/trial-0003")
    assert "  tuner run mine/studies/x.yaml\n" in stopped
    assert "runs/x/trial-0003" in stopped
    assert "a1_flat" not in stopped
    assert "tuner run a1_flat" in next_steps("quickstart", summary, None)
