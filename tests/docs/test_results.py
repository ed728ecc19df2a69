"""The tables of results on the pages are what the benchmarks print of their data."""

import re
import subprocess
import sys
from functools import cache

from tests.docs.pages import PAGES, ROOT, page, rows

README = PAGES[0].read_text(encoding="utf-8")
STORY = {
    "PPO as Isaac Lab ships it": "ppo_shipped",
    "PPO tuned": "ppo_tuned",
    "SAC with SBX's defaults, ±100": "sac_default",
    "the same in 3 % of the box, small entropy coefficient": "sac_3_percent",
    "SAC tuned": "sac_tuned",
}
BOXES = {
    "the declared one": "full_box",
    "10 %": "10_percent",
    "joint limits": "joint_limits",
    "3 %": "3_percent",
    "percentiles of that PPO": "percentiles",
    "1 %": "1_percent",
}
ALTERNATIVES = {
    "box that widens": ["schedule", "schedule_10_percent"],
    "penalty near the bounds": ["penalty", "penalty_10_percent"],
    "not squashed": ["unbounded", "unbounded_10_percent", "unbounded_1_percent"],
}


@cache
def printed(script, data):
    """Return what a benchmark prints of its data, as the numbers of each variant: reached, mean time, return."""
    command = [sys.executable, str(ROOT / "benchmarks" / script), "--table", str(ROOT / "benchmarks" / "data" / data)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    found = re.findall(r"^ *(\w+) +(?:±.*? )?(\d/\d) +(.+?) {2,}(.+?) {2,}\d/\d$", output, re.MULTILINE)
    return {name: (reached, numbers(time), numbers(final)) for name, reached, time, final in found}


def numbers(cell):
    """Return the numbers in a cell; an interval that is a point is left out."""
    found = re.findall(r"[-−]?[\d.]+", cell)
    signed = [float(text.replace("−", "-")) for text in found]
    return signed[:1] if len(set(signed)) == 1 else signed


@cache
def printed_story():
    """Return the cells that the A1 story prints for each configuration; see `read_cell`."""
    command = [sys.executable, "benchmarks/a1_story.py", "--table", "benchmarks/data/a1_story.jsonl"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    found = {variant: [] for variant in STORY.values()}
    times_and_ends = re.sub(r"^Medians and ranges .*?^(?=At the end)", "", output, flags=re.MULTILINE | re.DOTALL)
    for line in times_and_ends.splitlines():
        name, *cells = re.split(" {2,}", line.strip())
        if name in found:
            times = "/" in cells[0]  # then the last column says how many runs were contended
            found[name] += [read_cell(cell) for cell in (cells[:-1] if times else cells)]
    return found


def read_cell(cell):
    """Return the numbers in a cell, or the cell itself if it says how many of how many."""
    return cell if "/" in cell else numbers(cell)


def test_the_table_of_the_a1_story_is_what_was_measured():
    told = {row[0]: row[1:] for row in rows(README) if row[0] in STORY}
    measured = printed_story()
    for label, variant in STORY.items():
        assert [read_cell(cell) for cell in told[label]] == measured[variant], label


def test_a_table_of_boxes_is_what_was_measured():
    measured = printed("action_bounds.py", "action_bounds_a1.jsonl")
    told = {row[0]: row for row in rows(page("action_bounds.md")) if row[0] in BOXES}
    for label, variant in BOXES.items():
        *_, reached, time, final = told[label]
        assert (reached, numbers(time), numbers(final)) == measured[variant], label


def test_the_table_of_alternatives_is_what_was_measured():
    measured = printed("action_bounds.py", "action_bounds_a1.jsonl")
    told = {row[0]: row[1:] for row in rows(page("action-bounds-alternatives.md"))}
    for label, variants in ALTERNATIVES.items():
        assert [numbers(cell) for cell in told[label] if cell] == [measured[variant][2] for variant in variants], label


def test_the_tables_of_both_a1s_are_what_was_measured():
    command = [sys.executable, str(ROOT / "benchmarks" / "fidelity.py"), "--table", "benchmarks/data/fidelity_a1"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    tables = [line for line in output.splitlines() if line.startswith("|")]
    told = page("fidelity.md").splitlines()
    first = told.index(tables[0])
    assert [line for line in told[first:] if line.startswith("|")] == tables


def test_every_benchmark_has_a_row():
    scripts = {f"`benchmarks/{file.name}`" for file in (ROOT / "benchmarks").glob("[!_]*.py")}
    assert scripts <= {row[0] for row in rows(page("evidence.md"))}


def test_every_file_of_data_is_named_on_a_page():
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    assert [file.name for file in (ROOT / "benchmarks" / "data").iterdir() if file.name not in text] == []
