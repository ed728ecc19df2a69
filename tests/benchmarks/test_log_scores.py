import math

import optuna
import pytest
from _log_scores import LogScores
from optuna.samplers import BaseSampler, GPSampler
from optuna.trial import TrialState


class Watching(BaseSampler):
    """Proposes 0.5, and keeps what it was shown."""

    def __init__(self):
        self.shown = []

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        self.shown = [each for each in study.trials if each.number != trial.number]
        return dict.fromkeys(search_space, 0.5)

    def sample_independent(self, study, trial, param_name, param_distribution):
        return 0.0


def ask(study: optuna.Study) -> optuna.Trial:
    trial = study.ask()
    trial.suggest_float("x", 0.0, 1.0)
    return trial


def test_stopped_and_running_trials_are_shown_with_logarithms():
    sampler = Watching()
    study = optuna.create_study(sampler=LogScores(sampler))
    study.tell(ask(study), 10.0)
    stopped = ask(study)
    stopped.report(80.0, 1)
    stopped.report(60.0, 2)
    study.tell(stopped, state=TrialState.PRUNED)
    study.tell(ask(study), state=TrialState.FAIL)
    ask(study)
    assert ask(study).params == {"x": 0.5}
    assert all(trial.state == TrialState.COMPLETE for trial in sampler.shown)
    # It ended after 10 s; it was stopped at 60 s; the running one counts as the worst.
    assert [trial.value for trial in sampler.shown] == pytest.approx([math.log(each) for each in (10.0, 60.0, 60.0)])
    assert [trial.params["x"] for trial in sampler.shown] == [0.0, 0.5, 0.5]


def test_a_gaussian_process_learns_from_stopped_trials():
    study = optuna.create_study(sampler=LogScores(GPSampler(seed=0, n_startup_trials=5)))
    for _ in range(14):
        trial = study.ask()
        x, y = trial.suggest_float("x", 0.0, 1.0), trial.suggest_float("y", 0.0, 1.0)
        trial.report(math.exp(9.0 * ((x - 0.3) ** 2 + (y - 0.6) ** 2)), 1)
        study.tell(trial, state=TrialState.PRUNED)
    distances = [math.hypot(trial.params["x"] - 0.3, trial.params["y"] - 0.6) for trial in study.trials]
    # Five trials at random, then nine: some of these are near the best place.
    assert min(distances[5:]) < 0.1 < min(distances[:5])
