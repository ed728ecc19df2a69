"""What a run says at its end."""

import io
import json
from dataclasses import replace

from rich.console import Console

from tuner.analysis import Failure, summary_data
from tuner.cli.printing.next_command import RunCommand
from tuner.cli.printing.run_result import next_steps, print_result, result_data
from tuner.records import OutcomeKind

GIVEN = RunCommand("toy.yaml")


def printed(given, summary, report, config, confirmation=None):
    out = Console(width=100, color_system=None, file=io.StringIO(), record=True)
    print_result(out, given, summary, report, config, confirmation)
    return [line.strip() for line in out.export_text().splitlines()]


def test_the_result_names_the_best_configuration_and_what_to_do_next(stored):
    config, summary, study = stored
    lines = printed(GIVEN, replace(summary, wall_seconds=192.0), summary_data(study), config)
    assert "All trials are done. 3:12 elapsed." in lines
    assert "Best: trial 0 reached the target in 20.0 s." in lines
    assert ["learning_rate", "0.3"] in [line.split() for line in lines]
    assert "tuner show toy.yaml" in lines
    assert "tuner run toy.yaml --trials 4" in lines


def test_the_result_as_data_has_this_run_and_the_whole_agent(stored):
    _, summary, study = stored
    data = json.loads(json.dumps(result_data(summary, summary_data(study), {3: "gone"})))
    assert data["run"]["reason"] == "finished"
    assert data["run"]["warnings"] == [{"trial": 3, "warning": "gone"}]
    assert data["outcomes"] == {"reached": 1, "exhausted": 1}
    assert data["best"]["params"] == {"x": 0.3, "y": "a"}
    assert data["best"]["agent"]["algorithm"] == "sac"


def test_the_best_trial_is_on_a_terminal_of_24_lines_at_the_end(stored):
    """The configuration, a table of 30 lines, comes before it; even with commands to run next and a failure below."""
    config, summary, study = stored
    failure = Failure(OutcomeKind.CRASHED, (1,), "KeyError: 'a'", 'File "/home/me/arm.py", line 4, in step\n  bend()')
    out = Console(width=80, height=24, color_system=None, file=io.StringIO(), record=True)
    print_result(out, RunCommand("quickstart"), summary, summary_data(study), config, failures=[failure])
    lines = out.export_text().splitlines()
    assert "Best: trial 0 reached the target in 20.0 s." in lines[-23:]
    table = lines.index("Best configuration")
    assert table < lines.index("Best: trial 0 reached the target in 20.0 s.")


def test_the_place_of_the_newest_failure_comes_last(stored):
    config, summary, study = stored
    failure = Failure(OutcomeKind.CRASHED, (1, 4), "KeyError: 'a'", 'File "/home/me/arm.py", line 4, in step\n  bend()')
    out = Console(width=100, color_system=None, file=io.StringIO(), record=True)
    print_result(out, GIVEN, summary, summary_data(study), config, failures=[failure])
    assert out.export_text().splitlines()[-4:] == [
        "2 trials failed, retries among them. The last one, trial 4, crashed:",
        '  File "/home/me/arm.py", line 4, in step',
        "    bend()",
        "`tuner show toy.yaml --trial 4` shows all that is known of it.",
    ]
    data = json.loads(json.dumps(result_data(summary, summary_data(study), {}, failures=[failure])))
    assert data["failures"][0]["numbers"] == [1, 4]


def test_without_a_best_trial_there_is_no_configuration(stored):
    config, summary, study = stored
    nothing = replace(summary, finished=1, outcomes={"crashed": 1}, best=None, reason="interrupted", wall_seconds=0.0)
    assert printed(GIVEN, nothing, summary_data(study), config) == [
        "Stopped. The same command continues where it stopped. 0:00 elapsed.",
        "Trials: 1 of 2 finished (1 crashed).",
    ]


def test_what_to_do_next_depends_on_the_study_and_why_the_run_ended(stored):
    config, summary, _ = stored
    given = RunCommand("mine/studies/x.yaml")
    stopped = next_steps(given, config, replace(summary, reason="time limit"), "runs/x/trial-0003")
    assert "  tuner run mine/studies/x.yaml\n" in stopped
    assert "a1_flat" not in stopped
    assert "tuner run a1_flat" in next_steps(RunCommand("quickstart"), config, summary, None)


def test_a_policy_is_claimed_only_where_there_is_one(stored, tmp_path):
    config, summary, _ = stored
    assert f"WARNING: the best trial's policy is not in {tmp_path}." in next_steps(
        GIVEN, config, summary, str(tmp_path)
    )
    (tmp_path / "policy.zip").touch()
    assert f"The best trial's policy and curve are in {tmp_path}." in next_steps(GIVEN, config, summary, str(tmp_path))


def test_the_next_commands_repeat_the_options_that_changed_the_study(stored):
    config, summary, _ = stored
    config = config.model_copy(update={"study": "other", "storage": "sqlite:///my file.db"})
    given = RunCommand("toy.yaml", ["study=other", "fixed={a: 1}"], trials=2, workers=1, storage="sqlite:///my file.db")
    lines = [line.strip() for line in next_steps(given, config, summary, None).splitlines()]
    options = "--workers 1 --storage 'sqlite:///my file.db'"
    assert "tuner show other --storage 'sqlite:///my file.db'" in lines
    assert f"tuner run toy.yaml --set study=other --set 'fixed={{a: 1}}' --trials 4 {options}" in lines
    stopped = next_steps(given, config, replace(summary, reason="interrupted"), None)
    assert f"  tuner run toy.yaml --set study=other --set 'fixed={{a: 1}}' --trials 2 {options}\n" in stopped


def test_a_runs_result_has_the_confirmed_configuration(stored, confirmation):
    config, summary, study = stored
    report = summary_data(study)
    lines = printed(GIVEN, summary, report, config, confirmation)
    assert lines.index("Best: trial 0 reached the target in 20.0 s.") > lines.index("Confirmed configuration")
    assert ["learning_rate", "0.3"] not in [line.split() for line in lines]
    assert not [line for line in lines if line.startswith("tuner confirm")]
    assert result_data(summary, report, {}, confirmation)["confirmation"]["winner"] == "trial 1"
    assert result_data(summary, report, {})["confirmation"] is None


def test_confirming_is_the_next_step_of_a_study_that_was_not(stored):
    config, summary, _ = stored
    assert "  tuner confirm toy.yaml\n" in next_steps(GIVEN, config, summary, None)
    elsewhere = RunCommand("toy.yaml", storage="sqlite:///x.db")
    steps = next_steps(elsewhere, config.model_copy(update={"storage": "sqlite:///x.db"}), summary, None)
    assert "  tuner confirm toy --storage sqlite:///x.db\n" in steps
