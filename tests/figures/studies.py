"""Studies of the toy of `tests/study/toy.py` whose numbers can be worked out by hand."""

import optuna

from tests.study import toy
from tests.study.toy import Lab
from tuner.records import OutcomeKind

FAST, SLOW = {"x": 0.3, "y": "a"}, {"x": 1.0, "y": "b"}
"""Reach the target of 10 after 20 s, and after 216 s of which the budget has 100."""


def fast_and_slow(**sections) -> optuna.Study:
    """Return a study whose trial 0 is fast and trial 1 slow."""
    lab = Lab(None)
    config = lab.config(**{"budget": {"trials": 2}, "warm_start": ("fast", "slow"), **sections})
    lab.run(config, toy.space(fast=FAST, slow=SLOW))
    return lab.load(config)


def stopped(*, shadow_share: float) -> optuna.Study:
    """Return `fast_and_slow` with a pruner; its shadows run on."""
    options = {"shadow_share": shadow_share}
    return fast_and_slow(pruner={"kind": "time_to_return", "options": options})


def crashing(trials: int = 1) -> optuna.Study:
    """Return a study all of whose trials crash after 20 s, and once more when they are tried again."""
    lab = Lab(None)
    config = lab.config(budget={"trials": trials}, fixed={"x": 0.8})
    lab.run(config, recordings=lambda spec: toy.failing(OutcomeKind.CRASHED, spec))
    return lab.load(config)


def empty() -> optuna.Study:
    """Return a study that was stopped before its first trial."""
    lab = Lab(None)
    config = lab.config()
    manager = lab.manager(config)
    manager.request_stop()
    manager.run()
    return lab.load(config)
