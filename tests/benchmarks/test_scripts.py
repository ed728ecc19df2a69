"""Every benchmark as it is started from the command line, on the smallest case that it can measure."""

import importlib
import shlex
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(file.stem for file in BENCHMARKS.glob("[!_]*.py"))


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def start(script: str, arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [f"{script}.py", *shlex.split(arguments)])
        importlib.import_module(script).main()
        return capsys.readouterr().out

    return start


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_says_what_is_measured(script: str, start, capsys):
    with pytest.raises(SystemExit) as ended:
        start(script, "--help")
    assert ended.value.code == 0
    first_words = importlib.import_module(script).__doc__.split()[:3]
    assert " ".join(first_words) in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("script", "data", "row"),
    [
        ("a1_story", "a1_story.jsonl", "sac_tuned"),
        ("action_bounds", "action_bounds_a1.jsonl", "percentiles"),
        ("time_to_return", "time_to_return_cartpole.jsonl", "mean, s"),
        ("fidelity", "fidelity_a1", "flat_orientation_l2"),
    ],
)
def test_the_stored_runs_can_be_printed(script: str, data: str, row: str, start):
    assert row in start(script, f"--table {shlex.quote(str(BENCHMARKS / 'data' / data))}")


def test_learners_are_compared(start):
    task = "--simulator synthetic --num-envs 4 --buffer-steps 64 --networks 8 --batch-size 8"
    out = start("learner", f"{task} --parts training updates --precision float32 --steps 1 --repeats 1")
    for table in ("training", "updates alone", "end to end"):
        assert table in out
    assert "fused float32" in out


def test_the_server_of_a_simulator_is_measured(start):
    out = start("simulator_server", "--robots 8 --observations 3 --actions 2 --steps 5 --rounds 3")
    for row in ("in this process", "behind a server", "the server costs", "a message there and back"):
        assert row in out


def test_robots_in_processes_are_measured(start):
    out = start("robot_processes", "--robots 2 --threads 1 --milliseconds 0 0.1 --seconds 0.01 --repeats 1")
    assert len(out.splitlines()) == 4
    assert "a process for each CPU" in out


@pytest.mark.slow
def test_the_start_of_learners_is_measured_in_processes_of_their_own(start):
    task = "--simulator synthetic --num-envs 4 --buffer-steps 64 --networks 8 --batch-size 8"
    out = start("learner", f"{task} --parts startup --precision --steps 1 --repeats 1")
    name, cold, *_ = out.splitlines()[-1].split()
    assert name == "stock"
    assert float(cold) > 0.0


def test_the_simulator_is_timed(start):
    out = start("simulator_speed", "--seconds 0.01 --repeats 1 --threads 1 --robots 2")
    assert out.splitlines()[-1].split()[0] == "2"
