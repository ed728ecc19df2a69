from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from _monitor_tables import (
    Exact,
    Measured,
    Reading,
    Snapshot,
    claims,
    covers,
    crossing,
    errors,
    evaluated_share,
    keep,
    lags,
    print_tables,
    read,
)

MEASURED = Measured(
    folder="Cartpole-sac-0-01",
    task="Cartpole",
    algorithm="sac",
    target=10.0,
    setting="as in training",
    deterministic=Exact(5.0, 0.1, 2000),
    exploring=None,
    readings=[Reading(100, 5.5, 4.9, 6.0), None, Reading(200, 4.0, 3.5, 4.9), Reading(300, 5.6, 5.2, 6.0)],
)
SNAPSHOT = Snapshot(
    folder="Cartpole-sac-0-01",
    task="Cartpole",
    num_envs=8,
    algorithm="sac",
    seed=0,
    target=10.0,
    budget_seconds=40.0,
    tick_seconds=1.0,
    clock_seconds=10.0,
    evaluation=Exact(0.0, 0.1, 8),
    evaluation_seconds=0.1,
    asked_seconds=1.0,
    reached_seconds=None,
    curve=[],
)


def training(returns: list[float], estimates: list[tuple[float, float, float]]) -> list[Snapshot]:
    """Snapshots 10 s apart with these returns; all estimates lie in the first."""
    curve = [Reading(clock, mean, low, mean + 1) for clock, mean, low in estimates]
    return [
        replace(SNAPSHOT, clock_seconds=10.0 * number, evaluation=Exact(mean, 0.1, 8), curve=curve * (number == 1))
        for number, mean in enumerate(returns, start=1)
    ]


def test_moments_without_an_estimate_count_neither_as_right_nor_as_wrong():
    assert errors([MEASURED], [5.0]) == pytest.approx([0.5, 1.0, 0.6])
    assert covers(MEASURED) == [True, False, False]


def test_estimates_of_exploring_robots_are_held_to_what_exploring_earns():
    measured = replace(MEASURED, exploring=Exact(3.6, 0.1, 2000))
    assert covers(measured) == [False, True, False]


def test_a_claim_is_denied_if_its_goal_lies_above_the_exact_return():
    # Goals are 3.05, 3.15, …, 4.95, 5.05, …, 6.95. Those up to 4.9: 19; up to 3.5: 5; up to 5.2: 20, and two above 5.
    assert claims([MEASURED]) == (19 + 5 + 22, 2)


def test_the_share_of_evaluations_ends_where_the_target_was_reached():
    assert evaluated_share(SNAPSHOT) == pytest.approx(1 / 11)
    assert evaluated_share(replace(SNAPSHOT, reached_seconds=4.0)) == pytest.approx(1 / 5)


def test_a_crossing_lies_on_the_line_between_evaluations():
    clocks = np.array([10.0, 20.0, 30.0])
    assert crossing(clocks, np.array([2.0, 6.0, 8.0]), 5.0) == 17.5
    assert crossing(clocks, np.array([2.0, 6.0, 3.0]), 5.0) == 17.5
    assert crossing(clocks, np.array([5.0, 6.0, 8.0]), 5.0) is None
    assert crossing(clocks, np.array([2.0, 3.0, 4.0]), 5.0) is None


def test_a_crossing_is_noticed_when_an_evaluation_confirms_an_estimate():
    # The return rises from 0 at 10 s to 5 at 20 s, so that it crosses 4, 40 % of the target, at 18 s. The estimate
    # claims that at 15 s, which is denied, and at 19 s, one tick late; the other goals are not crossed.
    assert lags(training([0.0, 5.0], [(15.0, 4.2, 4.1), (19.0, 5.2, 4.9)])) == [pytest.approx(1.0)]


def test_a_crossing_that_no_estimate_claims_is_never_noticed():
    assert lags(training([0.0, 5.0], [(19.0, 3.0, 2.0)])) == [np.inf]


def test_what_was_kept_is_read_back_and_printed(tmp_path: Path, capsys):
    file = tmp_path / "measured.jsonl"
    snapshots = training([0.0, 5.0], [(15.0, 4.2, 4.1), (19.0, 5.2, 4.9)])
    measured = [MEASURED, replace(MEASURED, algorithm="ppo", exploring=Exact(3.6, 0.1, 2000))]
    for each in (*snapshots, *measured):
        keep(file, each)
    assert read(file) == (snapshots, measured)
    print_tables(snapshots, measured, policies=True)
    out = " ".join(capsys.readouterr().out.split())
    # Wilson's interval of one in three, and errors of 0.5, 1 and 0.6.
    assert "Cartpole-sac-0-01 5.00 ± 0.10 3 5.50 33%" in out
    assert "median absolute error 0.6, 6.0% of the target goal: under 5 %" in out
    assert "90 % intervals that cover 33.3% (6.1% … 79.2%) goal: 85 to 95 %" in out
    assert "claimed crossings denied 4.35% of 46 goal: at most 2 %" in out
    assert "Cartpole, ppo, as in training" in out
    assert "… from the deterministic policy 0.6, 6.0% of the target" in out
    assert "1 trainings, 2 snapshots" in out
    assert "evaluations, share of wall clock 4.8% (at most 4.8%) goal: under 5 %" in out  # 1 s beside 20 s
    assert "crossings noticed after 1.0 ticks, of 1 (0 never) goal: within 2 ticks" in out
