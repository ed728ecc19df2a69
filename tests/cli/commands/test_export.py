"""`tuner export`, on a study in an SQLite database."""

import onnxruntime
import pytest
from typer.testing import CliRunner

from tests.actions.folders import write_trial
from tests.export.test_from_study import BoxedRace
from tests.study.toy import Lab
from tuner.cli.app import app
from tuner.export import load_configuration


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    """Return the URL of a storage with the study `toy`, whose trial 1 is the confirmed winner."""
    race = BoxedRace(Lab(tmp_path_factory.mktemp("export")), "lucky", "steady")
    race.run(top=2, seeds=2)
    return race.config.storage


def export(storage, *arguments):
    return CliRunner().invoke(app, ["export", "toy", "--storage", storage, *map(str, arguments)])


def test_the_winner_is_written(storage, tmp_path):
    file = tmp_path / "winner.json"
    done = export(storage, "--format", "json", "-o", file)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"Written to {file}: trial 1 of toy, the confirmed winner.\n"
    assert load_configuration(file).provenance.trial == 1


@pytest.mark.parametrize(("form", "name"), [("sbx", "a.py"), ("zoo", "a.yml"), ("isaaclab", "a.yaml")])
def test_every_format_takes_what_a_study_has(storage, tmp_path, form, name):
    done = export(storage, "--trial", "0", "--format", form, "-o", tmp_path / name)
    assert done.exit_code == 0, done.stderr
    assert "trial 0 of toy, not confirmed." in done.stdout
    text = (tmp_path / name).read_text()
    assert text.startswith("# SAC for Toy (mujoco), 4 robots at once: trial 0 of the study toy.\n")
    assert "Not confirmed on fresh seeds: its one training reached a return of 10 in 20 s of training." in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--trial", "9", "--format", "json", "-o", "x.json"), "no trial 9; it has trials 0 to 1"),
        (("--format", "sbz", "-o", "x.py"), "Unknown format 'sbz'. Did you mean 'sbx'?"),
        (("--format", "zoo", "-o", "x.json"), "must end in .yml or .yaml"),
        (("--format", "json", "-o", "there.json"), "there.json exists already. Name another file, or give --force"),
        (("--format", "json", "-o", "none/x.json"), "there is no folder"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(storage, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.json").write_text("mine")
    done = export(storage, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("there.json", "mine")]


STUDY = """
study: toy
task: {{id: Toy, num_envs: {robots}}}
search_space: sac_speed
objective: {{target: {target}}}
budget: {{seconds: 100, ticks: 20}}
"""


@pytest.mark.parametrize("command", [("export", "--format", "json", "-o", "winner.json"), ("confirm",)])
def test_a_study_file_that_has_changed_is_not_taken_for_the_study(storage, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "mine.yaml"
    file.write_text(STUDY.format(robots=32, target=3.0))
    call = [command[0], "./mine.yaml", "--storage", storage, *command[1:]]
    refused = CliRunner().invoke(app, call)
    assert refused.exit_code == 2
    assert (
        "Error: ./mine.yaml is not what its study 'toy' was run with:\n"
        "  objective.target: 10.0 before, 3.0 now\n  task.num_envs: 4 before, 32 now\n"
    ) in refused.stderr
    assert f"give its name instead of the file: toy --storage {storage}." in " ".join(refused.stderr.split())
    assert list(tmp_path.iterdir()) == [file]
    assert CliRunner().invoke(app, ["show", "./mine.yaml", "--storage", storage]).exit_code == 0


def test_a_study_file_as_it_was_run_is_the_study(storage, tmp_path):
    file, winner = tmp_path / "mine.yaml", tmp_path / "winner.json"
    file.write_text(STUDY.format(robots=4, target=10))
    done = CliRunner().invoke(app, ["export", str(file), "--storage", storage, "--format", "json", "-o", str(winner)])
    assert done.exit_code == 0, done.stderr
    assert load_configuration(winner).provenance.trial == 1


def test_a_file_that_cannot_be_written_is_one_message(storage, tmp_path):
    name = "x" * 245 + ".json"  # may be the name of a file, but not with what a file is called until it is whole
    done = export(storage, "--format", "json", "-o", tmp_path / name)
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: Cannot write ")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_when_forced(storage, tmp_path):
    file = tmp_path / "winner.json"
    file.write_text("old")
    assert export(storage, "--format", "json", "-o", file, "--force").exit_code == 0
    assert load_configuration(file).agent.action_box is not None


def as_onnx(study, *arguments):
    return CliRunner().invoke(app, ["export", str(study), "--format", "onnx", *map(str, arguments)])


def test_the_policy_in_a_trials_folder_is_written_as_onnx(tmp_path):
    write_trial(tmp_path / "trial-0000")
    file = tmp_path / "policy.onnx"
    done = as_onnx(tmp_path / "trial-0000", "-o", file)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"Written to {file}: the policy in {tmp_path / 'trial-0000'}.\n"
    (given,) = onnxruntime.InferenceSession(file).get_inputs()
    assert (given.name, given.shape) == ("observations", ["robots", 2])


@pytest.mark.parametrize(("changes", "clipped"), [({}, True), ({"squash": False}, False)])
def test_who_deploys_a_policy_without_a_box_is_told_to_clip(changes, clipped, tmp_path):
    write_trial(tmp_path / "trial-0000", "sac", learner="fused", **changes)
    done = as_onnx(tmp_path / "trial-0000", "-o", tmp_path / "policy.onnx")
    assert done.exit_code == 0, done.stderr
    assert ("Clip them to it before the robot" in done.stderr) != clipped


def test_a_policy_that_is_not_there_is_told(storage, tmp_path):
    done = as_onnx("toy", "--trial", "0", "--storage", storage, "-o", tmp_path / "policy.onnx")
    assert done.exit_code == 2
    assert "No files were kept of this trial." in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_has_no_trials_to_choose_from(tmp_path):
    write_trial(tmp_path / "trial-0000")
    done = as_onnx(tmp_path / "trial-0000", "--trial", "3", "-o", tmp_path / "policy.onnx")
    assert done.exit_code == 2
    assert "--trial goes with a study only. Leave it out." in done.stderr
