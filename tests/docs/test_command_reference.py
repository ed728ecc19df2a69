"""The reference of commands is what the commands say of themselves."""

import pytest

from docs.generate.command_reference import PAGE, command_reference
from tuner.cli.app import COMMANDS, load_command


def leaves():
    """Return every command by its name, one below another by both names: "plot curves"."""
    found = {}
    for name in COMMANDS:
        command = load_command(name)
        inner = getattr(command, "commands", None)
        found |= {name: command} if inner is None else {f"{name} {below}": inner[below] for below in inner}
    return found


def section(name):
    """Return the part of the page that is about a command."""
    _, _, after = command_reference().partition(f"# tuner {name}\n")
    return after.partition("\n#")[0]


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == command_reference(), (
        "docs/commands.md is not what the commands' --help says; run: make docs"
    )


@pytest.mark.parametrize("name", sorted(leaves()))
def test_every_command_is_there_with_all_its_options_and_its_example(name):
    command, told = leaves()[name], section(name)
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if option not in told and option != "--help"] == []
    assert f"    tuner {name}" in told
    assert command.help.split(".")[0].replace("[bold]", "**").replace("[/bold]", "**") in told


def test_what_is_required_and_what_is_the_default_is_said():
    told = section("export")
    assert "- `-o, --output FILE` (required): " in told
    assert "- `--episodes N` (default: 100): " in section("evaluate")
    assert "- `--seed N` (default: 0, at least 0): " in section("evaluate")
    assert "\ntuner export [OPTIONS] STUDY\n" in told
    assert "\ntuner dashboard [OPTIONS] [STUDY]\n" in section("dashboard")
