"""The pages of the documentation, and what stands in them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]


def page(name):
    """Return the text of a page in docs/."""
    return (DOCS / name).read_text(encoding="utf-8")


def fenced(text, language):
    """Return the contents of the fenced blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def shell_lines(text):
    """Return the lines of a page's indented blocks, without comments; lines continued with a backslash are joined."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE).replace("\\\n", " ")
    indented = re.findall(r"^ {4}(.+)$", prose, re.MULTILINE)
    return [line.partition(" #")[0].strip() for line in indented]


def inline_code(text):
    """Return what stands between backticks outside of blocks; a line break in it counts as a space."""
    prose = re.sub(r"^```.*?^```|^ {4}.*$", "", text, flags=re.DOTALL | re.MULTILINE)
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]


def rows(text):
    """Return the cells of every row of the page's tables, without marks of bold."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip(" *") for cell in line.strip("|").split(" | ")] for line in lines]
