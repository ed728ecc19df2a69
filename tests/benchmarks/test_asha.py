"""Ray Tune's rule, by hand: a budget of 100 s in 20 ticks of 5 s, rungs at 10 and 40 s."""

import optuna
import pytest
from _asha import AshaOnTime


class Trials:
    """A study of trials that report a score at a tick, and what the pruner says."""

    def __init__(self) -> None:
        pruner = AshaOnTime(budget_seconds=100.0, ticks=20, grace_seconds=10.0, reduction_factor=4.0)
        self.study = optuna.create_study(pruner=pruner)
        self.trials: dict[str, optuna.Trial] = {}

    def report(self, name: str, tick: int, score: float) -> bool:
        trial = self.trials.setdefault(name, self.study.ask())
        trial.report(score, tick)
        return trial.should_prune()


def test_a_trial_is_judged_once_at_each_rung_against_those_before_it():
    trials = Trials()
    assert not trials.report("a", 1, 199.0)  # before the first rung
    assert not trials.report("a", 2, 150.0)  # the first one there
    assert trials.report("b", 2, 151.0)  # a quarter of 150 alone is 150
    assert not trials.report("c", 2, 120.0)
    assert not trials.report("c", 3, 190.0)  # it has been judged there
    # Of 150, 151 and 120 the 25th percentile is 135.
    assert trials.report("d", 2, 136.0)
    assert not trials.report("e", 2, 131.0)  # with 136 it is 132


def test_the_higher_rung_counts_first():
    trials = Trials()
    assert not trials.report("a", 2, 150.0)
    assert not trials.report("a", 8, 150.0)  # 40 s
    # A first report at 45 s is judged at the higher rung, and at the next one at the lower.
    assert not trials.report("b", 9, 140.0)
    assert not trials.report("b", 10, 140.0)
    assert trials.report("c", 9, 160.0)


@pytest.mark.parametrize("reports", [[], [("a", 1, 150.0)]])
def test_nothing_is_stopped_before_the_first_rung(reports):
    trials = Trials()
    assert not any(trials.report(*report) for report in reports)
