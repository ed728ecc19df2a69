"""What an exported file says about itself at its top."""

import pytest
import yaml

from tests.export.example import PROVENANCE, example
from tuner.config import ObjectiveConfig, TaskConfig
from tuner.export._comments import as_yaml, commented, differences, steps_of, story


def told(**provenance):
    """Return the story of the example with another provenance."""
    changed = PROVENANCE.model_copy(update=provenance)
    return story(example().model_copy(update={"provenance": changed}))


UNCONFIRMED = {
    "confirmed": False,
    "seeds": (3,),
    "times_seconds": (30.0,),
    "mean_seconds": None,
    "mean_seconds_interval": None,
}


def test_a_confirmed_configuration_has_its_times_on_fresh_seeds():
    assert told() == [
        "SAC for Pendulum-v1 (gymnasium), 2 robots at once: trial 7 of the study pendulum.",
        "Confirmed on fresh seeds: a return of -200 on 1 of 2 seeds, in 45 s of training on average (30 to 60), "
        "counting the whole 60 s for the others.",
        "Trained on Some CPU, 2 CPUs, Linux x86_64; sbx-rl 0.28.0.",
        "Exported 2026-01-31T12:00:00+00:00.",
    ]


def test_where_all_seeds_got_there_nothing_is_counted_for_others():
    line = told(times_seconds=(30.0, 31.25), mean_seconds=30.625, mean_seconds_interval=None)[1]
    assert line == "Confirmed on fresh seeds: a return of -200 on 2 of 2 seeds, in 30.62 s of training on average."


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "its one training reached a return of -200 in 30 s of training. Best return: -180.5."),
        ({"best_return": None}, "its one training reached a return of -200 in 30 s of training."),
    ],
)
def test_one_that_was_not_confirmed_says_so(changes, line):
    assert told(**{**UNCONFIRMED, **changes})[1] == f"Not confirmed on fresh seeds: {line}"


def test_a_configuration_that_missed_its_target_says_so_first():
    lines = told(**{**UNCONFIRMED, "times_seconds": (None,)})
    assert lines[0] == "Trial 7 did not reach the target of -200; its best return was -180.5."
    assert lines[2] == "Not confirmed on fresh seeds."


def test_without_a_target_there_is_only_a_best_return():
    changed = example().model_copy(
        update={
            "objective": ObjectiveConfig(kind="return_at_budget"),
            "provenance": PROVENANCE.model_copy(update={**UNCONFIRMED, "times_seconds": (None,)}),
        }
    )
    assert "did not reach its best return. Best return: -180.5." in story(changed)[1]


def test_one_robot_is_no_plural():
    one = example().model_copy(update={"task": TaskConfig(id="A", num_envs=1)})
    assert story(one)[0].startswith("SAC for A (mujoco), 1 robot: trial 7")


def test_the_machine_may_be_the_one_that_exported():
    machine = PROVENANCE.machine.model_copy(update={"recorded": "export", "accelerator": "gpu"})
    assert told(machine=machine, versions={})[2] == "Exported on Some CPU, 2 CPUs, gpu, Linux x86_64."


def test_a_simulator_of_its_own_says_what_it_was():
    simulator = {"versions": {"torch": "2", "isaaclab": "3.0.0"}, "physics": "newton_mjwarp", "asset_root": "/assets"}
    lines = told(simulator=simulator, joints=("hip", "knee"))
    assert lines[3:5] == [
        "Simulated with isaaclab 3.0.0, torch 2; physics: newton_mjwarp; asset root: /assets.",
        "The actions are targets of these joints, in this order: hip, knee.",
    ]


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ({}, ["fused learner"]),
        ({"precision": "bfloat16"}, ["fused learner", "bfloat16"]),
        ({"learner": "stock"}, []),
        ({"learner": "stock", "arguments": {"learning_rate": "lin_1e-3"}}, ["fell to zero over 60 s"]),
    ],
)
def test_what_is_otherwise_with_plain_sbx(agent, said):
    *found, ages = differences(example(**agent))
    assert len(found) == len(said)
    assert all(word in line for word, line in zip(said, found, strict=True))
    assert "robots at random ages" in ages
    assert differences(example("ppo")) == [ages]


def test_one_robot_has_nobody_to_end_its_episodes_with():
    configuration = example("ppo")
    alone = configuration.task.model_copy(update={"num_envs": 1})
    assert differences(configuration.model_copy(update={"task": alone})) == []


def test_nothing_ends_a_comment():
    assert commented(["a\nimport os\r\x0bb", "", "c"]) == "# a import os  b\n#\n# c\n"
    assert commented(["a"], "//") == "// a\n"


def test_yaml_is_read_back_by_readers_of_version_1_1():
    entries = {"b": "on", "a": 1e-5, "c": [1, "yes"], "d": {"e": None}, "f": "ä"}
    text = as_yaml(entries)
    assert yaml.safe_load(text) == entries
    assert list(yaml.safe_load(text)) == list(entries), "in the order given"
    assert "ä" in text


def test_it_trains_for_as_many_steps_as_the_trial_took():
    assert steps_of(example()) == 4000
    unknown = example().model_copy(update={"provenance": PROVENANCE.model_copy(update={"env_steps": None})})
    assert steps_of(unknown) == 1_000_000
