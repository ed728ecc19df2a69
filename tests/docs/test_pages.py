"""What the pages say can be typed, opened and found."""

import re
import shlex

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, inline_code, shell_lines
from tuner.cli.app import COMMANDS, load_command

NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
_PLACEHOLDERS = re.compile(r"[<>*…{}]|NNNN|NAME|\.\.\.")


def commands_in(path):
    """Return the command lines of `tuner` in a page's blocks, each without what stands before and after it."""
    lines = shell_lines(path.read_text(encoding="utf-8"))
    return [line.partition("tuner ")[2].partition(" > ")[0] for line in lines if re.match(r"(\w+=\S+ )?tuner ", line)]


def resolve(words):
    """Return the command that words name, its own words, and the rest."""
    command, own = load_command(words[0]), 1
    if hasattr(command, "commands") and words[1:]:
        assert words[1] in command.commands, f"there is no command tuner {words[0]} {words[1]}"
        command, own = command.commands[words[1]], 2
    return command, words[:own], words[own:]


@pytest.mark.parametrize(
    ("name", "line"), [(name, line) for name, path in zip(NAMES, PAGES, strict=True) for line in commands_in(path)]
)
def test_every_command_line_parses(name, line):
    command, own, arguments = resolve(shlex.split(line))
    assert command.make_context(" ".join(own), arguments).params is not None


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_commands_in_a_sentence_exist_and_have_the_options_named_with_them(path):
    for code in inline_code(path.read_text(encoding="utf-8")):
        words = code.split()
        if words[0] != "tuner" or len(words) == 1 or words[1] == "…" or words[1].isupper() or words[1][0] == "-":
            continue
        assert words[1] in COMMANDS, code
        command, _, rest = resolve(words[1:])
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        given = {word for word in rest if re.fullmatch(r"--?[a-z][a-z-]*", word)}
        assert given <= known | {"--help"}, code


def test_the_pages_show_commands_at_all():
    assert len(commands_in(ROOT / "README.md")) > 5
    assert len(commands_in(DOCS / "commands.md")) >= len(COMMANDS)


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_scripts_and_targets_of_make_exist(path):
    makefile = (ROOT / "Makefile").read_text()
    text = path.read_text(encoding="utf-8")
    for line in [*shell_lines(text), *inline_code(text)]:
        words = line.split()
        if words[:1] == ["make"] and len(words) > 1 and words[1].isalpha():
            assert re.search(rf"^{words[1]}( [\w-]+)*:", makefile, re.MULTILINE), line
        elif words[:1] == ["python"]:
            assert (ROOT / words[1]).is_file(), line
            sources = "".join(file.read_text() for file in (ROOT / words[1]).parent.glob("*.py"))
            missing = [word for word in words if word.startswith("--") and f'"{word}"' not in sources]
            assert missing == [], line


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_files_and_folders_that_are_named_exist(path):
    named = [
        code
        for code in inline_code(path.read_text(encoding="utf-8"))
        if re.match(r"(tuner|tests|benchmarks|studies|search_spaces|docs)/", code) and not _PLACEHOLDERS.search(code)
    ]
    assert [code for code in named if not (ROOT / code).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_links_lead_to_files(path):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).is_file()] == []


def test_the_readme_is_short_and_leads_to_every_page():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) < 150
    assert [path.name for path in DOCS.glob("*.md") if f"(docs/{path.name})" not in readme] == []


def test_every_figure_is_shown():
    shown = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    assert [figure.name for figure in (DOCS / "figures").iterdir() if f"figures/{figure.name})" not in shown] == []
