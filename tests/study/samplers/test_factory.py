"""Samplers by name, as a study file names them."""

import math
import warnings
from typing import Any

import optuna
import pytest

from tuner.config import SamplerConfig
from tuner.errors import UserError
from tuner.study import create_sampler, sampler_names


def propose(study: optuna.Study, number: int) -> list[tuple[float, int]]:
    """Run trials of a space with two parameters; one trial in four has no estimate and the worst score there is."""
    proposed = []
    for _ in range(number):
        trial = study.ask()
        x, n = trial.suggest_float("x", 0.0, 1.0), trial.suggest_int("n", 1, 64, log=True)
        study.tell(trial, 200.0 if trial.number % 4 == 3 else 100.0 + 10 * (x - 0.3) ** 2 + abs(math.log(n / 8)))
        proposed.append((x, n))
    return proposed


@pytest.mark.parametrize("kind", sampler_names())
def test_every_sampler_proposes_and_repeats_itself_for_a_seed(kind: str) -> None:
    config = SamplerConfig(kind=kind, seed=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("error", optuna.exceptions.ExperimentalWarning)
        runs = [propose(optuna.create_study(sampler=create_sampler(config)), 12) for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 12


@pytest.mark.parametrize("kind", sampler_names())
def test_a_resumed_study_does_not_repeat_its_proposals(kind: str) -> None:
    config = SamplerConfig(kind=kind, seed=4)
    study = optuna.create_study(sampler=create_sampler(config))
    before = propose(study, 6)
    study.sampler = create_sampler(config, trials_so_far=6)
    after = propose(study, 6)
    assert not set(before) & set(after)


@pytest.mark.parametrize("kind", sampler_names())
def test_infinite_scores_are_accepted(kind: str) -> None:
    # with the objective return_at_budget a trial without an estimate has an infinite score
    study = optuna.create_study(sampler=create_sampler(SamplerConfig(kind=kind)))
    for number in range(14):
        trial = study.ask()
        x = trial.suggest_float("x", 0.0, 1.0)
        study.tell(trial, math.inf if number % 3 == 0 else -x)
    assert study.best_value < 0.0


def test_the_default_is_tpe_for_conditional_spaces_and_parallel_workers() -> None:
    facts = vars(create_sampler(SamplerConfig()))
    assert (facts["_multivariate"], facts["_group"], facts["_constant_liar"]) == (True, True, True)


def test_pinned_parameters() -> None:
    sampler = create_sampler(SamplerConfig(), fixed={"x": 0.25})
    assert {x for x, _ in propose(optuna.create_study(sampler=sampler), 12)} == {0.25}


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("tpee", {}, r"Unknown sampler 'tpee'. Did you mean 'tpe'\?"),
        ("tpe", {"n_startup_trial": 3}, r"has no option 'n_startup_trial'. Did you mean 'n_startup_trials'\?"),
        ("tpe", {"seed": 3}, "takes its 'seed' from elsewhere in the study file"),
        ("tpe", {"multivariate": False}, "refuses its options"),  # `group` needs it
        ("qmc", {"qmc_type": "sobool"}, "refuses its options .*sobool"),
    ],
)
def test_mistakes(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        create_sampler(SamplerConfig(kind=kind, options=options))


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("tpe", {"n_startup_trials": "many"}, "takes int as its option 'n_startup_trials', but is given 'many'"),
        ("tpe", {"n_startup_trials": True}, "'n_startup_trials', but is given True"),
        ("tpe", {"gamma": "half"}, "'gamma', but is given 'half'"),
        ("cmaes", {"sigma0": "wide"}, "'sigma0', but is given 'wide'"),
        ("gp", {"deterministic_objective": "no"}, "takes bool as its option 'deterministic_objective'"),
        ("qmc", {"qmc_type": 3}, "takes str as its option 'qmc_type', but is given 3"),
    ],
)
def test_values_of_a_wrong_type_are_refused(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        create_sampler(SamplerConfig(kind=kind, options=options))


def test_an_integer_will_do_for_a_real_number() -> None:
    sampler = create_sampler(SamplerConfig(kind="cmaes", options={"sigma0": 2}))
    assert vars(sampler)["_sigma0"] == 2
