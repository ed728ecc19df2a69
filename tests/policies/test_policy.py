"""Policies loaded from trials' folders, and untrained ones."""

import json

import numpy as np
import pytest

from tests.actions.folders import BOX, TASK, write_trial
from tests.support.point_mass import PointMassEnv
from tuner.agents import load_normalization
from tuner.config import ActionBox, BoxSchedule
from tuner.errors import UserError
from tuner.policies import Policy, untrained_policy

OBSERVATIONS = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)


class EndlessEnv(PointMassEnv):
    """Declares no bounds."""

    def __init__(self):
        super().__init__(4)
        self.action_space.low[:], self.action_space.high[:] = -np.inf, np.inf


def test_a_trials_policy_brings_its_task_its_box_and_its_normalisation(tmp_path):
    write_trial(tmp_path, "sac")
    policy = Policy.load(tmp_path)
    assert (policy.task, policy.kind, policy.config.algorithm) == (TASK, "trained", "sac")
    assert policy.box_in(PointMassEnv(4)) == BOX
    np.testing.assert_array_equal(policy.normalize(OBSERVATIONS), load_normalization(tmp_path).apply(OBSERVATIONS))


def test_without_normalisation_observations_pass_as_float32(tmp_path):
    write_trial(tmp_path, "sac", normalize_observations=False)
    passed = Policy.load(tmp_path).normalize(OBSERVATIONS.astype(np.float64))
    assert passed.dtype == np.float32
    np.testing.assert_array_equal(passed, OBSERVATIONS)


def test_a_box_that_was_still_widening_is_the_saved_one(tmp_path):
    arguments = {"gradient_steps": 2, "policy_delay": 2}
    schedule = BoxSchedule(start=0.5, seconds=1e9)
    write_trial(tmp_path, "sac", learner="fused", action_box_schedule=schedule, arguments=arguments)
    box = Policy.load(tmp_path).box_in(PointMassEnv(4))
    # −0.5 … 0.25: half of it about −0.125 is −0.3125 … 0.0625.
    assert (box.low, box.high) == (pytest.approx((-0.3125,)), pytest.approx((0.0625,)))


def test_an_untrained_policy_has_the_tasks_own_box_and_learns_to_normalise():
    env = PointMassEnv(4, action_limit=100.0)
    policy = untrained_policy(TASK, "sac", env, seed=0)
    assert policy.kind == "untrained"
    assert policy.box_in(env) == ActionBox(low=(-100.0,), high=(100.0,))
    wide = np.random.default_rng(1).normal(3.0, 5.0, (1000, 2)).astype(np.float32)
    scaled = policy.normalize(wide)
    # Running statistics start with a weight of 1e-4, so 1,000 observations are all that counts.
    np.testing.assert_allclose([scaled.mean(), scaled.std()], [0.0, 1.0], atol=0.01)


def test_folders_that_are_no_trials(tmp_path):
    with pytest.raises(UserError, match=r"There is no folder .*gone"):
        Policy.load(tmp_path / "gone")
    with pytest.raises(UserError, match=r"is not a trial's folder: it has no spec\.json"):
        Policy.load(tmp_path)
    write_trial(tmp_path)
    (tmp_path / "policy.zip").write_bytes(b"half a file")
    with pytest.raises(UserError, match=r"The policy in .* cannot be loaded"):
        Policy.load(tmp_path)
    (tmp_path / "policy.zip").unlink()
    (tmp_path / "outcome.json").write_text(json.dumps({"kind": "crashed"}))
    with pytest.raises(UserError, match=r"has no policy\.zip; the trial ended as 'crashed'"):
        Policy.load(tmp_path)
    (tmp_path / "spec.json").write_text("{}")
    with pytest.raises(UserError, match="cannot be read as a trial's specification"):
        Policy.load(tmp_path)


def test_a_trial_without_an_outcome_has_its_specifications_agent(tmp_path):
    write_trial(tmp_path)
    (tmp_path / "outcome.json").unlink()
    assert Policy.load(tmp_path).box_in(PointMassEnv(4)) == ActionBox(low=BOX.low, high=BOX.high)


def test_a_box_without_ends_cannot_be_filled():
    with pytest.raises(UserError, match="not finite"):
        untrained_policy(TASK, "sac", EndlessEnv(), seed=0)
