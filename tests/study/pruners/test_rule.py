"""How a peer is compared at a tick."""

import math

import pytest
from optuna.trial import TrialState, create_trial

from tuner.study.pruners._rule import score_at

VALUES = {1: 190.0, 2: 180.0, 3: math.nan, 4: 185.0}


@pytest.mark.parametrize(
    ("state", "value", "tick", "expected"),
    [
        (TrialState.COMPLETE, 40.0, 2, 180.0),
        (TrialState.COMPLETE, 40.0, 3, 180.0),  # NaN left out
        (TrialState.COMPLETE, 40.0, 4, 180.0),  # the best so far, not the latest
        (TrialState.COMPLETE, 40.0, 5, 40.0),  # over by then: keeps its final score
        (TrialState.PRUNED, 185.0, 4, 180.0),
        (TrialState.PRUNED, 185.0, 5, math.inf),  # pruned earlier: worse than all
        (TrialState.RUNNING, None, 4, 180.0),
        (TrialState.RUNNING, None, 5, None),  # not there yet
        (TrialState.FAIL, None, 2, None),
    ],
)
def test_score_at(state: TrialState, value: float | None, tick: int, expected: float | None) -> None:
    trial = create_trial(state=state, value=value, intermediate_values=VALUES)
    assert score_at(trial, tick) == expected


def test_a_peer_that_reported_only_nan_counts_as_worse() -> None:
    trial = create_trial(state=TrialState.COMPLETE, value=200.0, intermediate_values={1: math.nan, 2: math.nan})
    assert score_at(trial, 2) == math.inf
