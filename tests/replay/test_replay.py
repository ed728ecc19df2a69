from dataclasses import replace

import numpy as np
import pytest

from tests.replay.recorded import BUDGET, family, recordings, rising
from tuner.config import ConfirmConfig
from tuner.errors import UserError
from tuner.replay import Settings, parse_arm, replay_arm, replay_data, whole_seconds
from tuner.replay._replay import _found, drawn_curves
from tuner.replay._simulation import End, Played

# The true times are 22, 24 and 60 s; the second has a lucky seed of 20 s and one of 28 s; the last never gets there.
RUNS = [
    rising("a", 20.0, 22.0, x=0.1),
    rising("b", 20.0, 20.0, seed=1, x=0.2),
    rising("b", 20.0, 28.0, seed=2, x=0.2),
    rising("c", 20.0, 60.0, x=0.3),
    rising("d", 5.0, 30.0, x=0.4),
]


@pytest.fixture(scope="module")
def data():
    return replay_data([recordings(RUNS)])


def test_a_study_is_measured(data):
    settings = Settings(trials=4, workers=1, repeats=30, seed=3)
    result = replay_arm(data, parse_arm("all=none"), settings)
    assert whole_seconds(data, settings).tolist() == [study.wall_seconds for study in result.studies]
    for repeat, study in enumerate(result.studies):
        order = drawn_curves(data, settings, repeat)
        # Each run takes 3 s of launch, 2 s of evaluation and its training.
        ends = np.cumsum([5.0 + min(curve.reached_seconds or BUDGET, BUDGET) for curve in order])
        assert study.wall_seconds == pytest.approx(ends[-1])
        # 24 s is within 10 % of 22 s, so either of the two will do, among the three that would be confirmed.
        found = [end for end, curve in zip(ends, order, strict=True) if data.true_seconds[curve.configuration] < 30]
        assert study.found_seconds == pytest.approx(found[0])
        assert (study.stopped, study.lost, study.cut) == (0, 0, 0)
        assert study.worker_seconds == pytest.approx(study.wall_seconds)
        assert 0 < study.loser_seconds < study.worker_seconds


def test_arms_replay_the_same_trials_in_the_same_orders_and_other_seeds_others(data):
    settings = Settings(trials=4, workers=2, repeats=10)
    assert replay_arm(data, parse_arm("a=none"), settings) == replay_arm(data, parse_arm("a=none"), settings)
    orders = [[curve.configuration for curve in drawn_curves(data, settings, repeat)] for repeat in range(10)]
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert len({tuple(order) for order in orders}) > 3
    other = Settings(trials=4, workers=2, repeats=10, seed=1)
    assert orders != [[curve.configuration for curve in drawn_curves(data, other, repeat)] for repeat in range(10)]


def test_each_seed_of_a_configuration_is_drawn(data):
    settings = Settings(trials=4, workers=1, repeats=40)
    times = {
        round(curve.reached_seconds or 0.0, 6)
        for repeat in range(40)
        for curve in drawn_curves(data, settings, repeat)
        if curve.configuration == 1
    }
    assert times == {20.0, 28.0}


def test_the_incumbents_true_time_falls_from_the_budget(data):
    result = replay_arm(data, parse_arm("all=none"), Settings(trials=4, workers=1, repeats=1))
    (study,) = result.studies
    last = study.incumbents[-1]
    values = result.true_seconds([0.0, last[0], 1e6], BUDGET)
    assert values.shape == (1, 3)
    assert values[0].tolist() == [BUDGET, last[1], last[1]]


def test_pruning_makes_studies_shorter(data):
    data = replay_data([recordings(family(30))])
    settings = Settings(trials=20, workers=2, repeats=5)
    pruned = replay_arm(data, parse_arm("ours="), settings)
    assert all(study.stopped > 0 for study in pruned.studies)
    lengths = np.array([study.wall_seconds for study in pruned.studies])
    assert (lengths < whole_seconds(data, settings)).all()


def test_a_sampler_searches_among_the_recorded_configurations(data):
    settings = Settings(trials=4, workers=2, repeats=3)
    arm = parse_arm("near=none,sampler=local")
    result = replay_arm(data, arm, settings)
    assert result == replay_arm(data, arm, settings)
    assert all(study.incumbents for study in result.studies)


