"""The pruner as a whole: which rule fires first, what it stores, and its shadows."""

from typing import Any

import optuna
import pytest
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial

from tests.contracts.pruner import BAD, BUDGET, GOOD, MIDDLING, TICKS, PrunerContract, pruned_at, study_of
from tuner.study import TimeToReturnPruner
from tuner.study.pruners._rule import score_at


def make(**options: Any) -> TimeToReturnPruner:
    return TimeToReturnPruner(**{"budget_seconds": BUDGET, "ticks": TICKS, "shadow_share": 0.0, **options})


class TestDefaults(PrunerContract):
    def make(self) -> BasePruner:
        return TimeToReturnPruner(budget_seconds=BUDGET, ticks=TICKS)


class TestStrict(PrunerContract):
    """As eager as the options allow."""

    def make(self) -> BasePruner:
        return make(percentile=100.0, min_peers=1, warmup=0.0, hopeless_warmup=0.0, optimism=0.01, kappa=1.0)


class TestReturnAtBudget(PrunerContract):
    def make(self) -> BasePruner:
        return make(budget_seconds=None)


REACHED_AT_30 = [*GOOD[:3], *[30.0] * (TICKS - 3)]


def test_dominated_speaks_first() -> None:
    # one trial reached the target at 30 s: the cap is 37.5 s, so tick 4 (40 s) is the first past it; `hopeless`, which
    # waits for the whole cap here, could fire at that tick too
    study = study_of(make(hopeless_warmup=1.0), REACHED_AT_30)
    assert pruned_at(study, BAD) == 4
    assert study.trials[-1].user_attrs == {"pruner_verdict": {"rule": "dominated", "tick": 4, "clock_seconds": 40.0}}


def test_behind() -> None:
    # four better peers are enough, and 40 % of ten ticks are over at tick 4
    study = study_of(make(), *[GOOD] * 4)
    assert pruned_at(study, MIDDLING) == 4
    assert study.trials[-1].user_attrs["pruner_verdict"] == {"rule": "behind", "tick": 4, "clock_seconds": 40.0}


def test_hopeless() -> None:
    # percentile 0 switches `behind` off; a flat curve with a gap left is hopeless from half of the budget on
    study = study_of(make(percentile=0.0), *[GOOD] * 5)
    assert pruned_at(study, [150.0] * TICKS) == 5
    assert study.trials[-1].user_attrs["pruner_verdict"]["rule"] == "hopeless"


def test_return_at_budget_knows_only_behind() -> None:
    # scores are minus the return here; −30 would look like a time otherwise
    study = study_of(make(budget_seconds=None), *[[-30.0] * TICKS] * 5)
    assert pruned_at(study, [-20.0] * TICKS) == 4
    assert study.trials[-1].user_attrs["pruner_verdict"]["rule"] == "behind"
    assert pruned_at(study, [-30.0] * TICKS) is None


def test_a_shadow_runs_on_and_says_what_would_have_stopped_it() -> None:
    study = study_of(make(shadow_share=1.0), *[GOOD] * 5)
    assert pruned_at(study, MIDDLING) is None
    assert study.trials[-1].user_attrs == {"shadow": {"rule": "behind", "tick": 4, "clock_seconds": 40.0}}


def test_a_shadow_is_stopped_once_it_is_dominated() -> None:
    # `behind` would have fired at tick 3 (40 % of the cap); the best time of 48 s caps the trial at 60 s: tick 7 is the
    # last
    reached = [*GOOD[:4], *[48.0] * (TICKS - 4)]
    study = study_of(make(shadow_share=1.0), reached, *[GOOD] * 5)
    assert pruned_at(study, MIDDLING) == 7
    attributes = study.trials[-1].user_attrs
    assert (attributes["shadow"]["rule"], attributes["pruner_verdict"]["rule"]) == ("behind", "dominated")


