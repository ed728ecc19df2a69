"""The page: its parts, what it says of good and bad studies, and that users' texts stay texts."""

import json
from html.parser import HTMLParser

import pytest

from tests.confirm.racing import Race
from tests.figures.studies import crashing, empty, fast_and_slow, stopped
from tests.study import toy
from tests.study.toy import Lab
from tuner.records import OutcomeKind
from tuner.report._page import page_of, sections_of
from tuner.report._study_data import read_source

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


class Page(HTMLParser):
    """A page taken apart: its text by section, its figures by name, its links, and how often each element occurs."""

    def __init__(self, source):
        super().__init__()
        self.text, self.figures, self.links, self.elements = {"head": ""}, {}, [], []
        self._section, self._figure, self._inside = "head", None, []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        self.elements.append(tag)
        self._inside.append(tag)
        if tag == "section":
            self._section = facts["id"]
            self.text[self._section] = ""
        if facts.get("class") == "figure":
            self._figure = facts["id"].removeprefix("figure-")
        self.links += [facts[name] for name in ("src", "href") if name in facts]

    def handle_endtag(self, tag):
        self._inside = self._inside[: len(self._inside) - 1 - self._inside[::-1].index(tag)]

    def handle_data(self, data):
        inside = self._inside[-1] if self._inside else ""
        if inside == "script" and self._figure is not None:
            self.figures[self._figure] = json.loads(data)
            self._figure = None
        elif inside not in ("script", "style"):
            self.text[self._section] += data + " "


def page(study, *, top=3):
    source = read_source(study, top=top)
    sections = sections_of(source)
    return page_of(source, sections)


@pytest.fixture(scope="module")
def study():
    return stopped(shadow_share=1.0)


@pytest.fixture(scope="module")
def source(study):
    return page(study)


def test_it_carries_all_it_needs_once(source):
    assert source.startswith("<!DOCTYPE html>")
    assert source.count("* plotly.js v") == 1
    parsed = Page(source)
    assert parsed.elements.count("h1") == 1
    links = [link for link in parsed.links if not link.startswith("data:")]
    assert links == [f"#{name}" for name in parsed.text if name != "head"], "links lead to the sections only"
    assert "default-src &#x27;none&#x27;" in source
    assert 'name="viewport"' in source


def test_every_section_says_how_to_read_it(source):
    parsed = Page(source)
    expected = ["time", "configuration", "returns", "scores", "parameters", "stops", "seconds", "faults", "trials"]
    assert list(parsed.text)[1:] == [*expected, "origin"]
    assert source.count('<p class="reading">') >= len(expected) + 1
    assert list(parsed.figures) == ["time-to-return", "returns", "scores", "stops", "seconds"]
    assert all(figure["data"] for figure in parsed.figures.values()), "no figure is empty"


def test_the_headline_and_the_facts(source):
    head = Page(source).text["head"]
    assert "Of 2 trials, 1 reached the target; the fastest was trial 0 (fast), after 20.0 s." in head
    assert "2 of 2 trials finished, 1 reached the target" in head
    assert "100 s budget of a trial, training clock" in head


def test_the_storage_which_may_hold_a_password_is_not_told(source, study):
    assert study.user_attrs["config"]["storage"] not in source
    assert "sqlite:" not in source


def test_a_confirmed_winner_leads():
    race = Race(Lab(None))
    race.run(reference="never")
    parsed = Page(page(race.study))
    assert "Trial 1 won on 5 fresh seeds" in parsed.text["head"]
    assert list(parsed.figures)[:2] == ["promised-and-given", "time-to-return"]


def test_nothing_finished():
    parsed = Page(page(empty()))
    assert "No trial has finished yet." in parsed.text["head"]
    assert parsed.figures == {}
    assert "configuration" not in parsed.text


def test_nothing_but_crashes():
    parsed = Page(page(crashing()))
    assert "none ended with a score: 1 crashed" in " ".join(parsed.text["head"].split())
    assert list(parsed.figures) == ["returns"]


def test_without_a_target_there_is_no_time_to_it():
    parsed = Page(page(fast_and_slow(objective={"kind": "return_at_budget", "target": None})))
    assert "time" not in parsed.text
    assert "none target return" in " ".join(parsed.text["head"].split())


def test_texts_of_users_stay_texts():
    lab = Lab(None)
    config = lab.config(warm_start=(NASTY,), budget={"trials": 2}, search_space=NASTY)

    def play(spec):
        if spec.number == 0:
            return toy.failing(OutcomeKind.CRASHED, spec, details={"versions": {NASTY: NASTY}})
        return toy.play(spec)

    lab.run(config, toy.space(**{NASTY: {"x": 0.3, "y": "a"}}), recordings=play)
    study = lab.load(config)
    source = page(study)
    parsed = Page(source)
    assert "<img" not in source
    assert source.count("</script>") == source.count("<script")
    assert NASTY in parsed.text["trials"]
    assert NASTY in parsed.text["origin"]
