"""The command as a whole: help, version, exit codes, and how light it is."""

import importlib
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tuner.cli import main
from tuner.cli.app import COMMANDS as TABLE
from tuner.cli.app import app, load_command
from tuner.errors import TunerError, UserError

ROOT = Path(__file__).resolve().parents[2]
COMMAND = typer.main.get_command(app)


def leaves():
    """Return every command by its name, one below another by both names: "plot curves"."""
    found = {}
    for name in TABLE:
        command = load_command(name)
        inner = getattr(command, "commands", None)
        found |= {name: command} if inner is None else {f"{name} {below}": inner[below] for below in inner}
    return found


COMMANDS = leaves()
NAMES = sorted(COMMANDS)
TRAINING = ["ray", "jax", "torch", "sbx", "stable_baselines3", "mujoco", "isaaclab", "gymnasium"]
STUDIES = ["optuna", "sqlalchemy", "pandas", "plotly"]
LIGHT_ENOUGH_TO_AVOID = ["pydantic", "numpy", "rich.live", "yaml"]


def call(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_commands_are_these():
    assert NAMES == [
        "actions",
        "audit",
        "bounds",
        "confirm",
        "dashboard",
        "doctor",
        "enqueue",
        "evaluate",
        "export",
        "init",
        "plot actions",
        "plot bounds",
        "plot curves",
        "plot initial",
        "replay",
        "report",
        "reprice",
        "run",
        "show",
        "spaces",
        "studies",
        "tasks",
        "train",
    ]


def test_each_command_has_a_file_of_its_name_and_nothing_else_lies_there():
    files = {file.stem for file in (ROOT / "tuner" / "cli" / "commands").glob("*.py")}
    assert files == {"__init__", *TABLE}


@pytest.mark.parametrize("name", TABLE)
def test_the_table_says_of_a_command_what_its_own_help_begins_with(name):
    paragraph, *_ = load_command(name).help.split("\n\n")
    assert TABLE[name].summary == " ".join(paragraph.split())


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_and_an_example_that_parses(name):
    command = COMMANDS[name]
    assert command.help
    example = re.fullmatch(r"Example: tuner (.+)", command.epilog or "")
    assert example, f"{name} has no example"
    words = example[1].partition(" > ")[0].split()
    own = len(name.split())
    assert " ".join(words[:own]) == name
    assert command.make_context(name, words[own:]).params, "the example has only options and arguments that exist"


@pytest.mark.parametrize("name", NAMES)
def test_every_option_and_argument_has_help(name):
    without = [parameter.name for parameter in COMMANDS[name].params if not getattr(parameter, "help", None)]
    assert without == []


@pytest.mark.parametrize("name", NAMES)
def test_help_shows_the_example(name):
    shown = call(*name.split(), "--help")
    assert shown.exit_code == 0
    assert "Example: tuner " + name in " ".join(shown.output.split())


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("name", ["", "plot", *NAMES])
def test_help_fits_the_terminal_and_shows_no_python_types(name, width):
    lines = help_lines(name, width)
    shown = "\n".join(lines)
    assert "--help" in shown
    assert re.findall(r"<.*?>", shown) == []
    assert "[[" not in shown
    assert [line for line in lines if len(line) > width] == []


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("name", ["", "plot", *NAMES])
def test_paragraphs_of_the_help_fill_the_width(name, width):
    lines = help_lines(name, width)
    panels = next(number for number, line in enumerate(lines) if line.startswith("╭"))
    assert short_lines([line.strip() for line in lines[:panels]], width - 2) == []  # a space at either side


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("name", ["", "plot", *NAMES])
def test_descriptions_of_options_and_commands_fill_their_column(name, width):
    rows = [line.strip("│").rstrip() for line in help_lines(name, width) if line.startswith("│")]
    starts = [len(row) - len(row.lstrip()) for row in rows]
    # A line that goes on with the description above it begins at the column of descriptions, which is far to the right.
    going_on = [start for start in starts if start > 8]
    column = min(going_on, default=width)
    short = [
        (row, after)
        for (row, after), start in zip(pairwise(rows), starts[1:], strict=True)
        if start >= column and not after.lstrip().startswith("[") and len(f"{row} {after.split()[0]}") <= width - 3
    ]
    assert short == []


def help_lines(name, width):
    """Return the help of a command on a terminal of so many characters."""
    shown = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": str(width)})
    assert shown.exit_code == 0
    return shown.output.splitlines()


def short_lines(lines, width):
    """Return the lines that the first word of the next one would have fitted into."""
    return [line for line, after in pairwise(lines) if line and after and len(f"{line} {after.split()[0]}") <= width]


def test_without_arguments_help_is_shown():
    shown = call()
    assert "Usage: tuner" in shown.output
    assert all(name in shown.output for name in TABLE)


def test_the_version_is_printed():
    shown = call("--version")
    assert shown.exit_code == 0
    assert re.fullmatch(r"tuner \d+\.\d+.*\n", shown.output)


def loaded_after(names):
    """Load commands one after the other in a new process; return the modules that are loaded after each."""
    code = f"""
import json, sys
from tuner.cli.app import load_command
loaded = {{"": sorted(sys.modules)}}
for name in {list(names)}:
    load_command(name)
    loaded[name] = sorted(sys.modules)
print(json.dumps(loaded))
"""
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(finished.stdout)


def test_importing_the_command_line_loads_nothing_heavy():
    loaded = loaded_after([])[""]
    assert [name for name in loaded if name.startswith("tuner.cli.commands.")] == []
    assert [name for name in TRAINING + STUDIES + LIGHT_ENOUGH_TO_AVOID if name in loaded] == []


def test_help_and_mistakes_in_options_wait_for_nothing_that_trains():
    loaded = loaded_after(TABLE)
    assert list(loaded) == ["", *TABLE]
    assert {name: [heavy for heavy in TRAINING if heavy in modules] for name, modules in loaded.items()} == {
        name: [] for name in loaded
    }


def test_commands_that_read_no_study_load_nothing_that_reads_one():
    loaded = loaded_after(["tasks", "studies", "audit", "actions", "bounds", "evaluate"])
    assert {name: [heavy for heavy in STUDIES if heavy in modules] for name, modules in loaded.items()} == {
        name: [] for name in loaded
    }


def test_help_runs_as_a_module():
    finished = subprocess.run([sys.executable, "-m", "tuner", "--help"], capture_output=True, text=True, check=True)
    assert "tuner run quickstart" in finished.stdout


def test_the_users_mistake_exits_with_two_and_one_line_on_stderr():
    shown = call("tasks", "--simulator", "mujocoo")
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert shown.stderr.startswith("Error: Unknown simulator 'mujocoo'. Did you mean 'mujoco'?")
    assert "Traceback" not in shown.stderr


def test_an_unknown_command_or_option_exits_with_two():
    assert call("runn").exit_code == 2
    assert call("run", "quickstart", "--no-such-option").exit_code == 2


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UserError("write something else"), 2, "Error: write something else\n"),
        (TunerError("nothing finished"), 1, "Error: nothing finished\n"),
        (OSError(28, "No space left on device"), 1, "Error: [Errno 28] No space left on device\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_every_failure_is_one_message_and_a_code(error, code, message):
    failing = typer.Typer(cls=type(COMMAND))

    @failing.callback()
    def group():
        pass

    @failing.command()
    def fail():
        raise error

    shown = CliRunner().invoke(failing, ["fail"])
    assert (shown.exit_code, shown.stdout, shown.stderr) == (code, "", message)


def test_tracebacks_are_shown_on_request(monkeypatch):
    monkeypatch.setenv("TUNER_DEBUG", "1")
    shown = call("tasks", "--simulator", "mujocoo")
    assert isinstance(shown.exception, UserError)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's disk that is always full")
def test_output_that_cannot_be_written_is_one_message():
    with Path("/dev/full").open("w") as full:
        finished = subprocess.run(
            [sys.executable, "-m", "tuner", "--help"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert finished.returncode == 1
    assert finished.stderr == "Error: The output could not be written: No space left on device.\n"


def test_an_exception_in_the_users_code_is_one_message_with_its_line(tmp_path, monkeypatch):
    (tmp_path / "arm.py").write_text('def step():\n    raise ValueError("joint 3 \\x1b[2J")\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("tuner.cli.app.app", lambda: importlib.import_module("arm").step())
    with pytest.raises(SystemExit) as ended:
        main()
    assert str(ended.value) == (
        f'Error: ValueError: joint 3 \\x1b[2J\n  File "{tmp_path}/arm.py", line 2, in step\n'
        '    raise ValueError("joint 3 \\x1b[2J")\nTUNER_DEBUG=1 shows the whole traceback.'
    )
    monkeypatch.setenv("TUNER_DEBUG", "1")
    with pytest.raises(SystemExit, match="Traceback"):
        main()
