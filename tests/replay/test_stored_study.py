from dataclasses import replace

import optuna
import pytest

from tests.figures.studies import FAST, crashing, fast_and_slow, stopped
from tests.study.toy import TICKS, Lab, space, two_classes
from tuner.errors import UserError
from tuner.replay import Settings, parse_arm, replay_arm, replay_data, study_recordings


def test_trials_of_a_study_are_recorded_runs():
    recordings = study_recordings(fast_and_slow())
    fast, slow = recordings.runs
    assert (fast.configuration, fast.origin, fast.parameters) == ("0", "fast", FAST)
    assert fast.is_start
    assert fast.outcome.reached_seconds == pytest.approx(20.0)
    assert len(slow.ticks) == TICKS
    assert set(recordings.distributions) == {"x", "y"}
    assert replay_data([recordings]).true_seconds == pytest.approx([20.0, 100.0])


def test_a_stopped_trial_is_cut():
    data = replay_data([study_recordings(stopped(shadow_share=0.0))])
    assert (data.runs, data.cut) == (2, 1)


def test_trials_that_the_sampler_proposed_are_no_starts():
    lab = Lab(None)
    config = lab.config(budget={"trials": 3})
    lab.run(config, space())
    assert [run.is_start for run in study_recordings(lab.load(config)).runs] == [False] * 3


def test_seconds_of_another_kind_of_device_are_left_out():
    recordings = study_recordings(two_classes())
    assert [run.outcome.reached_seconds for run in recordings.runs] == pytest.approx([36.0, 24.0])
    assert recordings.elsewhere == replay_data([recordings]).elsewhere == 1


def test_failed_trials_are_left_out():
    recordings = study_recordings(crashing())
    failed = len(recordings.runs)
    assert failed > 0
    with pytest.raises(UserError, match=f"no trained trial to replay in the study 'toy'; {failed} failed"):
        replay_data([recordings])
    trained = replace(recordings, runs=(*recordings.runs, *study_recordings(fast_and_slow()).runs))
    assert (replay_data([trained]).runs, replay_data([trained]).left_out) == (2, failed)


def test_a_replay_without_pruning_takes_as_long_as_the_study_did():
    data = replay_data([study_recordings(fast_and_slow())])
    result = replay_arm(data, parse_arm("a=none"), Settings(trials=2, workers=1, repeats=1))
    # 3 s of launch each, 20 s and 100 s; what the database took is on top
    assert result.studies[0].wall_seconds == pytest.approx(126.0, abs=20.0)


def test_a_study_of_another_program_is_refused():
    study = optuna.create_study()
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), 1)
    with pytest.raises(UserError, match="was not made by this program"):
        study_recordings(study)
