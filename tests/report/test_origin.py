"""Sections on where it all comes from."""

import re
from dataclasses import replace

import pytest

from tests.report.sections import told
from tests.study import toy
from tests.study.toy import Lab
from tuner.report._origin import machine_facts, machine_name, origin_section, trials_section
from tuner.report._study_data import read_source

MACHINE = {"cpu": "Ryzen 9", "system": "Linux 6.8", "cores": 16}


def recorded(*details):
    """Return a study whose trials, one for each, recorded these details."""
    lab = Lab(None)
    config = lab.config(budget={"trials": len(details)})

    def play(spec):
        recording = toy.play(spec)
        return replace(recording, outcome=replace(recording.outcome, details=details[spec.number]))

    lab.run(config, recordings=play)
    return read_source(lab.load(config), top=3)


def test_every_trial_is_a_line(pruned):
    text = told(trials_section(pruned))
    assert "0 (fast) reached 20.0 s 10 20 20.0 s 20,000" in text
    # It was stopped, so its time to return is only known to be longer.
    assert "1 (slow) pruned (dominated) > 30.0 s" in text


def test_a_long_list_is_folded():
    lab = Lab(None)
    config = lab.config(budget={"trials": 13})
    lab.run(config)
    assert told(trials_section(read_source(lab.load(config), top=3))).startswith("All 13 trials trial outcome")


def test_before_the_first_trial_there_is_no_table(unstarted):
    assert told(trials_section(unstarted)) == "None yet."


def test_what_is_needed_to_repeat_the_study(pruned):
    text = told(origin_section(pruned))
    assert "task Toy, 4 robots simulator mujoco search space toy" in text
    assert "sampler, pruner random (seed 1), time_to_return workers 1, with 2 CPUs each" in text
    assert f"trial 0 seed {pruned.summary.best.seed}" in text
    # 23 s of the fast trial, 33 s of the slow one
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC 56 s 1 × 2 finished", text)
    assert "study: toy task: id: Toy" in text


def test_the_storage_is_this_machines_own_and_left_out(pruned):
    assert "storage" not in told(origin_section(pruned))


def test_seeds_of_a_confirmation_are_listed(confirmed):
    seeds = ", ".join(str(seed) for seed in confirmed.confirmation.seeds)
    assert f"confirming seeds {seeds}" in told(origin_section(confirmed))


@pytest.mark.parametrize(
    ("details", "facts"),
    [
        ({}, []),
        ({"versions": {"jax": "0.5"}}, [("versions", "jax 0.5")]),
        (
            {"versions": {"jax": "0.5", "sbx": "1"}, "machine": MACHINE, "jax_backend": "cpu"},
            [
                ("machine", "Ryzen 9, 16 CPUs, Linux 6.8"),
                ("JAX computes on", "cpu"),
                ("versions", "jax 0.5, sbx 1"),
            ],
        ),
        (
            {"versions": {"jax": "0.5"}, "machine": {"accelerator": "H100"}, "jax_backend": "gpu"},
            [("JAX computes on", "H100"), ("versions", "jax 0.5")],
        ),
    ],
)
def test_the_machine_is_told_as_far_as_it_was_recorded(details, facts):
    assert machine_facts(recorded(details)) == facts


def test_the_latest_trial_that_tells_its_versions_counts():
    source = recorded({"versions": {"jax": "0.4"}, "machine": MACHINE}, {"versions": {"jax": "0.5"}}, {})
    assert machine_facts(source) == [("versions", "jax 0.5")]
    assert machine_name(source) is None
    assert machine_name(recorded({"versions": {"jax": "0.4"}, "machine": MACHINE})) == "Ryzen 9, 16 CPUs, Linux 6.8"


def test_the_table_of_trials_has_the_times_to_milestones():
    lab = Lab(None)
    config = lab.config(budget={"trials": 1}, warm_start=("fast",), objective={"milestones": [2.5]})
    lab.run(config, toy.space(fast={"x": 0.3, "y": "a"}))
    words = told(trials_section(read_source(lab.load(config), top=3)))
    assert "outcome to 2.5 time to return" in words
    assert "0 (fast) reached 5.0 s 20.0 s" in words.replace("the target ", "")


def test_several_classes_of_devices_are_told(pruned):
    source = read_source(toy.two_classes(), top=3)
    assert "Device classes" in told(origin_section(source))
    assert "New CPU, 2 threads, no BF16: 1 trial" in told(origin_section(source))
    assert told(trials_section(source)).count("Old CPU, 2 threads") == 2
    assert "Device classes" not in told(origin_section(pruned))
