"""The A1 studies do not stop the trainings that were seen to walk, which look like standers for most of their way.

The curves are the best returns of 900 s of training clock, every 30 s, of trainings of SAC on `Velocity-Flat-A1` on
2026-11-26. Walkers are cut off where their estimates reached 25, or where the recording ended.
"""

import pytest

from tests.contracts.pruner import pruned_at, study_of
from tuner.config import BudgetConfig, PrunerConfig, load_study
from tuner.storage import score
from tuner.study.pruners import create_pruner

TICKS = 40
"""Of 30 s each."""
WALKERS = {
    "early": [0.5, 1.4, 4.6, 4.6, *[5.1] * 4, 6.9, *[7.5] * 8, *[12.2] * 3, 14.4, 16.3, 18.7, 20.8],
    "quick at the end": [0.1, 1.8, 5.1, 5.7, *[8.4] * 14, 10.0, 11.8, 13.1, 19.6],
    "late": [-9.7, 1.4, 4.0, *[6.1] * 2, *[7.0] * 4, *[7.1] * 2, *[10.1] * 2, *[11.3] * 17],
}
STANDER = [-5.7, -2.7, -2.7, -2.7, 0.2, *[4.2] * 3, *[5.9] * 8, *[6.7] * 5, *[8.1] * 4, *[8.2] * 2, *[8.7] * 3]
CONTENT = [1.0, 4.0, *[9.0] * 8, *[12.0] * 20]
"""Stands and turns sooner than any walker, and never walks."""


def scores(study, best_returns):
    budget = study.budget.seconds
    return [score(study.objective, budget_seconds=budget, best_return=best) for best in best_returns]


def pruner_of(study, **options):
    config = PrunerConfig(options=options)
    budget = BudgetConfig.model_validate({**study.budget.model_dump(), "ticks": TICKS})
    return create_pruner(config, objective=study.objective, budget=budget)


@pytest.mark.parametrize("name", ["a1_flat", "a1_flat_ppo"])
@pytest.mark.parametrize("walker", WALKERS)
def test_a_walker_among_standers_is_not_stopped(name, walker):
    study = load_study(name)
    peers = [scores(study, STANDER)] * 6 + [scores(study, CONTENT)] * 4
    curve = scores(study, WALKERS[walker])
    stopped = pruned_at(study_of(pruner_of(study, **study.pruner.options, shadow_share=0.0), *peers), curve)
    assert stopped is None


@pytest.mark.parametrize("walker", WALKERS)
def test_with_the_default_rules_it_would_be(walker):
    study = load_study("a1_flat")
    peers = [scores(study, STANDER)] * 2 + [scores(study, CONTENT)] * 8
    stopped = pruned_at(study_of(pruner_of(study, shadow_share=0.0), *peers), scores(study, WALKERS[walker]))
    assert stopped is not None
    assert stopped < TICKS
