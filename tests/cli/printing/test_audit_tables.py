"""An audit as a table, with its reason and its remedy."""

import io

import pytest
from rich.console import Console

from tuner.actions import PartialTargets, audit_box, audit_configurations
from tuner.cli.printing.audit_tables import (
    configurations_table,
    dimensions_table,
    print_audit,
    print_configuration,
    print_configurations,
)

BOX = {"box": [-100.0, 100.0], "dims": 2}


def titles(table):
    return [" ".join(str(column.header).split()) for column in table.columns]


def printed(source, audit):
    return lines_of(print_audit, source, audit)


def lines_of(show, *arguments):
    out = Console(width=200, color_system=None, file=io.StringIO(), record=True)
    show(out, *arguments)
    return [line.rstrip() for line in out.export_text().splitlines()]


def configurations(folder, *texts):
    files = [folder / f"{index}.yaml" for index, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return audit_configurations([str(file) for file in files])


def test_neighbours_that_are_the_same_share_a_row():
    table = dimensions_table(audit_box([-1.0, -1.0, -2.0, -1.0, -1.0, -1.0], [1.0, 1.0, 2.0, 1.0, 1.0, 1.0]).dimensions)
    assert list(table.columns[0].cells) == ["0, 1", "2", "3 … 5"]


def test_a_narrow_terminal_cuts_no_number(capsys):
    audit = audit_box([-100.0] * 2, [100.0] * 2)
    print_audit(Console(width=80), {"box": [-100.0, 100.0], "dims": 2}, audit)
    shown = capsys.readouterr().out
    assert "97.6%" in shown
    assert "-100 … 100" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_columns_that_say_nothing_are_left_out():
    bare = dimensions_table(audit_box([-1.0], [1.0]).dimensions)
    assert titles(bare) == ["dimension", "box", "σ = 1: beyond ±3", "clipped", "squashed: beyond ±3", "verdict"]
    scaled = PartialTargets(("hip",), default=(None,), scale=(0.25,), lower=(None,), upper=(None,))
    assert "joint target" in titles(dimensions_table(audit_box([-1.0], [1.0], scaled).dimensions))
    known = PartialTargets(("hip",), default=(0.0,), scale=(0.25,), lower=(-1.0,), upper=(1.0,))
    found = titles(dimensions_table(audit_box([-1.0], [1.0], known).dimensions))
    assert found[-4:] == ["beyond range", "joint target", "joint range", "verdict"]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ({"task": "Cartpole", "simulator": "mujoco"}, "Cartpole (mujoco)"),
        (BOX, "-100 … 100 in 2 dimensions"),
        ({"box": [-100.0, 100.0], "dims": 1}, "-100 … 100 in 1 dimension"),
    ],
)
def test_the_title_says_what_was_audited_and_the_verdict(source, title):
    assert printed(source, audit_box([-100.0] * 2, [100.0] * 2))[0] == f"{title}  hopeless"


def test_notes_come_first_and_the_remedy_last(tmp_path):
    (found,) = configurations(tmp_path, "clip_actions: 100.0")
    text = " ".join(lines_of(print_configuration, found))
    places = [text.index(part) for part in ("The file does not say how many actions", found.reason[:40])]
    assert places == sorted(places)
    assert text.rstrip().endswith(f"What to do: {found.remedy}")


@pytest.mark.parametrize(
    ("text", "answer"),
    [("clip_actions: 1.0", "fine"), ("clip_actions: null", "no clipping"), ("clip_actions: true", "not understood")],
)
def test_a_configuration_has_its_answer_and_its_line_in_the_title(tmp_path, text, answer):
    (found,) = configurations(tmp_path, text)
    lines = lines_of(print_configuration, found)
    title = f"(training YAML, clip_actions, {tmp_path / '0.yaml'}:1)  {answer}"
    assert title in " ".join(lines)
    assert "What to do: " in " ".join(lines)


def test_what_multiplies_the_sample_is_in_the_heading(tmp_path):
    (found,) = configurations(tmp_path, "params: {env: {clip_actions: 5.0}, config: {}}")
    assert "σ = half:" in " ".join(lines_of(print_configuration, found))
    assert titles(dimensions_table(found.audit.dimensions, rescaled=True))[2] == "σ = half: beyond ±3"


def test_several_configurations_share_a_table(tmp_path):
    found = configurations(tmp_path, "clip_actions: [-2.0, 5.0]\nnum_actions: 3", "clip_actions: true")
    table = configurations_table(found)
    assert titles(table) == ["configuration", "actions", "widest box", "out of place", "answer", "where"]
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    assert columns[1:3] == [["3", "—"], ["-2 … 5", "—"]]
    assert columns[4:] == [["fine", "not understood"], [f"{tmp_path / '0.yaml'}:1", f"{tmp_path / '1.yaml'}:1"]]
    text = " ".join(lines_of(print_configurations, found))
    assert text.count("What to do: ") == 1  # of the one without a box
    assert "clip_actions is True: a switch" in text
