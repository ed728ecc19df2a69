"""The notebook of the documentation runs from its first cell to its last, and its code is typed."""

from pathlib import Path

import nbformat
import pytest
from mypy import api as mypy
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs" / "studies-in-python.ipynb"


def code():
    return [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.slow
def test_every_cell_runs(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace('"budget.trials": 6', '"budget.trials": 2')
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    *_, last = (cell for cell in notebook.cells if cell.cell_type == "code")
    assert "array([[" in last.outputs[0]["data"]["text/plain"]
    assert (tmp_path / "runs" / "notebook" / "trial-0001" / "policy.zip").is_file()


def test_no_output_is_stored():
    assert [cell.outputs for cell in code()] == [[]] * len(code())


def test_its_code_is_typed(tmp_path, monkeypatch):
    file = tmp_path / "cells.py"
    file.write_text("\n".join(cell.source for cell in code()))
    monkeypatch.chdir(ROOT)  # with the project's settings, whose cache a check of the whole project has filled
    out, _, status = mypy.run(["--strict", "--config-file", str(ROOT / "pyproject.toml"), str(file)])
    assert status == 0, out
