"""A study's results in Python."""

from dataclasses import replace

import pandas as pd
import pytest

import tuner
from tests.actions.folders import write_trial
from tests.export.test_from_study import BoxedRace
from tests.study.toy import Lab
from tuner.analysis import curves_data, trials_data
from tuner.api import _study_results
from tuner.errors import UserError
from tuner.export import configuration_of


@pytest.fixture(scope="module")
def race(tmp_path_factory):
    """Trials 0 and 1 of the study `toy`, `lucky` and `steady`; trial 1 is the confirmed winner."""
    race = BoxedRace(Lab(tmp_path_factory.mktemp("api")), "lucky", "steady")
    race.run(top=2, seeds=2)
    return race


@pytest.fixture
def results(race):
    return tuner.open_study("toy", race.config.storage)


def test_trials_and_curves_are_data_frames(results):
    pd.testing.assert_frame_equal(results.trials, trials_data(results.study))
    pd.testing.assert_frame_equal(results.curves, curves_data(results.study))
    assert len(results.trials) == 2


def test_the_best_trial_and_the_confirmed_winner(results):
    assert results.best.number == 0
    assert results.best.params["x"] == 0.3
    assert results.confirmation.winner.number == 1
    assert results.configuration().provenance.trial == 1
    assert results.configuration(0).provenance.trial == 0
    assert repr(results) == "StudyResults('toy': 2 of 2 trials)"


def test_what_was_not_kept_is_told(results):
    with pytest.raises(UserError, match=r"No files were kept of this trial\. Name another one\."):
        results.policy(0)
    with pytest.raises(UserError, match="has no trial 7"):
        results.configuration(7)


def test_the_policy_of_a_trial_acts(results, tmp_path, monkeypatch):
    agent = write_trial(tmp_path / "trial-0000")
    kept = replace(configuration_of(results.study, 0), folder=tmp_path / "trial-0000")
    monkeypatch.setattr(_study_results, "configuration_of", lambda study, trial: kept)
    assert results.policy(0).act([0.1, 0.2]).shape == agent.action_space.shape


def test_a_study_that_is_not_there(race, tmp_path):
    with pytest.raises(UserError, match="Unknown study 'toi'"):
        tuner.open_study("toi", race.config.storage)
    with pytest.raises(UserError, match="There is no study file"):
        tuner.open_study(tmp_path / "mine.yaml")