def test_every_study_has_a_trial_that_reached_the_target(data):
    settings = Settings(trials=1, workers=1, repeats=30)
    assert {drawn_curves(data, settings, repeat)[0].configuration for repeat in range(30)} == {0, 1, 2}
    result = replay_arm(data, parse_arm("all=none"), settings)
    assert all(study.found_seconds is not None for study in result.studies)


def test_a_configuration_that_never_reaches_the_target_is_not_as_good_as_a_slow_best():
    # 95 s is the best; the budget of 100 s is within 10 % of it.
    data = replay_data([recordings([rising("a", 20.0, 95.0, x=0.1), rising("b", 5.0, 30.0, x=0.2)])])
    settings = Settings(trials=2, workers=1, repeats=10)
    for repeat, study in enumerate(replay_arm(data, parse_arm("all=none"), settings).studies):
        first = drawn_curves(data, settings, repeat)[0].configuration
        assert study.found_seconds == pytest.approx(100.0 if first == 0 else 205.0)


def test_a_lucky_run_of_what_is_not_expected_to_reach_the_target_is_not_as_good_as_a_slow_best():
    data = replay_data([recordings([rising("a", 20.0, 95.0, x=0.1), rising("b", 20.0, 60.0, x=0.2)])])
    (slow,), (lucky,) = data.curves
    lucky = replace(lucky, true_seconds=BUDGET)  # as a model may say of a proposal
    played = [Played(curve, 0.0, 70.0, End.REACHED, None, False, True) for curve in (lucky, slow)]
    assert _found(played[:1], 95.0, data) is None
    assert _found(played, 95.0, data) == 70.0


@pytest.mark.parametrize(("top", "found"), [(1, False), (2, True)])
def test_behind_a_lucky_seed_the_best_is_found_where_more_than_one_are_confirmed(top, found):
    # The mean of the lucky one is 50 s.
    lucky = [rising("a", 20.0, 20.0, x=0.1), rising("a", 20.0, 80.0, seed=2, x=0.1)]
    data = replay_data([recordings([*lucky, rising("b", 20.0, 40.0, x=0.2)])])
    data = replace(data, config=data.config.model_copy(update={"confirm": ConfirmConfig(top=top)}))
    settings = Settings(trials=2, workers=1, repeats=20)
    for repeat, study in enumerate(replay_arm(data, parse_arm("all=none"), settings).studies):
        first, second = drawn_curves(data, settings, repeat)
        ahead = 20.0 in (first.reached_seconds, second.reached_seconds) and first.configuration == 0
        assert (study.found_seconds is not None) == (found or not ahead)


def test_without_a_configuration_that_reached_the_target_there_is_nothing_to_find():
    data = replay_data([recordings([rising("a", 5.0, 30.0, x=0.1), rising("b", 4.0, 30.0, x=0.2)])])
    with pytest.raises(UserError, match="None of the 2 recorded configurations reached the target of 10"):
        replay_arm(data, parse_arm("a=none"), Settings(trials=2, workers=1, repeats=1))


def test_what_a_sampler_takes_is_charged(data):
    settings = Settings(trials=4, workers=1, repeats=2)
    quick = replay_arm(data, parse_arm("near=none,sampler=random"), settings)
    slow = replay_arm(data, parse_arm("near=none,sampler=random,proposal_seconds=7"), settings)
    for one, other in zip(quick.studies, slow.studies, strict=True):
        assert other.wall_seconds == pytest.approx(one.wall_seconds + 4 * 7.0)


def test_more_trials_than_configurations_are_refused(data):
    with pytest.raises(UserError, match="A study of 5 trials needs as many recorded configurations, but there are 4"):
        replay_arm(data, parse_arm("a=none"), Settings(trials=5, workers=1, repeats=1))


@pytest.mark.parametrize("name", ["trials", "workers", "repeats"])
def test_numbers_that_are_not_positive_are_refused(data, name):
    settings = Settings(**{"trials": 1, "workers": 1, "repeats": 1, name: 0})
    with pytest.raises(UserError, match=f"The number of {name} is 0"):
        settings.check(data)
