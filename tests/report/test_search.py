"""Sections on how the search went."""

from dataclasses import replace

import pytest

from tests.figures.studies import fast_and_slow
from tests.report.sections import figures, told
from tests.study.toy import Lab
from tuner.report._blocks import Figure
from tuner.report._search import history_section, parameters_section, returns_section
from tuner.report._study_data import read_source


@pytest.mark.parametrize(
    ("top", "words"), [(0, "clock."), (1, "The best trial is thick."), (4, "The 4 best trials are thick.")]
)
def test_the_reading_says_how_many_trials_stand_out(unpruned, top, words):
    section = returns_section(replace(unpruned, top=top))
    assert section.reading.strip().endswith(words)
    assert figures(section) == ["returns"]


def test_before_anything_is_known_each_section_says_so(unstarted):
    for section, words in (
        (returns_section(unstarted), "No trial has a return yet."),
        (history_section(unstarted), "No trial has a score yet."),
        (parameters_section(unstarted), "There are not two complete trials with different parameters yet"),
    ):
        assert told(section).startswith(words)
        assert figures(section) == []


def test_a_score_is_a_time_or_a_return(unpruned):
    assert history_section(unpruned).reading.startswith("Lower is better.")
    returns = read_source(fast_and_slow(objective={"kind": "return_at_budget", "target": None}), top=3)
    assert history_section(returns).reading.startswith("Higher is better")


def test_parameters_that_differ_are_drawn(unpruned):
    section = parameters_section(unpruned)
    assert figures(section) == ["parameters"]
    assert told(section).endswith(
        "Importances need at least 12 complete trials; there are 2. Trials that were stopped early do not count."
    )


def test_importances_are_drawn_once_there_are_enough_trials():
    lab = Lab(None)
    config = lab.config(budget={"trials": 12})
    lab.run(config)
    section = parameters_section(read_source(lab.load(config), top=3))
    assert figures(section) == ["parameters", "importances"]
    (parallel, _) = (block for block in section.blocks if isinstance(block, Figure))
    assert parallel.least_width > 0, "a wide figure is scrolled on a narrow screen"
