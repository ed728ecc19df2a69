"""What the seconds of a trial without a return went to."""

from dataclasses import replace

import pytest

from tests.study.toy import Lab
from tuner.analysis import failures_of, unmeasured_text
from tuner.records import Outcome, OutcomeKind
from tuner.workers import Recording

RESETS = Outcome(
    OutcomeKind.EXHAUSTED,
    clock_seconds=10.0,
    env_steps=1280,
    ledger={"launch": 1.0, "compile": 29.0, "act": 0.1, "simulate": 9.8, "learn": 0.1, "report": 0.0},
    details={"reset_seconds": 9.6},
)


def test_the_largest_accounts_come_first_and_resets_are_told():
    """Of 40 s in all, accounts below 0.4 s are left out."""
    assert unmeasured_text(RESETS) == (
        "no return was measured in its 10.0 s of training clock, which were enough for 1,280 environment steps. Its "
        "40.0 s in all went to compilation 29.0 s (off the clock), simulation 9.8 s (9.6 s of it resets), launching "
        "the simulator 1.0 s (off the clock). Raise budget.seconds, use fewer robots (task.num_envs), or make the "
        "slowest of these on the training clock faster."
    )
    assert "resets" not in (unmeasured_text(replace(RESETS, details={})) or "")


@pytest.mark.parametrize(
    "outcome",
    [
        replace(RESETS, best_return=-3.0),
        replace(RESETS, kind=OutcomeKind.CRASHED),
        Outcome(OutcomeKind.PRUNED, rule="search_space"),  # it was never trained
    ],
)
def test_nothing_is_said_of_others(outcome: Outcome):
    assert unmeasured_text(outcome) is None


def test_such_trials_are_among_what_went_wrong():
    lab = Lab(None)
    config = lab.config(budget={"trials": 2})
    lab.run(config, recordings=lambda spec: Recording((), replace(RESETS, env_steps=spec.number)))
    [failure] = failures_of(lab.load(config))
    assert (failure.kind, failure.numbers) == (OutcomeKind.EXHAUSTED, (0, 1))
    assert "no return was measured" in failure.message


def test_one_that_was_pruned_is_not_though_its_seconds_are_told():
    pruned = replace(RESETS, kind=OutcomeKind.PRUNED, rule="behind")
    assert unmeasured_text(pruned) == unmeasured_text(RESETS)
    lab = Lab(None)
    config = lab.config(budget={"trials": 1})
    lab.run(config, recordings=lambda spec: Recording((), pruned))
    assert failures_of(lab.load(config)) == []
