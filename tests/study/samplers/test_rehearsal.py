"""Samplers tried out before the first trial."""

from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from tests.study import toy
from tests.study.toy import Lab
from tuner.config import SamplerConfig
from tuner.errors import UserError
from tuner.study.samplers import create_sampler, rehearse, sampler_names

SPACE = {"x": FloatDistribution(0.0, 1.0), "y": CategoricalDistribution(["a", "b"])}


@pytest.mark.parametrize("fixed", [{}, {"x": 0.5}])
@pytest.mark.parametrize("kind", sampler_names())
def test_every_sampler_passes_with_its_defaults(kind: str, fixed: dict[str, Any]) -> None:
    config = SamplerConfig(kind=kind)
    sampler = create_sampler(config, fixed=fixed)
    rehearse(sampler, config, SPACE)
    study = toy.optuna.create_study(sampler=sampler)
    assert 0.0 <= study.ask(SPACE).params["x"] <= 1.0


def test_a_wrong_option_is_found_before_the_first_trial(lab: Lab) -> None:
    config = lab.config(sampler={"kind": "tpe", "options": {"n_ei_candidates": -3}}, warm_start=("good",))
    with pytest.raises(
        UserError, match=r"The sampler 'tpe' fails with its options \{'n_ei_candidates': -3\}: ValueError"
    ):
        lab.run(config, toy.space(good={"x": 0.3, "y": "a"}))
    with pytest.raises(KeyError):
        lab.load(config)
