"""`tuner audit`."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tuner.cli.app import app


def call(*arguments):
    return CliRunner().invoke(app, ["audit", *arguments])


def test_the_a1():
    shown = call("Velocity-Flat-A1")
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0] == "Velocity-Flat-A1 (mujoco)  hopeless"
    hip = " ".join(next(line for line in lines if line.startswith(" FL_hip")).split())
    # beyond ±3: 0.27 % of N(0, 1) and 97.606 % of the squashed; none is clipped; 97.437 % beyond the joint's range
    assert hip == "FL_hip -100 … 100 0.3% 0.0% 97.6% 97.4% -1427° … 1438° -46° … 46° hopeless"
    text = " ".join(shown.output.split())
    assert "12 of 12 dimensions are hopeless. Worst, FL_hip: The box commands joint targets of -1427° to 1438°" in text
    assert "What to do: Give the agent an action box of its own: by joint limits" in text


def test_the_a1_as_json():
    found = json.loads(call("Velocity-Flat-A1", "--simulator", "mujoco", "--json").stdout)
    assert found["source"] == {"task": "Velocity-Flat-A1", "simulator": "mujoco"}
    assert found["verdict"] == "hopeless"
    assert len(found["dimensions"]) == 12
    assert found["dimensions"][0]["squashed_beyond_range"] == pytest.approx(0.974373, abs=2e-6)


def test_a_box():
    shown = call("--box", "-100", "100", "--dims", "12", "--scale", "0.25")
    assert shown.exit_code == 0
    assert shown.output.startswith("-100 … 100 in 12 dimensions  hopeless")
    (row,) = [line for line in shown.output.splitlines() if line.startswith(" 0 … 11")]
    assert "-1432° … 1432° about default" in row  # 25 rad
    found = json.loads(call("--box", "-4", "4", "--json").stdout)
    assert found["source"] == {"box": [-4.0, 4.0], "dims": 1, "scale": None}
    assert found["dimensions"][0]["target_high_degrees"] is None


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        (
            "cfg.py",
            "class Cfg:\n    class normalization:\n        clip_actions = 100.\n",
            "legged_gym class, normalization.clip_actions",
        ),
        ("robot.yaml", "robot: {control: {action_clip_value: 100.0}}", "humanoidverse YAML, robot.control.action"),
        (
            "env.yaml",
            "actions: {legs: {class_type: a:JointPositionAction, clip: {.*: !!python/tuple [-50, 50]}, scale: 0.5}}",
            "Isaac Lab environment, actions.legs.clip",
        ),
        ("agent.yaml", "clip_actions: 100.0", "training YAML, clip_actions"),
    ],
)
def test_a_configuration_in_each_style(tmp_path, name, text, title):
    (tmp_path / name).write_text(text)
    shown = call("--config", str(tmp_path / name))
    assert shown.exit_code == 0
    assert f"({title}" in " ".join(shown.output.split())
    assert "-100 … 100" in shown.output
    assert "hopeless" in shown.output
    found = json.loads(call("--config", str(tmp_path / name), "--json").stdout)
    assert found["dimensions"][0]["high"] == 100.0  # Isaac Lab's: 50 rad at 0.5 rad per unit
    assert found["source"]["notes"][0].endswith(("one row stands for each of them.", "that they match: .*."))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give one thing to audit"),
        (["Cartpole", "--box", "-1", "1"], "Give one thing to audit"),
        ([""], "The task's id is empty"),
        (["Cartpol"], "No simulator lists a task 'Cartpol'. Did you mean 'Cartpole'?"),
        (["CartPole-v1", "--simulator", "gymnasium"], "'CartPole-v1' has discrete actions, Discrete(2)"),
        (["--box", "-1", "1", "--simulator", "mujoco"], "--simulator goes with a TASK only"),
        (["Cartpole", "--dims", "2"], "--dims goes with --box only"),
        (["Cartpole", "--scale", "2"], "--scale goes with --box only"),
        (["--box", "1", "-1"], "the lower bound 1 is not below the upper bound -1"),
        (["--box", "-inf", "inf"], "The action box is not finite"),
        (["--box", "nan", "1"], "The action box is not finite"),
        (["--box", "-1", "1", "--dims", "0"], "--dims is 0; give a whole number from 1"),
        (["--box", "-1", "1", "--scale", "0"], "--scale is 0; give the rad per unit"),
        (["--box", "-1", "1", "--option", "a=1"], "--option goes with a TASK only"),
        (
            ["Cartpole", "--option", "randomize"],
            "--option takes NAME=VALUE, such as max_episode_steps=500, but was given",
        ),
        (["Cartpole", "--option", "=1"], "--option takes NAME=VALUE"),
        (["--config", "no/such.yaml"], "Cannot read the configuration file 'no/such.yaml': No such file"),
        (["--config", ""], "Cannot read the configuration file"),
        (["--config", "a.yaml", "--robot", "none.urdf"], "Cannot read the robot's file 'none.urdf'"),
        (["--box", "-1", "1", "--robot", "a.urdf"], "--robot goes with --config only"),
    ],
)
def test_mistakes_exit_with_two_and_a_message(arguments, message):
    shown = call(*arguments)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr.startswith("Error: ")
    assert message in shown.stderr


def test_options_reach_the_simulator():
    chosen = ("--option", "max_episode_steps=50", "--option", "randomize=false")
    found = json.loads(call("Velocity-Flat-A1", *chosen, "--json").stdout)
    assert found["source"]["options"] == {"max_episode_steps": 50, "randomize": False}
    shown = call("Velocity-Flat-A1", "--option", "max_episode_step=50")
    assert shown.exit_code == 2
    assert "Did you mean 'max_episode_steps'?" in shown.stderr


@pytest.mark.parametrize(
    ("text", "answer", "code", "checked"),
    [
        ("clip_actions: 1.0", "box", 0, 0),
        ("clip_actions: 5.0", "box", 0, 3),
        ("clip_actions: 100.0", "box", 0, 3),
        ("clip_actions: null", "no_clipping", 0, 3),
        ("clip_actions: true", "not_understood", 2, 2),
        ("seed: 1", "not_understood", 2, 2),
        ("[", "not_understood", 2, 2),
    ],
)
def test_the_answer_is_in_the_exit_code_and_in_json(tmp_path, text, answer, code, checked):
    file = tmp_path / "agent.yaml"
    file.write_text(text)
    assert call("--config", str(file)).exit_code == code
    shown = call("--config", str(file), "--check", "--json")
    assert shown.exit_code == checked
    found = json.loads(shown.stdout)
    assert (found["answer"], found["source"]["config"]) == (answer, str(file))
    assert (found["command"] is None) is (answer == "box")


def test_check_is_for_tasks_and_boxes_too():
    assert call("--box", "-4", "4", "--check").exit_code == 0
    assert call("--box", "-5", "5", "--check").exit_code == 3
    assert call("Velocity-Flat-A1", "--check").exit_code == 3


@pytest.mark.parametrize(
    "arguments", [["Cartpol"], ["--box", "1", "-1"], ["--config", "no/such.yaml"], [], ["--config", "a", "--dims", "2"]]
)
def test_json_is_printed_for_mistakes_too(arguments):
    shown = call(*arguments, "--json")
    assert shown.exit_code == 2
    found = json.loads(shown.stdout)
    assert (found["answer"], found["verdict"], found["dimensions"]) == ("not_understood", None, [])
    assert shown.stderr == f"Error: {found['reason']}\n"


def test_what_was_given_is_in_the_json_of_a_mistake():
    found = json.loads(call("--config", "no/such.yaml", "--json").stdout)
    assert found["source"] == {"config": "no/such.yaml"}


def test_a_file_that_is_not_understood_says_what_to_give_by_hand(tmp_path):
    (tmp_path / "cfg.py").write_text(
        "class Cfg:\n    num_actions = 19\n    action_scale = 0.5\n    clip_actions = True\n"
    )
    shown = call("--config", str(tmp_path / "cfg.py"))
    assert shown.exit_code == 2
    text = " ".join(shown.stdout.split())
    assert "cfg.py:4) not understood" in text
    assert "tuner audit --box LOW HIGH --dims 19 --scale 0.5" in text


def test_several_files_and_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # names so short that no row of the table is folded
    (tmp_path / "run").mkdir()
    (tmp_path / "run/a.yaml").write_text("clip_actions: 100.0")
    (tmp_path / "run/b.yaml").write_text("clip_actions: 1.0")
    (tmp_path / "c.yaml").write_text("clip_actions: true")
    given = ("--config", "run", "--config", "c.yaml")
    shown = call(*given)
    assert shown.exit_code == 2
    rows = [line.split() for line in shown.stdout.splitlines() if line.startswith((" run/", " c.yaml"))]
    assert [row[0] for row in rows] == ["run/a.yaml", "run/b.yaml", "c.yaml"]
    found = json.loads(call(*given, "--json").stdout)
    assert [entry["answer"] for entry in found["audits"]] == ["box", "box", "not_understood"]
    assert call(*given, "--check").exit_code == 3
    assert call("--config", "run").exit_code == 0


def test_joint_limits_of_a_robot(tmp_path):
    (tmp_path / "dog.urdf").write_text(
        '<robot name="r"><link name="a"/><link name="b"/><joint name="hip" type="revolute"><parent link="a"/>'
        '<child link="b"/><limit lower="-1" upper="1"/></joint></robot>'
    )
    (tmp_path / "agent.yaml").write_text("clip_actions: 4.0\ndefault_joint_angles: {hip: 0.0}\naction_scale: 0.25")
    given = ("--config", str(tmp_path / "agent.yaml"), "--robot", str(tmp_path / "dog.urdf"), "--json")
    (dimension,) = json.loads(call(*given).stdout)["dimensions"]
    assert dimension["range_high_degrees"] == pytest.approx(57.2958, abs=1e-4)
    assert dimension["squashed_beyond_range"] == 0.0  # 4 * 0.25 = 1 rad


def test_options_of_the_wrong_kind_exit_with_two():
    assert call("--box", "-1").exit_code == 2
    assert call("--box", "low", "high").exit_code == 2
    assert call("--box", "-1", "1", "--dims", "1.5").exit_code == 2


def test_a_box_needs_no_simulator():
    code = "import sys; from tuner.cli.app import app; app(sys.argv[1:], standalone_mode=False)"
    code += "\nassert not {'torch', 'jax', 'mujoco', 'gymnasium'} & set(sys.modules)"
    command = [sys.executable, "-c", code, "audit", "--box", "-100", "100"]
    assert subprocess.run(command, capture_output=True, text=True).stderr == ""
