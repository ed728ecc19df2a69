"""What is printed for programs, and what becomes of output that nobody reads."""

import io
import json
import subprocess
import sys
from pathlib import Path

from tuner.cli.printing.output import console, print_json


def test_json_has_no_numbers_that_json_does_not_know(capsys):
    print_json({"a": float("nan"), "b": [float("inf"), 1.5], "c": {3: (float("-inf"), "é")}, "d": Path("x")})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"a": None, "b": [None, 1.5], "c": {"3": [None, "é"]}, "d": "x"}
    assert "é" in printed, "letters stay letters"


def test_tables_in_files_and_pipes_are_not_cut_to_eighty_characters(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert console().width == 200
    assert console(stderr=True).width == 200
    assert console(stderr=True).stderr


def test_numbers_in_sentences_are_not_coloured(monkeypatch):
    out = console()
    monkeypatch.setattr(out, "file", io.StringIO())
    out.print("3 of 4")
    assert out.file.getvalue() == "3 of 4\n"


def test_a_reader_that_leaves_does_not_end_the_command():
    code = """
from tuner.cli.printing.output import console
out = console()
input()  # until the reader has left
for _ in range(9):
    out.print("nobody reads this")
import sys; sys.stderr.write("done")
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.close()
        running.stdin.write(b"\n")
        running.stdin.close()
        assert running.stderr.read() == b"done"
    assert running.returncode == 0
