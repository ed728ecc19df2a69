from dataclasses import replace

import pytest

from tests.replay.recorded import BUDGET, recordings, rising, run
from tuner.config import ObjectiveConfig
from tuner.errors import UserError
from tuner.records import OutcomeKind
from tuner.replay import replay_data


def test_the_wall_clock_of_a_report_has_launch_evaluations_and_a_share_of_the_rest():
    recorded = run(
        "a",
        [1.0, 2.0, 3.0],
        kind=OutcomeKind.REACHED,
        reached_seconds=35.0,
        clock_seconds=40.0,
        ledger={"launch": 2.0, "compile": 3.0, "act": 40.0, "evaluate": 4.0, "report": 1.0, "idle": 1.0},
        evaluations=[{"clock_seconds": 15.0, "mean": 1.0}, {"clock_seconds": 40.0, "mean": 10.0}],
    )
    ((curve,),) = replay_data([recordings([recorded])]).curves
    # Launch and compilation take 5 s; each of the evaluations 2 s, the first one before the tick at 20 s; of the 2 s
    # for reports and idling a quarter of each 10 s of 40, 0.5 s.
    assert [report.wall_seconds for report in curve.reports] == pytest.approx([15.5, 28.0, 38.5])
    assert curve.wall_seconds == pytest.approx(51.0)  # the sum of the ledger
    assert (curve.score, curve.reached_seconds) == (35.0, 35.0)


def test_the_wall_clock_of_a_report_is_the_recorded_one_but_for_launches_which_are_shared():
    first, second = run("a", [1.0, 2.0], x=0.1, ledger={"launch": 6.0, "act": 100.0}), run("b", [1.0], x=0.2, ledger={})
    ticks = tuple(replace(tick, wall_seconds=6.5 + 1.5 * tick.clock_seconds) for tick in first.ticks)
    (curve,), _ = replay_data([recordings([replace(first, ticks=ticks, asking_seconds=0.25), second])]).curves
    # 3 s for launching instead of 6, and 0.25 s of the sampler
    assert [report.wall_seconds for report in curve.reports] == pytest.approx([18.75, 33.75])


def test_scores_are_those_of_the_study():
    ((curve,),) = replay_data([recordings([run("a", [0.0, -5.0, 5.0])])]).curves
    # gaps of 10, 15 and 5 over themselves plus 10: 100 · (1 + 1/2, 1 + 3/5, 1 + 1/3)
    assert [report.score for report in curve.reports] == pytest.approx([150.0, 160.0, 133.33], abs=0.01)
    assert curve.bests == pytest.approx([150.0, 150.0, 133.33], abs=0.01)
    assert curve.score == pytest.approx(133.33, abs=0.01)


def test_true_times_are_means_over_seeds_each_within_the_budget():
    fast, slow = rising("a", 20.0, 30.0, seed=1, x=0.1), rising("a", 20.0, 50.0, seed=2, x=0.1)
    never = rising("b", 5.0, 30.0, x=0.2)
    data = replay_data([recordings([fast, never, slow])])
    assert data.true_seconds == pytest.approx([40.0, BUDGET])
    assert [len(curves) for curves in data.curves] == [2, 1]


def test_runs_of_the_same_parameters_are_one_configuration_whatever_it_was_called():
    data = replay_data([recordings([run("a", [1.0])]), recordings([run("b", [2.0])], name="other.jsonl")])
    assert (len(data.curves), data.runs) == (1, 2)


def test_runs_that_failed_are_left_out_and_cut_ones_are_counted():
    runs = [
        run("a", [1.0], x=0.1, kind=OutcomeKind.CRASHED, clock_seconds=10.0),
        run("b", [1.0], x=0.2, kind=OutcomeKind.PRUNED, clock_seconds=10.0),
        run("c", [1.0], x=0.3, kind=OutcomeKind.DIVERGED, clock_seconds=10.0),
    ]
    data = replay_data([recordings(runs)])
    assert (data.left_out, data.cut, data.runs) == (1, 1, 2)
    (cut,), (diverged,) = data.curves
    assert (cut.score, diverged.score, diverged.unscored) == (None, 2 * BUDGET, True)
    assert data.part([1]).cut == 0


def test_nothing_but_failures_is_named():
    with pytest.raises(UserError, match=r"no trained trial to replay in toy\.jsonl; 1 failed"):
        replay_data([recordings([run("a", [], kind=OutcomeKind.CRASHED)])])


def test_recordings_of_different_tasks_are_not_mixed():
    other = recordings([run("a", [1.0])], name="other.jsonl", facts={"task.id": "Other"})
    with pytest.raises(UserError, match=r"(?s)The curves in other\.jsonl were recorded for something else:.*task\.id"):
        replay_data([recordings([run("a", [1.0])]), other])


def test_another_objective_is_refused():
    by_return = recordings([run("a", [1.0])], objective=ObjectiveConfig(kind="return_at_budget"))
    with pytest.raises(UserError, match="return_at_budget, but replays compare times to return"):
        replay_data([by_return])


def test_a_part_has_the_chosen_configurations_in_their_order():
    data = replay_data([recordings([rising(str(each), 20.0, 20.0 + each, x=each / 10) for each in range(3)])])
    part = data.part([2, 0])
    assert part.true_seconds == (data.true_seconds[2], data.true_seconds[0])
    assert [curves[0].configuration for curves in part.curves] == [0, 1]


def test_by_steps_a_slow_run_reports_later():
    # 100 steps a tick, and 25: a median run makes 1000 in all, so that the grid has a point every 100 steps.
    slow = run("b", [float(each) for each in range(1, 11)], x=0.2)
    slow = slow.ended(
        [tick.__class__(**{**tick.__dict__, "env_steps": 25 * tick.index}) for tick in slow.ticks], slow.outcome
    )
    quick = [run(name, [float(each) for each in range(1, 11)], x=x) for name, x in (("a", 0.1), ("c", 0.3))]
    data = replay_data([recordings([*quick, slow])]).by_steps
    (first,), _, (last,) = data.curves
    assert [(report.step, report.wall_seconds) for report in first.reports] == [
        (each, 10.0 * each) for each in range(1, 11)
    ]
    assert [(report.step, report.wall_seconds) for report in last.reports] == [(1, 40.0), (2, 80.0)]


def test_without_environment_steps_nothing_can_be_compared_by_them():
    first = run("a", [1.0])
    none = first.ended([tick.__class__(**{**tick.__dict__, "env_steps": 0}) for tick in first.ticks], first.outcome)
    with pytest.raises(UserError, match="no environment steps"):
        _ = replay_data([recordings([none])]).by_steps
