"""What is said of a study."""

import optuna

from tests.confirm.racing import Race
from tests.study.toy import Lab, two_classes
from tuner.dashboard import study_note
from tuner.storage import attributes


def test_what_it_is_for_where_it_is_and_what_to_do(study):
    note = study_note(study, storage="sqlite:///runs/tuner.db")
    assert note.startswith("# toy\n\ntoy searches for the configuration that reaches a return of 10 on Toy (mujoco, 4 ")
    assert "Search space `toy`, sampler `random`, pruner `none`" in note
    assert (
        "**Of 2 trials, 1 reached the target; the fastest was trial 0 (good), after 20.0 s.** That is one run" in note
    )
    # Training clocks 20 + 100 s, launches 2 · 3 s, on one slot: 120 / 126 = 95 %.
    assert "Outcomes: 1 reached, 1 exhausted. 95% of the workers' time was training clock." in note
    assert "The score is in seconds, and lower is better" in note
    assert "at each of 20 ticks, 5 s apart" in note
    assert "\ntuner confirm toy   #" in note


def test_commands_name_another_storage(study):
    assert "tuner export toy --storage 'sqlite:///x.db' --format json" in study_note(study, storage="sqlite:///x.db")


def test_a_return_is_told_otherwise():
    lab = Lab(None)
    config = lab.config(objective={"kind": "return_at_budget", "target": None}, budget={"trials": 1})
    lab.run(config)
    assert "The score is minus the best return" in study_note(lab.load(config), storage="sqlite:///x.db")


def test_before_the_first_trial():
    lab = Lab(None)
    empty = optuna.create_study(study_name="toy", storage=lab._memory)
    empty.set_user_attr(attributes.CONFIG, lab.config().model_dump(mode="json"))
    note = study_note(empty, storage="sqlite:///x.db")
    assert "**No trial has finished yet.**" in note
    assert "That is one run with one seed" not in note


def test_what_fresh_seeds_showed():
    race = Race(Lab(None), "lucky", "steady")
    race.run(top=2, seeds=3)
    note = study_note(race.study, storage="sqlite:///x.db")
    # `steady` takes 26, 22 and 25 s, 24.3 on average; `lucky` 50, 30 and, as it never does, 100 of 100 s: 60.
    assert "**Winner: trial 1**, 24.3 s" in note
    rows = [line for line in note.splitlines() if line.startswith("| trial")]
    assert [row.split("|")[1].strip() for row in rows] == ["trial 1", "trial 0"]
    assert "That is one run with one seed" not in note
    of_runs = study_note(race.confirm_study, storage="sqlite:///x.db")
    assert of_runs.startswith("# toy, confirmed\n\nThe best configurations of the study `toy`, trained again")


def test_several_classes_of_devices(study):
    note = study_note(two_classes(), storage="sqlite:///runs/tuner.db")
    assert "- New CPU, 2 threads, no BF16: 1 trial, trial 2 was the fastest, 20.0 s." in note
    assert "several classes of devices" not in study_note(study, storage="sqlite:///runs/tuner.db")
