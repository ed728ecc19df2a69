import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from _runs_file import Run, append_run, read_runs

from tuner.records import Outcome, OutcomeKind, Tick


def some_run(seed: int) -> Run:
    asked: dict[str, Any] = {"task": "Cartpole", "variant": "fused", "seed": seed, "target": 4.0}
    outcome = Outcome(OutcomeKind.REACHED, reached_seconds=3.5, clock_seconds=3.6, env_steps=640, updates=20)
    tick = Tick(1, 1.5, estimate=2.0, env_steps=320, updates=10)
    return Run.of(outcome, [tick], **asked, budget_seconds=60.0, threads=2)


def test_what_was_appended_is_read_back(tmp_path: Path):
    file = tmp_path / "folder" / "runs.jsonl"
    append_run(file, some_run(0))
    append_run(file, some_run(1))
    first, second = read_runs(file)
    assert first.question == ("Cartpole", "fused", 0, (4.0,), 60.0, 2, True)
    assert second.seed == 1
    assert (first.kind, first.reached_seconds, first.updates) == ("reached", 3.5, 20)
    assert [tuple(point) for point in first.curve] == [(1.5, 2.0, 320, 10)]


def test_a_file_that_is_not_there_holds_no_runs(tmp_path: Path):
    assert read_runs(tmp_path / "none.jsonl") == []


def test_a_line_that_was_cut_off_is_left_out_and_written_over(tmp_path: Path):
    file = tmp_path / "runs.jsonl"
    append_run(file, some_run(0))
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])  # killed in the middle of the second line
    assert [run.seed for run in read_runs(file)] == [0]
    append_run(file, some_run(2))
    assert [run.seed for run in read_runs(file)] == [0, 2]


def test_a_run_carries_its_milestones_and_one_from_before_there_were_any_is_read(tmp_path: Path):
    file = tmp_path / "runs.jsonl"
    run = replace(some_run(0), milestones=[{"goal": 2.0, "reached_seconds": 1.5}])
    append_run(file, run)
    before = {name: value for name, value in json.loads(file.read_text()).items() if name != "milestones"}
    with file.open("a") as more:
        more.write(json.dumps(before) + "\n")
    assert [run.milestones for run in read_runs(file)] == [run.milestones, []]


def test_a_run_knows_when_it_reached_each_of_its_goals_and_others_are_another_question():
    plain = some_run(0)
    run = replace(plain, milestones=[{"goal": 2.0, "reached_seconds": None}])
    assert run.goals == (2.0, 4.0)
    assert [run.seconds_to(goal) for goal in run.goals] == [None, 3.5]
    assert run.question != plain.question


def test_a_run_carries_its_configuration_and_the_evaluation_of_its_final_policy(tmp_path: Path):
    file = tmp_path / "runs.jsonl"
    run = replace(some_run(0), final_evaluation={"mean": 4.5, "failed": 0.0}, configuration={"algorithm": "sac"})
    append_run(file, run)
    (back,) = read_runs(file)
    assert (back.final_evaluation, back.configuration) == (run.final_evaluation, run.configuration)
