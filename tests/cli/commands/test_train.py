"""`tuner train`: one real training in a worker process, and everything around it."""

import json

import pytest
import sbx
from rich.console import Console
from typer.testing import CliRunner

from tests.cli.training import TOY, configuration, play, spec, write_export
from tuner.agents import load_normalization
from tuner.cli.app import app
from tuner.cli.commands.train import (
    SAVE_SECONDS,
    check_folder,
    free_name,
    on_task,
    print_next,
    print_result,
    refuse_failure,
    train_alone,
    training_spec,
)
from tuner.clock import ManualClock
from tuner.config import ActionBox, EntropySchedule, ObjectiveConfig, TaskConfig, TrialSpec
from tuner.errors import TunerError, UserError
from tuner.records import Outcome, OutcomeKind
from tuner.workers import ReplayPool, TickEvent


def call(*arguments):
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An export, what training from it printed, and its folder."""
    folder = tmp_path_factory.mktemp("train")
    file = write_export(folder / "cart.json")
    return file, call(file, "--seed", "5", "-o", folder / "run", "--json"), folder / "run"


def test_a_training_leaves_a_run_that_plain_sbx_opens(trained):
    _, shown, run = trained
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert (found["algorithm"], found["seed"], found["start_from"]) == ("ppo", 5, None)
    assert found["policy"] == f"{run}/policy.zip"
    assert found["outcome"]["kind"] == "exhausted"
    assert found["outcome"]["clock_seconds"] >= 0.3
    assert Outcome.from_json(json.loads((run / "outcome.json").read_text())).updates > 0
    assert len((run / "curve.jsonl").read_text().splitlines()) == 40
    assert TrialSpec.model_validate_json((run / "spec.json").read_bytes()).seed == 5
    assert sbx.PPO.load(run / "policy.zip").predict([[0.0] * 4])[0].shape == (1, 1)
    assert load_normalization(run).count > 8


def test_what_it_says_on_the_way(trained):
    _, shown, run = trained
    assert "PPO on Cartpole, 8 robots, seed 5: 0.3 s." in shown.stderr
    assert "The target of 50 was not reached; the best return is" in shown.stderr
    assert f"To evaluate it: tuner evaluate {run}" in shown.stderr


def test_the_order_of_joints_matters_where_their_bounds_differ():
    def joints(box, **noise):
        export = configuration()
        agent = export.agent.model_copy(update={"action_box": box, **noise})
        provenance = export.provenance.model_copy(update={"joints": ("hip", "knee")})
        export = export.model_copy(update={"agent": agent, "provenance": provenance})
        return training_spec(export, seconds=None, until_target=False, seed=0, start_from=None, directory="run").joints

    assert joints(ActionBox(low=(-1.0, -2.0), high=(1.0, 1.0))) == ("hip", "knee")
    assert joints(ActionBox(low=(-1.0, -1.0), high=(2.0, 2.0))) == ()
    assert joints(None) == ()
    assert joints(None, initial_std=(0.1, 0.2)) == ("hip", "knee")
    assert joints(None, target_entropy_std=(0.1, 0.2)) == ("hip", "knee")
    falls = {"target_entropy_std": 0.3, "target_entropy_schedule": EntropySchedule(final_std=(0.1, 0.2), fall_steps=9)}
    assert joints(None, **falls) == ("hip", "knee")
    assert joints(None, initial_std=(0.1, 0.1), target_entropy_std=0.2) == ()


def test_a_run_that_does_not_fit_is_the_users_mistake(trained, tmp_path):
    """From the command line through the worker and back; the shapes are only known there."""
    _, _, run = trained
    other = write_export(tmp_path / "other.json", hidden=16)
    refused = call(other, "--resume", run, "-o", tmp_path / "run")
    assert refused.exit_code == 2, refused.output
    assert "the replay buffer starts empty" in refused.stdout
    assert f"Error: The policy in {run} does not fit: its actor has" in refused.stderr
    assert not (tmp_path / "run" / "policy.zip").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope.json", "-o", "x"], "Cannot read the export nope.json"),
        (["{file}", "-o", "{run}"], "is not empty. Name another folder, or give --force"),
        (["{file}", "--resume", "{run}", "-o", "{run}"], "is the folder that --resume starts from"),
        (["{file}", "--resume", "nowhere", "-o", "x"], "There is no folder nowhere."),
        (["{file}", "--seconds", "soon", "-o", "x"], "--seconds: 'soon' is not a duration"),
        (["{file}", "-o", "{file}"], "is a file. Name a folder"),
        (["{file}", "-o", "{file}/a/b"], "cart.json is a file. Name a folder"),
    ],
)
def test_a_mistake_is_one_message_and_code_two(trained, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    file, _, run = trained
    refused = call(*(argument.format(file=file, run=run) for argument in arguments))
    assert refused.exit_code == 2, refused.output
    assert refused.stderr.startswith("Error: ")
    assert message in refused.stderr
    assert not (tmp_path / "x").exists()


# The specification


def test_with_the_exports_budget_it_is_the_trial_over_again():
    export = configuration()
    trial = TrialSpec(
        study="pendulum",
        number=7,
        seed=3,
        task=export.task,
        agent=export.agent,
        objective=export.objective,
        budget_seconds=0.3,
        ticks=40,
        threads=1,
        save_seconds=SAVE_SECONDS,
        directory="run",
    )
    assert spec(until_target=True) == trial
    # Training on changes nothing before the target: tests/training/test_run.py.
    assert spec() == trial.model_copy(update={"stop_at_target": False})


def test_a_longer_training_reports_as_often():
    assert (spec(seconds=0.6).ticks, spec(seconds=0.1).ticks) == (80, 40)
    # 0.3 s in 40 ticks are 133 ticks a second: an hour would have 480,000.
    assert spec(seconds=3600.0).ticks == 10_000


def test_an_export_of_next_to_no_seconds_can_be_trained_for_longer():
    tiny = configuration().model_copy(update={"budget_seconds": 1e-310})  # 60 s are infinitely often as many
    made = training_spec(tiny, seconds=60.0, until_target=False, seed=0, start_from=None, directory="run")
    assert made.ticks == 10_000


def test_there_must_be_a_target_to_stop_at():
    export = configuration(objective=ObjectiveConfig(kind="return_at_budget"))
    with pytest.raises(UserError, match="--until-target needs a target"):
        training_spec(export, seconds=None, until_target=True, seed=0, start_from=None, directory="run")


# The folder


def test_a_folder_may_be_new_or_empty_or_forced(tmp_path):
    check_folder(tmp_path / "new", start_from=None, force=False)
    check_folder(tmp_path, start_from=None, force=False)
    (tmp_path / "policy.zip").touch()
    check_folder(tmp_path, start_from=None, force=True)
    check_folder(tmp_path, start_from=tmp_path, force=True)
    with pytest.raises(UserError, match="is not empty"):
        check_folder(tmp_path, start_from=None, force=False)


# Stopping, on a clock that jumps


@pytest.mark.parametrize("signals", [1, 2])
def test_ctrl_c_ends_the_training(signals):
    pool, seen = ReplayPool(play, 1, ManualClock()), []

    def stops():
        return signals if any(isinstance(event, TickEvent) for event in seen) else 0

    outcome = train_alone(pool, spec(seconds=20.0), seen.append, stops)
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert outcome.clock_seconds == pytest.approx(5.0)
    assert bool(pool.idle()) is (signals == 1)  # the second closes the pool


def test_it_says_how_to_go_on(tmp_path):
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    stopped = Outcome(OutcomeKind.INTERRUPTED, clock_seconds=5.0, agent={})
    run = spec(seconds=20.0, until_target=True, directory=tmp_path / "run")
    print_next(console, tmp_path / "a.json", run, stopped)
    assert "stopped before there was a policy" in console.export_text()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "policy.zip").touch()
    # The policy of an earlier training, which --force should replace: this one was stopped before it had an agent.
    print_next(console, tmp_path / "a.json", run, Outcome(OutcomeKind.INTERRUPTED))
    assert "stopped before there was a policy" in console.export_text()
    (tmp_path / "run-2").mkdir()
    print_next(console, tmp_path / "a.json", run, stopped)
    command = f"tuner train {tmp_path}/a.json --resume {tmp_path}/run --seconds 15 -o {tmp_path}/run-3"
    assert f"Continue with: {command} --seed 3 --until-target\n" in console.export_text()
    print_next(console, tmp_path / "a.json", run, stopped, more=["--option", "a={b: [1, 2]}"])
    assert f"{command} --option 'a={{b: [1, 2]}}' --seed 3 --until" in console.export_text()
    assert free_name(str(tmp_path / "run")) == f"{tmp_path}/run-3"


def test_an_export_can_be_trained_on_another_task(tmp_path):
    export = configuration()
    assert on_task(export, None, None, None, None).task == export.task
    assert on_task(export, None, None, 3, ["max_episode_steps=7"]).task == TaskConfig(
        id="Cartpole", num_envs=3, options={"max_episode_steps": 7}
    )
    # Options are those of the other task, robots the export's.
    assert on_task(export, "Velocity-Flat-A1", None, None, None).task == TaskConfig(id="Velocity-Flat-A1", num_envs=8)
    other = on_task(export, "Isaac-A1", "isaaclab", 2, ["device=cpu"]).task
    assert other == TaskConfig(id="Isaac-A1", simulator="isaaclab", num_envs=2, options={"device": "cpu"})
    study = tmp_path / "study.yaml"
    study.write_text(TOY.format(robots=5, target=1, storage="sqlite:///a.db"))
    assert on_task(export, str(study), None, None, None).task == TaskConfig(id="Toy", num_envs=5)
    with pytest.raises(UserError, match="--simulator goes with --task only"):
        on_task(export, None, "isaaclab", None, None)
    with pytest.raises(UserError, match="No simulator lists a task"):
        on_task(export, "Isaac-A1", None, None, None)


@pytest.mark.parametrize("kind", [OutcomeKind.CRASHED, OutcomeKind.HUNG, OutcomeKind.DIVERGED, OutcomeKind.TOO_LARGE])
def test_a_training_that_fails_says_where_to_look(tmp_path, kind):
    with pytest.raises(TunerError, match=r"The training .*: it broke\. The worker's output is in .*worker-0\.log"):
        refuse_failure(Outcome(kind, "it broke"), tmp_path)
    (tmp_path / "policy.zip").touch()
    with pytest.raises(TunerError, match=rf"saved last is in .*: --resume {tmp_path} goes on from it"):
        refuse_failure(Outcome(kind, "it broke"), tmp_path)


def test_it_says_when_milestones_were_reached(tmp_path):
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    milestones = [{"goal": 15.0, "reached_seconds": 3.25}, {"goal": 20.0, "reached_seconds": None}]
    print_result(console, spec(), Outcome(OutcomeKind.EXHAUSTED, milestones=milestones))
    assert "The milestone of 15 was reached after 3.2 s." in console.export_text(clear=False)
    assert "milestone of 20" not in console.export_text()
    reached = Outcome(OutcomeKind.REACHED, reached_seconds=3.0)
    print_result(console, spec(start_from=tmp_path), reached)
    assert "The target of 50 was reached after 3.0 s of this part." in console.export_text()
