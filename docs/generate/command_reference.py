"""Write `docs/commands.md`, the reference of all commands, from what their `--help` says.

    python docs/generate/command_reference.py

`make docs` does it too. A test compares the page with the commands.
"""

import re
from pathlib import Path
from typing import Any

import typer

from tuner.cli.app import COMMANDS, app, load_command

PAGE = Path(__file__).resolve().parents[1] / "commands.md"
_INTRODUCTION = """\
# Commands

<!-- `make docs` generates this page. To change it, change the help texts in tuner/cli/commands/. -->

This is what `tuner COMMAND --help` prints. [Exit codes](troubleshooting.md#exit-codes) and
[environment variables](troubleshooting.md#environment-variables) are on the page about troubleshooting.
"""


def command_reference() -> str:
    """Return the page: every command with its usage, description, arguments, options and an example."""
    contents = "\n".join(
        f"- [`tuner {name}`](#tuner-{name}): {_plain(entry.summary)}" for name, entry in COMMANDS.items()
    )
    root = typer.Context(typer.main.get_command(app), info_name="tuner")
    sections = [_section(load_command(name), root, name) for name in COMMANDS]
    return "\n".join([_INTRODUCTION, contents, "", *sections])


def _section(command: Any, parent: Any, name: str, level: int = 2) -> str:
    """Return the section of a command and, one level deeper, of those below it."""
    context = typer.Context(command, info_name=name, parent=parent)
    pieces = [context.command_path, *map(_piece, command.collect_usage_pieces(context))]
    lines = [
        f"{'#' * level} {context.command_path}",
        _plain(command.help),
        f"```text\n{' '.join(pieces)}\n```",
        "\n".join(_parameter(parameter, context) for parameter in command.params if parameter.name != "help"),
        _example(command.epilog),
    ]
    below = [_section(inner, context, found, level + 1) for found, inner in getattr(command, "commands", {}).items()]
    return "\n\n".join(line for line in lines if line) + "\n" + "".join(f"\n{section}" for section in below)


def _parameter(parameter: Any, context: Any) -> str:
    """Return the list item of an argument or an option."""
    names, description = parameter.get_help_record(context)
    if parameter.param_type_name == "argument":
        names = _piece(" ".join(parameter.get_usage_pieces(context))).strip("[].")
    description, _, facts = description.partition("  [")
    facts = facts.removesuffix("]").replace("x>=", "at least ").replace("; ", ", ")
    note = f" ({facts})" if facts else ""
    return f"- `{names}`{note}: {_plain(description)}"


def _piece(text: str) -> str:
    """Return a piece of a usage line; Typer puts braces around what is required, and brackets twice around some."""
    return text.replace("{", "").replace("}", "").replace("[[", "[").replace("]]", "]")


def _example(epilog: str | None) -> str:
    return f"Example:\n\n    {epilog.removeprefix('Example: ')}" if epilog else ""


def _plain(text: str) -> str:
    """Return a help text as Markdown: Rich's marks for bold become Markdown's."""
    return re.sub(r"\[bold\](.*?)\[/bold\]", r"**\1**", text)


if __name__ == "__main__":
    PAGE.write_text(command_reference(), encoding="utf-8")
