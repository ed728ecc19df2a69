"""docs/first-hour.md: every command is run, in its order, with small budgets."""

import re
import shlex
from pathlib import Path

import gymnasium
import pytest
from typer.testing import CliRunner

from tests.docs.pages import fenced, page
from tuner.cli.app import app

PAGE = page("first-hour.md")
SMALL = {
    "run": "--workers 1 --set workers.calibrate=false --set budget.seconds=3 --set objective.target=-100000 "
    "--set budget.total_seconds=120 --trials 1",
    "bounds": "--seconds 5s --num-envs 8 --steps 50",
    "actions": "--num-envs 8 --steps 20",
    "confirm": "--seeds 1",
    "train": "--seconds 3s",
    "evaluate": "--episodes 8",
    "doctor": "--num-envs 4",
}
"""What makes a command short; each has an option of its own name that comes last and wins."""


def commands():
    """Return the page's commands and the exit codes that it names; all its indented lines are commands."""
    lines = re.findall(r"^ {4}(\S.+)$", re.sub(r"^```.*?^```", "", PAGE, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    for line in lines:
        command, _, comment = line.partition(" #")
        code = re.search(r"exit code (\d)", comment)
        yield shlex.split(command), int(code[1]) if code else 0


def shortened(words):
    return [*words[1:], *shlex.split(SMALL.get(words[1], ""))]


def write_files(folder: Path):
    """Write what the page shows, under the names that stand before it."""
    (code,), (study,) = fenced(PAGE, "python"), fenced(PAGE, "yaml")
    (folder / "mybot").mkdir()
    (folder / "mybot" / "__init__.py").write_text(code)
    (folder / "cart.yaml").write_text(study)


def test_the_page_has_a_command_for_each_step():
    found = [words for words, _ in commands()]
    assert {words[0] for words in found} == {"tuner"}
    told = {words[1] for words in found}
    assert {"doctor", "run", "show", "audit", "actions", "bounds", "confirm", "export", "train", "evaluate"} <= told


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_every_command_does_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    shown = {}
    try:
        for words, code in commands():
            done = CliRunner().invoke(app, shortened(words))
            assert done.exit_code == code, f"{shlex.join(words)}\n{done.output}\n{done.exception!r}"
            shown[shlex.join(words[1:4])] = done.output
    finally:
        gymnasium.registry.pop("Cart-v0", None)
    assert "the rail is broken" in shown["show broken --trial"]
    breaks = 1 + next(number for number, line in enumerate(fenced(PAGE, "python")[0].splitlines()) if "raise" in line)
    assert f"line {breaks}, in step" in shown["show broken --trial"]
    for name in ("bounds.yaml", "cart.html", "cart.json", "train_cart.py", "cart.onnx", "runs/cart-long/policy.zip"):
        assert (tmp_path / name).is_file(), name
