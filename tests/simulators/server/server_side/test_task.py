"""What backends share: options, unknown tasks, versions."""

import math
import re

import numpy
import pytest

from tuner.simulators.server.server_side.task import (
    RefusedError,
    checked_options,
    chosen_device,
    torch_options,
    unknown_task,
    versions_of,
)

KNOWN = torch_options("policy")


def test_options_that_are_not_given_have_their_defaults():
    assert checked_options({"device": "cpu"}, KNOWN) == {
        "device": "cpu",
        "max_episode_steps": None,
        "observation_group": "policy",
        "unbounded_actions": 100.0,
    }


def test_an_unknown_option_is_named_with_those_that_exist():
    with pytest.raises(
        RefusedError, match=r"Unknown option 'devise' in task\.options\. Known: device, max_episode_steps"
    ):
        checked_options({"devise": "cpu"}, KNOWN)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        *(("device", value, "cpu, cuda or cuda:0") for value in (1, "gpu", "cuda:", "cuda:x", "", ["cpu"])),
        *(("max_episode_steps", value, "a whole number above 0") for value in (0, -3, 2.5, "ten", True)),
        *(("observation_group", value, "the name of a group") for value in (3, "", ["policy"])),
        *(
            ("unbounded_actions", value, "a finite number above 0")
            for value in (0, -1.0, math.inf, math.nan, "x", None)
        ),
    ],
)
def test_values_that_do_not_fit_are_named_with_what_does(name, value, allowed):
    told = re.escape(f"task.options.{name} is {value!r}. Give {allowed}, or leave it out.")
    with pytest.raises(RefusedError, match=told):
        checked_options({name: value}, KNOWN)


@pytest.mark.parametrize(
    "given", [{"device": "cuda"}, {"device": "cuda:3"}, {"max_episode_steps": 1}, {"unbounded_actions": 7}]
)
def test_values_that_fit(given):
    assert checked_options(given, KNOWN).items() >= given.items()


@pytest.mark.parametrize(
    ("given", "gpus", "chosen"),
    [(None, 0, "cpu"), (None, 2, "cuda:0"), ("cpu", 2, "cpu"), ("cuda", 1, "cuda"), ("cuda:1", 2, "cuda:1")],
)
def test_the_device_is_the_one_that_is_given_or_the_first_gpu_or_the_cpu(given, gpus, chosen):
    assert chosen_device(given, gpus) == chosen


@pytest.mark.parametrize(
    ("given", "gpus", "told"),
    [("cuda", 0, "finds no GPU. Set it to cpu"), ("cuda:1", 1, "finds 1 GPU, which"), ("cuda:4", 2, "finds 2 GPUs,")],
)
def test_a_gpu_that_is_not_there(given, gpus, told):
    with pytest.raises(RefusedError, match=rf"device is {given}, but PyTorch in .* {told}"):
        chosen_device(given, gpus)


def test_an_unknown_task_offers_the_nearest_names():
    error = unknown_task("Isaac Lab", "isaaclab", "Isaac-Cartpol", ["Isaac-Ant", "Isaac-Cartpole"])
    assert "Isaac Lab has no task 'Isaac-Cartpol'. Did you mean 'Isaac-Cartpole'" in str(error)
    assert str(unknown_task("mjlab", "mjlab", "x", ["Go1"])) == (
        "mjlab has no task 'x'. `tuner tasks --simulator mjlab` lists all."
    )


def test_versions_of_what_is_installed():
    assert versions_of(["numpy", "no-such-package"]) == {"numpy": numpy.__version__}
