"""Judges; `test_simulation.py` holds them to the manager."""

import pytest
from optuna.pruners import MedianPruner, NopPruner

from tests.replay.recorded import BUDGET, TICKS, recordings, rising, run
from tuner.replay import replay_data
from tuner.replay._judges import NoJudge, OptunaJudge, RulesJudge, judge_of
from tuner.study import TimeToReturnPruner


def curve_of(recorded):
    ((curve,),) = replay_data([recordings([recorded])]).curves
    return curve


@pytest.mark.parametrize(
    ("pruner", "kind"),
    [
        (NopPruner(), NoJudge),
        (TimeToReturnPruner(budget_seconds=BUDGET, ticks=TICKS), RulesJudge),
        (MedianPruner(), OptunaJudge),
    ],
)
def test_each_pruner_gets_the_quickest_judge(pruner, kind):
    assert type(judge_of(pruner, steps=TICKS, kind="some", name="toy")) is kind


def test_a_trial_is_dominated_by_the_best_time_of_those_that_ended():
    judge = RulesJudge(TimeToReturnPruner(budget_seconds=BUDGET, ticks=TICKS, kappa=1.25), TICKS)
    fast, slow = curve_of(rising("a", 20.0, 22.0)), curve_of(rising("b", 20.0, 90.0))
    first, second = judge.begin(fast), judge.begin(slow)
    assert judge.report(second, slow.reports[2], slow) is None  # 30 s, and nothing has reached the target yet
    judge.end(first, fast.reports[-1], fast, fast.score)
    # 1.25 · 22 s = 27.5 s
    assert judge.report(second, slow.reports[1], slow) is None
    assert judge.report(second, slow.reports[2], slow) == "dominated"


def test_a_stopped_trial_counts_as_worse_and_a_complete_one_keeps_its_score():
    pruner = TimeToReturnPruner(budget_seconds=BUDGET, ticks=TICKS, min_peers=2, warmup=0.0, hopeless_warmup=1.0)
    judge = RulesJudge(pruner, TICKS)
    weak, strong, middle = (curve_of(run("a", [level] * TICKS)) for level in (1.0, 5.0, 3.0))
    stopped = judge.begin(weak)
    judge.report(stopped, weak.reports[0], weak)
    judge.end(stopped, weak.reports[0], weak, None)
    for _ in range(2):
        number = judge.begin(strong)
        judge.report(number, strong.reports[0], strong)
        judge.end(number, strong.reports[0], strong, strong.score)
    # At tick 5 two of three peers are better, and none of them got there by itself.
    assert judge.report(judge.begin(middle), middle.reports[4], middle) == "behind"
