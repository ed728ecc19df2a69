import math
from dataclasses import replace

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.pruners import MedianPruner, NopPruner
from optuna.samplers import RandomSampler
from optuna.trial import TrialState

from tests.replay.recorded import BUDGET, TICKS, recordings, rising, run
from tuner.errors import UserError
from tuner.records import OutcomeKind
from tuner.replay import Surrogate, replay_data
from tuner.replay._judges import judge_of
from tuner.replay._simulation import End, simulate
from tuner.replay._surrogate import SurrogateJudge

DISTRIBUTIONS = {
    "rate": FloatDistribution(1e-4, 1.0, log=True),
    "size": IntDistribution(0, 4),
    "kind": CategoricalDistribution(["a", "b"]),
    "pinned": IntDistribution(3, 3),
}
POINTS = [(1e-4, 0, "a"), (1e-2, 0, "a"), (1.0, 4, "b")]


def data_of(points, times):
    runs = [
        replace(
            rising(str(place), 20.0, time),
            parameters={"rate": rate, "size": size, "kind": kind, "pinned": 3},
        )
        for place, ((rate, size, kind), time) in enumerate(zip(points, times, strict=True))
    ]
    return replay_data([replace(recordings(runs), distributions=DISTRIBUTIONS)])


def valley(count: int = 30, *, seeds: int = 1, spread: float = 0.0):
    """Return runs whose time is 20 s at x = 0.5 and e² times as long at the ends, above the budget there."""
    runs = []
    for place in range(count):
        x = place / (count - 1)
        for seed in range(seeds):
            time = 20.0 * math.exp(8.0 * (x - 0.5) ** 2 + spread * (-1) ** seed)
            runs.append(rising(f"{place}", 20.0, time, seed=seed, x=x))
    return replay_data([recordings(runs)])


@pytest.fixture
def surrogate():
    return Surrogate(data_of(POINTS, (20.0, 30.0, 60.0)))


def test_what_is_the_same_everywhere_is_pinned(surrogate):
    assert set(surrogate.free) == {"rate", "size", "kind"}


def test_coordinates_are_shares_of_the_ranges(surrogate):
    # Half of the range in logarithms, three quarters of the integers, and choices that are 1 apart.
    point = surrogate._point({"rate": 1e-2, "size": 3, "kind": "b"})
    assert point == pytest.approx([0.5, 0.75, 0.0, math.sqrt(0.5)])
    assert surrogate._point({"rate": 1e-2, "size": 3}) == pytest.approx([0.5, 0.75, 0.0, 0.0])
    assert surrogate._point({"size": 3, "kind": "a"}) == pytest.approx([-1.0, 0.75, math.sqrt(0.5), 0.0])


def test_times_between_recorded_ones_are_predicted():
    made = Surrogate(valley())
    # At x = 0.6 20·e^0.08 = 21.7 s; at the ends 148 s would be needed.
    assert made.true_seconds({"x": 0.6}) == pytest.approx(21.7, rel=0.03)
    assert made.true_seconds({"x": 0.0}) == BUDGET
    assert made.best_seconds == pytest.approx(20.0, rel=0.03)


def test_a_trial_has_the_predicted_time_and_the_curve_of_the_run_that_ends_nearest_to_it():
    data = valley()
    curve = Surrogate(data).trial({"x": 0.61}, np.random.default_rng(0))
    predicted = 20.0 * math.exp(8.0 * 0.11**2)
    assert curve.true_seconds == curve.score == curve.reached_seconds == pytest.approx(predicted, rel=0.03)
    runs = [run for runs in data.curves for run in runs]
    nearest = min(runs, key=lambda run: abs(math.log((run.score or math.inf) / curve.score)))
    assert (curve.reports, curve.wall_seconds) == (nearest.reports, nearest.wall_seconds)


def test_a_trial_that_does_not_reach_the_target_has_a_score_above_the_budget():
    curve = Surrogate(valley()).trial({"x": 0.0}, np.random.default_rng(0))
    assert curve.reached_seconds is None
    assert curve.score is not None
    assert BUDGET < curve.score <= 2 * BUDGET
    assert curve.true_seconds == BUDGET


def test_trials_differ_as_the_seeds_of_recorded_configurations_do():
    made = Surrogate(valley(seeds=2, spread=0.1))
    rng = np.random.default_rng(0)
    logarithms = [math.log(made.trial({"x": 0.5}, rng).score or math.nan) for _ in range(300)]
    # Two seeds are ±0.1 from their mean: a pooled standard deviation of √(2 · 0.1² / 1) = 0.14.
    assert np.std(logarithms) == pytest.approx(0.14, abs=0.03)
    assert np.mean(logarithms) == pytest.approx(math.log(20.0), abs=0.05)
    still = Surrogate(valley())
    assert len({still.trial({"x": 0.5}, rng).score for _ in range(5)}) == 1