def test_the_share_of_shadows() -> None:
    # 60 trials that would all be stopped; with a share of 0.2, 12 ± 3.1 (one standard deviation) run on
    study = study_of(make(shadow_share=0.2, seed=3), *[GOOD] * 500)
    verdicts = [pruned_at(study, BAD) for _ in range(60)]
    shadows = sum(verdict is None for verdict in verdicts)
    assert 4 <= shadows <= 20  # 12 ± 3.1
    assert shadows == sum("shadow" in trial.user_attrs for trial in study.trials)


def test_shadows_depend_on_the_seed() -> None:
    def shadows(seed: int) -> list[bool]:
        study = study_of(make(shadow_share=0.5, seed=seed), *[GOOD] * 50)
        return [pruned_at(study, BAD) is None for _ in range(20)]

    assert shadows(0) == shadows(0)
    assert shadows(0) != shadows(1)


def test_ticks_left_out_by_a_loop_of_ones_own() -> None:
    # reports at ticks 2, 4, 6, … only: peers are compared at the ticks there are
    study = optuna.create_study(pruner=make(percentile=0.0))
    for _ in range(5):
        trial = study.ask()
        for tick in (2, 4, 6, 8, 10):
            trial.report(GOOD[tick - 1], tick)
        study.tell(trial, GOOD[-1])
    trial = study.ask()
    verdicts = []
    for tick in (2, 4, 6):
        trial.report(150.0, tick)
        verdicts.append(trial.should_prune())
    assert verdicts == [False, False, True]  # flat, and half of the budget is over: hopeless


def test_refuses_a_study_that_maximises() -> None:
    study = optuna.create_study(direction="maximize", pruner=make())
    trial = study.ask()
    trial.report(1.0, 1)
    with pytest.raises(ValueError, match="must minimise"):
        trial.should_prune()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget_seconds": 0.0}, "budget_seconds must be a positive number of seconds but got 0.0."),
        ({"ticks": 0}, "ticks must be at least 1 but got 0."),
        ({"kappa": 0.9}, "kappa must be at least 1 and finite"),
        ({"percentile": 101.0}, "percentile must be between 0 and 100 inclusive but got 101.0."),
        ({"min_peers": 0}, "min_peers must be at least 1 but got 0."),
        ({"warmup": -0.1}, "warmup must be between 0 and 1 inclusive but got -0.1."),
        ({"hopeless_warmup": 2.0}, "hopeless_warmup must be between 0 and 1 inclusive but got 2.0."),
        ({"shadow_share": 1.5}, "shadow_share must be between 0 and 1 inclusive but got 1.5."),
        ({"optimism": float("inf")}, "optimism must be positive and finite but got inf."),
    ],
)
def test_refuses_nonsense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**options)


class Copies(optuna.storages.InMemoryStorage):
    """Returns new objects every time, as a storage without a cache does."""

    def get_all_trials(self, study_id: int, deepcopy: bool = True, states: Any = None) -> list[FrozenTrial]:
        return super().get_all_trials(study_id, deepcopy=True, states=states)


@pytest.mark.parametrize("storage", [optuna.storages.InMemoryStorage(), Copies()])
def test_what_is_kept_of_ended_trials_is_what_their_values_say(storage: optuna.storages.BaseStorage) -> None:
    pruner = make(shadow_share=0.0)
    study = optuna.create_study(storage=storage, pruner=pruner)
    for score in (40.0, 150.0, 160.0, 170.0, 180.0):
        trial = study.ask()
        for tick in range(1, TICKS + 1):
            trial.report(200.0 - (200.0 - score) * tick / TICKS, tick)
            pruner.prune(study, study._storage.get_trial(trial._trial_id))
        study.tell(trial, score)
    late = study.ask()
    for tick in range(1, TICKS + 1):
        late.report(190.0, tick)
        frozen = study._storage.get_trial(late._trial_id)
        situation = pruner._situation(study, frozen, tick)
        peers = [other for other in study.trials if other.number != late.number]
        assert situation.peers == tuple(score_at(other, tick) for other in peers)
        assert situation.best_seconds == 40.0
    assert len(pruner._ended) <= 2 * len(peers) + len(peers), "it does not grow with what is asked"
