"""What backends share: options, unknown tasks, versions."""

import numpy
import pytest

from tuner.simulators.server.server_side.task import RefusedError, checked_options, unknown_task, versions_of


def test_options_that_are_not_given_have_their_defaults():
    assert checked_options({"device": "cpu"}, {"device": None, "physics": "newton"}) == {
        "device": "cpu",
        "physics": "newton",
    }


def test_an_unknown_option_is_named_with_those_that_exist():
    with pytest.raises(RefusedError, match=r"Unknown option 'devise' in task\.options\. Known: device, physics\."):
        checked_options({"devise": "cpu"}, {"device": None, "physics": None})


def test_an_unknown_task_offers_the_nearest_names():
    error = unknown_task("Isaac Lab", "isaaclab", "Isaac-Cartpol", ["Isaac-Ant", "Isaac-Cartpole"])
    assert "Isaac Lab has no task 'Isaac-Cartpol'. Did you mean 'Isaac-Cartpole'" in str(error)
    assert str(unknown_task("mjlab", "mjlab", "x", ["Go1"])) == (
        "mjlab has no task 'x'. `tuner tasks --simulator mjlab` lists all."
    )


def test_versions_of_what_is_installed():
    assert versions_of(["numpy", "no-such-package"]) == {"numpy": numpy.__version__}