def test_a_recording_that_was_cut_ends_where_it_was():
    cut = [
        run(str(x), [x, 2 * x], x=x, kind=OutcomeKind.PRUNED, clock_seconds=20.0, best_return=2 * x)
        for x in (0.0, 0.5, 1.0)
    ]
    curve = Surrogate(replay_data([recordings(cut)])).trial({"x": 0.5}, np.random.default_rng(0))
    assert curve.score is None
    assert len(curve.reports) == 2


def test_the_error_of_the_nearest_and_of_the_mean_is_worked_out(surrogate):
    # The first two are nearest to each other, 10 s apart; the third to the second, 30 s.
    # Without parameters: |45 − 20|, |40 − 30| and |25 − 60|.
    error = surrogate.leave_one_out()
    assert error.nearest_seconds == pytest.approx((10 + 10 + 30) / 3)
    assert error.mean_seconds == pytest.approx((25 + 10 + 35) / 3)


def test_the_model_is_nearer_than_the_nearest_configuration():
    error = Surrogate(valley(seeds=2, spread=0.1)).leave_one_out()
    assert error.model_seconds < 0.5 * error.nearest_seconds < 0.25 * error.mean_seconds


def test_one_configuration_is_too_few():
    with pytest.raises(UserError, match="at least two recorded configurations"):
        Surrogate(data_of(POINTS[:1], (20.0,)))


def test_a_parameter_of_unknown_range_is_named():
    data = replace(data_of(POINTS, (20.0, 30.0, 60.0)), distributions={})
    with pytest.raises(UserError, match="the range of kind, pinned, rate, size"):
        Surrogate(data)


class Watching(RandomSampler):
    """Random proposals; keeps the study as it was last seen."""

    seen: optuna.Study

    def infer_relative_search_space(self, study, trial):
        self.seen = study
        return {}


def test_the_sampler_sees_starts_first_and_how_trials_ended():
    runs = [rising(f"{place}", 20.0, 25.0 + 3.0 * place, x=place / 10) for place in range(5)]
    runs += [run(f"{place}", [1.0] * TICKS, x=place / 10) for place in range(5, 11)]
    runs[2] = replace(runs[2], origin="good")
    sampler = Watching(seed=0)
    judge = judge_of(MedianPruner(n_startup_trials=2), steps=TICKS, kind="median", name="watched")
    surrogate = Surrogate(replay_data([recordings(runs)]))
    study = SurrogateJudge(surrogate, sampler, judge, np.random.default_rng(0), trials=20)
    played = simulate(study.next_curve, study, workers=2)
    trials = sampler.seen.trials
    assert len(trials) == len(played) == 20
    assert trials[0].params == {"x": 0.2}
    stopped = [trial for trial in trials if trial.state == TrialState.PRUNED]
    assert len(stopped) == sum(each.end is End.STOPPED for each in played) > 0
    # What is stopped has reported a return below the target, before its last tick.
    assert all(trial.value > BUDGET and 0 < trial.last_step < TICKS for trial in stopped)
    told = sorted(trial.value for trial in trials if trial.state == TrialState.COMPLETE)
    assert told == sorted(each.curve.score for each in played if each.end is not End.STOPPED)


def test_a_sampler_sees_the_latest_reports_of_the_trials_that_run():
    seen = []

    class Looks(RandomSampler):
        def infer_relative_search_space(self, study, trial):
            trials = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
            seen.append({each.number: each.last_step for each in trials if each.number != trial.number})
            return {}

    judge = judge_of(NopPruner(), steps=TICKS, kind="none", name="none")
    study = SurrogateJudge(Surrogate(valley(5)), Looks(seed=0), judge, np.random.default_rng(0), trials=4)
    played = simulate(study.next_curve, study, workers=2)
    assert len(played) == 4
    assert seen[:2] == [{}, {0: None}]  # the second begins when the first does
    third = next(trial for trial in played if trial.began > 0)
    (other,) = seen[2].values()  # the trial on the other worker, which has run since the beginning
    assert other == max(
        report.step
        for trial in played
        if trial.began == 0 and trial.ended > third.began
        for report in trial.curve.reports
        if report.wall_seconds <= third.began
    )
