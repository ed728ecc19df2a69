"""The notebook of the documentation runs from its first cell to its last, and its code is typed."""

from pathlib import Path

import nbformat
import pytest
from mypy import api as mypy
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "studies-in-python.ipynb"


def code():
    return [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.slow
def test_every_cell_runs(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    *_, last = (cell for cell in notebook.cells if cell.cell_type == "code")
    assert "array([[" in last.outputs[0]["data"]["text/plain"]
    assert (tmp_path / "runs" / "quickstart" / "trial-0005" / "policy.zip").is_file()


def test_no_output_is_stored():
    assert [cell.outputs for cell in code()] == [[]] * len(code())


@pytest.mark.slow
def test_its_code_is_typed(tmp_path):
    file = tmp_path / "cells.py"
    file.write_text("\n".join(cell.source for cell in code()))
    out, _, status = mypy.run(["--strict", "--config-file", "", str(file), "--cache-dir", str(tmp_path / "cache")])
    assert status == 0, out
