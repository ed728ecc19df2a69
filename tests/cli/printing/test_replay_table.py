from dataclasses import replace
from io import StringIO

from rich.console import Console

from tests.replay.recorded import recordings, rising, run
from tuner.analysis import Estimated
from tuner.cli.printing.replay_table import print_replays
from tuner.records import OutcomeKind
from tuner.replay import ArmSummary, Settings, SurrogateError, replay_data


def arm(**changes) -> ArmSummary:
    facts = {
        "arm": "ours",
        "found": 0.95,
        "found_seconds": Estimated(1234.5, 1100.0, 1400.0),
        "against_first": Estimated(0.5, 0.4, 0.6),
        "wall_seconds": Estimated(2000.0, None, None),
        "final_seconds": Estimated(22.04, 21.0, 23.0),
        "false_prunes": Estimated(0.0321, 0.01, 0.05),
        "losers": Estimated(0.8, 0.7, 0.9),
        "stopped": 12.34,
        "cut": 0.0,
    }
    return ArmSummary(**{**facts, **changes})


def printed(*arms: ArmSummary, runs=(), elsewhere: int = 0, **options) -> str:
    data = replay_data([replace(recordings([rising("a", 20.0, 22.0, x=0.1), *runs]), elsewhere=elsewhere)])
    out = StringIO()
    print_replays(Console(file=out, width=200), data, Settings(trials=1, workers=2, repeats=3), arms, **options)
    return " ".join(out.getvalue().split())


def test_an_arm_is_a_row_with_intervals():
    text = printed(arm(against_first=None), arm(arm="other", false_prunes=None))
    assert "ours 1,234 (1,100 … 1,400) — 95% 22.0 (21.0 … 23.0) 2,000 3.2% (1.0% … 5.0%) 80% 12.3" in text
    assert "other 1,234 (1,100 … 1,400) 0.50 (0.40 … 0.60) 95% 22.0 (21.0 … 23.0) 2,000 — 80% 12.3" in text
    assert "1 recorded runs of 1 configurations on Toy, target 10, budget 100 s; 1 runs reached the target." in text
    assert "3 studies of 1 trials on 2 workers for each arm, seed 0. The best true time is 22.0 s." in text
    assert "cut" not in text


def test_cut_curves_are_told():
    cut = run("b", [1.0], x=0.2, kind=OutcomeKind.PRUNED, clock_seconds=10.0)
    failed = run("c", [1.0], x=0.3, kind=OutcomeKind.CRASHED, clock_seconds=10.0)
    text = printed(arm(cut=0.5), runs=[cut, failed], elsewhere=4)
    assert "4 trials that ran on other kinds of device are left out" in text
    assert "1 of the runs had been stopped by a pruner: their curves end there, and 1 full ones remain." in text
    assert "1 runs that failed or were interrupted are left out." in text
    assert "12.3 0.5" in text


def test_the_error_of_the_surrogate_is_told():
    text = printed(arm(), surrogate=SurrogateError(model_seconds=3.0, nearest_seconds=5.0, mean_seconds=9.0))
    assert "on average 3.0 s off their true times" in text
    assert "the nearest other one is 5.0 s off, the mean of all 9.0 s)" in text
