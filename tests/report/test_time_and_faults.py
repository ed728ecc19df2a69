"""Sections on what the search cost."""

from dataclasses import replace

from tests.figures.studies import stopped
from tests.report.sections import figures, told
from tuner.report._study_data import read_source
from tuner.report._time_and_faults import faults_section, ledger_section, stops_section


def test_verdicts_are_listed_with_what_became_of_the_trial(pruned):
    section = stops_section(pruned)
    text = told(section)
    # At 25 s of 216 the slow trial's return is 250/216 = 1.16; it ran on to 30 s: 300/216 = 1.39.
    assert "trial 1 hopeless 25.0 s" in text
    assert "ran on: pruned" in text
    assert "trial 1 dominated 30.0 s 1.39 stopped" in text
    assert figures(section) == ["stops"]


def test_wrong_verdicts_are_counted_with_an_interval(pruned):
    # 0 of 1: Wilson's interval is 0 to z²/(1 + z²) = 3.8415/4.8415 = 79 %.
    assert (
        "1; of these, 0 reached the target, 0 as the best so far: "
        "a false-prune rate of 0 % (95 % interval 0 % … 79 %). Too few to tell; more trials tell more"
        in told(stops_section(pruned))
    )


def test_without_shadows_the_share_of_wrong_stops_is_not_known():
    text = told(stops_section(read_source(stopped(shadow_share=0.0), top=3)))
    assert text.startswith("No trial ran on against a rule's verdict, so the share of wrong stops is not known.")


def test_a_study_that_stopped_nothing_says_so(unpruned):
    section = stops_section(unpruned)
    assert (told(section), figures(section)) == ("No trial was stopped early.", [])


def test_every_second_has_its_account(unpruned):
    section = ledger_section(unpruned)
    text = told(section)
    # Two launches of 3 s, and 20 + 100 s of simulation: 126 s, of which 120 are training clock.
    assert "launch 6.0 s 4.8 %" in text
    assert "simulate 120.0 s 95.2 % training clock" in text
    assert "95 % of the workers' time was training clock (2 min 00 s of 2 min 06 s)." in text
    assert figures(section) == ["seconds"]


def test_without_a_ledger_there_is_nothing_to_draw(unstarted):
    section = ledger_section(unstarted)
    assert (told(section), figures(section)) == ("No trial has a ledger yet.", [])


def test_faults_are_listed_with_the_trial_that_repeats_them(crashed):
    text = told(faults_section(crashed))
    assert "trial 0 crashed 1 queued again as trial 1 crashed on purpose" in text
    assert "trial 1 crashed 2 counts crashed on purpose" in text


def test_no_fault_is_said_to_be_none(unpruned):
    assert told(faults_section(unpruned)).startswith("No trial crashed, hung, diverged, was too large")


def test_contended_trials_are_told_whether_or_not_there_are_faults(unpruned):
    beside = replace(unpruned, summary=replace(unpruned.summary, contended=1))
    assert told(faults_section(beside)).startswith("1 trial ran beside other work on the same CPUs;")
    beside = replace(unpruned, summary=replace(unpruned.summary, contended=2))
    assert told(faults_section(beside)).startswith("2 trials ran beside other work on the same CPUs;")
