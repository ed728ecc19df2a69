import pytest

from tuner.confirm._selection import fresh_seeds
from tuner.study._running_trial import trial_seed


def test_more_seeds_begin_with_the_fewer():
    assert fresh_seeds(3, 8, used=())[:5] == fresh_seeds(3, 5, used=())
    assert len(set(fresh_seeds(3, 8, used=()))) == 8


def test_another_study_seed_gives_others():
    assert not set(fresh_seeds(3, 5, used=())) & set(fresh_seeds(4, 5, used=()))


@pytest.mark.parametrize("study_seed", [0, 7])
def test_they_are_not_those_of_trials(study_seed):
    trials = {trial_seed(study_seed, number) for number in range(300)}
    assert not trials & set(fresh_seeds(study_seed, 20, used=()))


def test_a_seed_that_was_used_is_left_out():
    first, second, third = fresh_seeds(0, 3, used=())
    assert fresh_seeds(0, 2, used={second}) == (first, third)


def test_seeds_chosen_before_stay_first():
    assert fresh_seeds(0, 3, used=(), kept=(11, 12)) == (11, 12, fresh_seeds(0, 1, used=())[0])
    assert fresh_seeds(0, 1, used=(), kept=(11, 12)) == (11,)
