"""`tuner confirm`, what `tuner run` does at its end, and how `tuner show` prints the winner."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.confirm.racing import Race
from tests.study.toy import Lab
from tuner.cli.app import app
from tuner.cli.commands.run import _confirm
from tuner.cli.printing.confirm_tables import candidates_table, confirmation_lines, print_confirmation
from tuner.cli.printing.next_command import RunCommand
from tuner.cli.printing.run_result import next_steps, print_result, result_data
from tuner.config import ConfirmConfig
from tuner.spaces import load_space
from tuner.storage import StudySummary, config_of, lock_file
from tuner.storage._owner import manager_lock
from tuner.workers._cpus import available_cpus

FAULTY = Path(__file__).resolve().parents[2] / "support" / "faulty.py"
SPACE = """
from tuner.config import AgentConfig, Network
from tuner.spaces import search_space


def small(task):
    return {"lr": 0.0005}


@search_space(warm_starts=(small,))
def space(trial):
    arguments = {"n_steps": 8, "batch_size": 32, "n_epochs": 1, "learning_rate": trial.suggest_float("lr", 1e-4, 1e-3)}
    return AgentConfig(algorithm="ppo", arguments=arguments, network=Network(pi=(8,), qf=(8,)))
"""
STUDY = f"""
study: small
task: {{id: PointMass, simulator: {FAULTY}:FaultySimulator, num_envs: 4}}
search_space: space.py:space
objective: {{target: -1000.0}}
budget: {{seconds: 1, trials: 1, ticks: 4}}
pruner: {{kind: none}}
confirm: {{top: 1, seeds: 2, reference: small}}
workers: {{count: 1, threads: 1}}
"""


def call(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def text(print_it):
    out = Console(width=160, color_system=None, file=io.StringIO(), record=True)
    print_it(out)
    return [" ".join(line.split()) for line in out.export_text().splitlines()]


@pytest.fixture(scope="module")
def race(tmp_path_factory):
    """A study that was run and confirmed, in a database."""
    race = Race(Lab(tmp_path_factory.mktemp("race")), search_space="sac_speed")
    race.run(top=3, seeds=5, reference="never")
    return race


@pytest.fixture
def confirmation(race):
    return race.confirmer(top=3, seeds=5).run()[1]


def test_the_candidates_are_a_table(confirmation):
    lines = text(lambda out: out.print(candidates_table(confirmation)))
    assert lines[1].startswith("trial 1 5 of 5 100% 24.0 (")
    assert lines[1].endswith(") s 24.0 0.0 to the end")
    assert lines[2].startswith("trial 0 5 of 5 80% 57.0 (")
    assert lines[2].endswith(") s 20.0 +37.0 to the end")
    assert "clearly slower than trial 1 after 3 seeds: 63.0 s against 24.3 s" in lines[3]
    assert lines[4] == "never (reference) 5 of 5 0% > 100.0 s — — to the end"


def test_the_winner_is_told_with_what_was_promised_and_the_reference(confirmation):
    winner, reference = confirmation_lines(confirmation)
    assert winner.startswith("Winner: trial 1, mean time to return 24.0 (")
    assert winner.endswith(") s, reached on 5 of 5 seeds. The study promised 24.0 s, as it gave.")
    # 100 s on every seed against a mean of 24 s; the reference never got there, so it takes longer than that.
    assert reference.startswith("The reference never takes at least 4.17 (")
    lucky = replace(confirmation, winner=confirmation.candidates[1])
    winner, reference = confirmation_lines(lucky)
    assert "The study promised 20.0 s, 37.0 s less than it gave." in winner
    # 100 s against a mean of 57 s, in which a seed without success counts 100 s too: no bound on either side.
    assert reference.startswith("The reference never takes 1.75 (")
    assert reference.endswith(") times as long, counting 100 s for each run, of either, that did not get there.")


def test_what_keeps_a_confirmation_from_counting_is_told(confirmation):
    halfway = replace(confirmation, winner=None, finished=False, outdated="task.num_envs: 4 before, 8 now")
    assert confirmation_lines(halfway) == [
        "WARNING: this no longer belongs to the study: task.num_envs: 4 before, 8 now.",
        "Not finished, so there is no winner yet; `tuner confirm` goes on.",
    ]
    assert confirmation_lines(replace(confirmation, winner=None)) == [
        "No winner: no candidate reached 10 on any fresh seed."
    ]
    first = confirmation.candidates[0]
    crashed = replace(first, runs=(replace(first.runs[0], kind="crashed"), *first.runs[1:]))
    told = confirmation_lines(replace(confirmation, candidates=(crashed,)))
    assert told[0] == "Counted as not reached: trial 1 crashed on seed 1."
    shared = replace(first, runs=(replace(first.runs[0], contended=True), *first.runs[1:]))
    told = confirmation_lines(replace(confirmation, candidates=(shared,)))
    assert told[0] == "1 of 5 runs shared its CPUs with other work; seconds of such runs do not compare."


def test_workers_that_share_cpus_are_told_before_they_train(race, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    confirm = ("confirm", "toy", "--storage", race.config.storage, "--workers")
    too_many = len(available_cpus()) + 1
    assert f"WARNING: {too_many} workers of 2 threads share the CPUs" in call(*confirm, too_many).stdout
    assert "share the CPUs" not in call(*confirm, 1).stdout


def test_a_confirmation_has_no_time_limit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    race = Race(Lab(tmp_path), "steady", budget={"trials": 1, "total_seconds": 3600})
    race.run(top=1, seeds=1)
    assert call("confirm", "toy", "--storage", race.config.storage, "--top", 1, "--seeds", 1).exit_code == 0
    assert config_of(race.confirm_study).budget.total_seconds is None


DONE = """
study: toy
task: {{id: Toy, num_envs: 4}}
search_space: sac_speed
objective: {{target: 10}}
budget: {{seconds: 100, trials: 1, ticks: 20}}
pruner: {{kind: none}}
confirm: {{top: 1, seeds: 1}}
storage: {storage}
"""


def test_a_run_whose_confirmation_fails_tells_what_it_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    race = Race(Lab(tmp_path), "steady", search_space="sac_speed")
    race.run(top=1, seeds=1)
    (tmp_path / "toy.yaml").write_text(DONE.format(storage=race.config.storage))
    facts = race.study.user_attrs["fingerprint"]
    mine = {**facts, "search_space source": load_space("sac_speed").source_hash}
    race.study.set_user_attr("fingerprint", mine)
    race.confirm_study.set_user_attr("fingerprint", {**mine, "task.num_envs": 8})
    failed = call("run", "toy.yaml")
    assert failed.exit_code == 2
    assert "What was confirmed of the study 'toy' no longer belongs to it" in failed.stderr
    assert "Best: trial 0 reached the target in 24.0 s." in failed.stdout
    data = json.loads(call("run", "toy.yaml", "--json").stdout)
    assert (data["finished"], data["confirmation"]) == (1, None)


def test_the_winners_configuration_is_printed(confirmation):
    lines = text(lambda out: print_confirmation(out, confirmation))
    assert "learning_rate 0.4" in lines[lines.index("Confirmed configuration") :]


def test_a_finished_confirmation_is_printed_without_training(race, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trials = len(race.confirm_study.trials)
    shown = call("confirm", "toy", "--storage", race.config.storage, "--top", 3, "--seeds", 5)
    assert shown.exit_code == 0, shown.output
    assert "Winner: trial 1, mean time to return 24.0" in shown.stdout
    data = json.loads(call("confirm", "toy", "--storage", race.config.storage, "--json").stdout)
    assert (data["winner"], data["run"]["reason"], data["finished"]) == ("trial 1", "finished", True)
    assert data["candidates"][1]["gap_seconds"] == pytest.approx(37.0)
    assert data["candidates"][-1]["number"] is None
    assert len(race.confirm_study.trials) == trials


def test_show_prints_the_winner(race):
    shown = call("show", "toy", "--storage", race.config.storage)
    assert "Winner: trial 1, mean time to return 24.0" in shown.stdout
    data = json.loads(call("show", "toy", "--storage", race.config.storage, "--json").stdout)
    assert data["confirmation"]["winner"] == "trial 1"
    assert len(data["trials"]) == 4


def test_show_of_a_study_that_was_not_confirmed(stored):
    config, _, _ = stored
    assert json.loads(call("show", "toy", "--storage", config.storage, "--json").stdout)["confirmation"] is None
    assert "Confirmed" not in call("show", "toy", "--storage", config.storage).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["toy", "--top", "0"], "--top: '0' was given where a number is needed. It must be a whole number, more than"),
        (["toy", "--seeds", "-1"], "--seeds: '-1' was given"),
        (["toy", "--workers", "many"], "--workers: 'many' was given"),
        (["toy", "--timeout", "0"], "--timeout: '0' is no length of time to run for. It must be more than zero"),
        (
            ["toy", "--reference", ""],
            "--reference: '' was given where a warm start of the study's search space is needed.",
        ),
        (["toyy"], "Unknown study 'toyy'. Did you mean 'toy'? Known: toy."),
        (
            ["toy", "--reference", "sbx_defualt"],
            "Unknown warm start 'sbx_defualt' of search space 'sac_speed'. Did you",
        ),
        (["a1_flat"], "The study 'a1-flat' of a1_flat has not been run yet. Run it with: tuner run a1_flat"),
    ],
)
def test_a_mistake_is_one_message_and_code_two(race, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    refused = call("confirm", *arguments, "--storage", race.config.storage)
    assert refused.exit_code == 2, refused.output
    assert f"Error: {message}" in refused.stderr
    assert "Traceback" not in refused.output


def test_a_study_that_is_being_run_is_refused(race, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with manager_lock(lock_file(race.config, None), "toy"):
        refused = call("confirm", "toy", "--storage", race.config.storage)
    assert refused.exit_code == 2
    assert "The study 'toy' is being run by process" in refused.stderr


def test_without_a_winner_the_command_fails(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    race = Race(Lab(tmp_path), "never")
    race.run(top=1, seeds=1)
    failed = call("confirm", "toy", "--storage", race.config.storage, "--top", 1, "--seeds", 1)
    assert failed.exit_code == 1
    assert "No trial of the study reached the target. The best by their score are confirmed all the same" in (
        failed.stdout
    )
    assert "has no confirmed winner" in failed.stderr


@pytest.mark.parametrize(
    ("best", "reason", "told"),
    [
        (True, "time limit", "Not confirmed: the study has not finished. `tuner confirm toy.yaml` confirms"),
        (False, "finished", "Not confirmed: no trial finished."),
        (True, "interrupted", ""),
    ],
)
def test_a_run_that_did_not_finish_is_not_confirmed(stored, best, reason, told):
    config, summary, _ = stored
    config = config.model_copy(update={"confirm": ConfirmConfig()})
    ended = replace(summary, reason=reason) if best else StudySummary(study="toy", trials=2, finished=2, reason=reason)
    lines = text(lambda out: _confirm(config, RunCommand("toy.yaml"), ended, out))
    assert " ".join(lines).startswith(told) if told else lines == []


def test_a_runs_result_has_the_confirmed_configuration(stored, confirmation):
    config, summary, study = stored
    from tuner.analysis import summary_data

    report = summary_data(study)
    lines = text(lambda out: print_result(out, RunCommand("toy.yaml"), summary, report, config, confirmation))
    assert lines.index("Best: trial 0 reached the target in 20.0 s.") < lines.index("Confirmed configuration")
    assert "learning_rate 0.3" not in lines
    assert not [line for line in lines if line.startswith("tuner confirm")]
    assert result_data(summary, report, {}, confirmation)["confirmation"]["winner"] == "trial 1"
    assert result_data(summary, report, {})["confirmation"] is None


def test_confirming_is_the_next_step_of_a_study_that_was_not(stored):
    config, summary, _ = stored
    assert "  tuner confirm toy.yaml\n" in next_steps(RunCommand("toy.yaml"), config, summary, None)
    elsewhere = RunCommand("toy.yaml", storage="sqlite:///x.db")
    steps = next_steps(elsewhere, config.model_copy(update={"storage": "sqlite:///x.db"}), summary, None)
    assert "  tuner confirm toy --storage sqlite:///x.db\n" in steps


@pytest.mark.slow
def test_a_study_is_run_and_confirmed_by_one_command(tmp_path):
    (tmp_path / "space.py").write_text(SPACE)
    (tmp_path / "small.yaml").write_text(STUDY)

    def tuner(*arguments):
        command = [sys.executable, "-m", "tuner", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    done = tuner("run", "small.yaml", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    confirmed = data["confirmation"]
    assert confirmed["finished"]
    assert confirmed["winner"] == confirmed["candidates"][0]["label"]
    assert [len(candidate["runs"]) for candidate in confirmed["candidates"]] == [2, 2]
    assert {run["kind"] for candidate in confirmed["candidates"] for run in candidate["runs"]} == {"reached"}
    for candidate in confirmed["candidates"]:
        assert candidate["agent"]["action_box"] is not None
        for run in candidate["runs"]:
            assert (tmp_path / run["directory"] / "policy.zip").is_file()
    again = tuner("confirm", "small", "--json")
    assert again.returncode == 0, again.stderr
    assert "starts on worker" not in again.stderr
    assert json.loads(again.stdout)["candidates"] == confirmed["candidates"]
    left_out = tuner("run", "small.yaml", "--no-confirm")
    assert left_out.returncode == 0, left_out.stderr
    assert "Confirmed" not in left_out.stdout
