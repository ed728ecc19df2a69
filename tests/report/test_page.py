"""The page: its parts, what it says of good and bad studies, and that users' texts stay texts."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import optuna
import pytest

from tests.confirm.racing import Race, play
from tests.figures.studies import crashing, empty, fast_and_slow, stopped
from tests.study import toy
from tests.study.toy import Lab
from tuner.errors import UserError
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


def test_what_the_sections_say(source):
    text = {name: " ".join(found.split()) for name, found in Page(source).text.items()}
    assert "Not confirmed yet." in text["time"]
    assert "tuner confirm toy" in text["time"]
    assert "learning_rate 0.3" in text["configuration"]
    assert "there are 1. Trials that were stopped early do not count." in text["parameters"]
    # trial 1 ran on from 25 s and was stopped for good at 30 s
    assert "rule's verdict: 1; of these, 0 reached the target: a false-prune rate of 0 %" in text["stops"]
    assert "trial 1 hopeless 25.0 s" in text["stops"]
    assert "trial 1 dominated 30.0 s" in text["stops"]
    assert "simulate 20.0 s" in text["seconds"]
    assert "No trial crashed" in text["faults"]
    assert "0 (fast) reached 20.0 s 10 20 20.0 s 20,000" in text["trials"]
    assert "1 (slow) pruned (dominated) > 30.0 s" in text["trials"]
    assert "sac_speed" not in text["origin"]
    assert "search space toy" in text["origin"]


def test_the_storage_which_may_hold_a_password_is_not_told(source, study):
    assert study.user_attrs["config"]["storage"] not in source
    assert "sqlite:" not in source


def test_a_confirmed_winner_leads():
    race = Race(Lab(None))
    race.run(reference="never")
    parsed = Page(page(race.study))
    text = {name: " ".join(found.split()) for name, found in parsed.text.items()}
    assert "Trial 1 won on 5 fresh seeds: it reaches a return of 10 after 24.0 s (22.8 … 25.2)" in text["head"]
    assert "100 % of the seeds reached the target" in text["head"]
    assert "trial 0 57.0 s (39.0 … 80.0) 4 of 5 20.0 s +37.0 s" in text["time"]
    assert "5 of 5 24.0 s 0.0 s winner" in text["time"]
    assert "the confirmed winner, trial 1" in text["configuration"]
    assert "learning_rate 0.4" in text["configuration"]
    assert list(parsed.figures)[:2] == ["promised-and-given", "time-to-return"]


def test_what_keeps_seconds_from_comparing_is_told():
    race = Race(Lab(None), "steady")
    undisturbed = play(race.seeds)

    def play_beside_others(spec):
        recording = undisturbed(spec)
        first = race.seeds[spec.seed] == 0
        return replace(recording, outcome=replace(recording.outcome, contended=first))

    def play_and_diverge(spec):
        recording = play_beside_others(spec)
        if race.seeds[spec.seed] == 0:
            return recording
        return replace(recording, outcome=replace(recording.outcome, kind=OutcomeKind.DIVERGED, reached_seconds=None))

    race.run(top=1, seeds=2, recordings=play_and_diverge)
    text = " ".join(Page(page(race.study)).text["time"].split())
    assert "Counted as not reached: trial 0 diverged on seed 2." in text
    assert "1 of 2 runs shared its CPUs with other work; seconds of such runs do not compare." in text


def test_nothing_finished():
    parsed = Page(page(empty()))
    assert "No trial has finished yet." in parsed.text["head"]
    assert parsed.figures == {}
    assert "configuration" not in parsed.text


def test_nothing_but_crashes():
    parsed = Page(page(crashing()))
    text = {name: " ".join(found.split()) for name, found in parsed.text.items()}
    assert "none ended with a score: 1 crashed" in text["head"]
    assert list(parsed.figures) == ["returns"]
    assert "trial 0 crashed 1 queued again as trial 1 crashed on purpose" in text["faults"]
    assert "trial 1 crashed 2 counts crashed on purpose" in text["faults"]
    assert "nothing to confirm yet" in text["time"]


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


def test_a_study_of_another_program():
    study = optuna.create_study(study_name="theirs")
    with pytest.raises(UserError, match="'theirs' was not made by this program"):
        page(study)
