"""An audit as a table, with its reason and its remedy."""

import io

import pytest
from rich.console import Console

from tuner.actions import PartialTargets, audit_box
from tuner.cli.printing.audit_tables import dimensions_table, print_audit

BOX = {"box": [-100.0, 100.0], "dims": 2}


def titles(table):
    return [" ".join(str(column.header).split()) for column in table.columns]


def printed(source, audit):
    out = Console(width=200, color_system=None, file=io.StringIO(), record=True)
    print_audit(out, source, audit)
    return out.export_text().splitlines()


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
        (
            {"config": "a.yaml", "style": "training YAML", "place": "clip_actions"},
            "a.yaml (training YAML, clip_actions)",
        ),
        (BOX, "-100 … 100 in 2 dimensions"),
        ({"box": [-100.0, 100.0], "dims": 1}, "-100 … 100 in 1 dimension"),
    ],
)
def test_the_title_says_what_was_audited_and_the_verdict(source, title):
    assert printed(source, audit_box([-100.0] * 2, [100.0] * 2))[0] == f"{title}  hopeless"


def test_notes_come_first_and_the_remedy_last():
    audit = audit_box([-100.0] * 2, [100.0] * 2)
    lines = printed({**BOX, "notes": ["The scale is [not] known."]}, audit)
    assert lines[1] == "The scale is [not] known."
    assert audit.reason.split(".")[0] in " ".join(lines)
    assert " ".join(lines).rstrip().endswith(audit.remedy)
    assert "What to do: " in " ".join(lines)
