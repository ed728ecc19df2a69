"""Options that a study file passes on to a class of Optuna's."""

import warnings
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from optuna.samplers import TPESampler

from tuner.errors import UserError
from tuner.study._optuna_options import checked_options, without_experimental_warnings


class Made:
    """Takes options of several types; `wrapped` is written differently, `seed` comes from elsewhere."""

    def __init__(
        self,
        rate: float,
        *,
        steps: int = 3,
        name: str | None = None,
        weights: "Callable[[int], list[float]] | None" = None,
        wrapped: optuna.pruners.BasePruner | None = None,
        seed: int | None = None,
        **others: Any,
    ) -> None: ...


def refusal(**options: Any) -> str:
    with pytest.raises(UserError) as caught:
        checked_options(Made, options, place="sampler 'mine'", given={"seed"}, translated={"wrapped"})
    return str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{"rate": 0.5}, {"rate": 1}, {"rate": 0.5, "steps": 4, "name": None}, {"rate": 0.5, "wrapped": {"kind": "median"}}],
)
def test_options_that_are_right(options: dict[str, Any]) -> None:
    checked_options(Made, options, place="sampler 'mine'", given={"seed"}, translated={"wrapped"})


def test_an_unknown_option() -> None:
    known = "Known options: name, rate, steps, weights, wrapped."
    assert refusal(stepps=3) == f"The sampler 'mine' has no option 'stepps'. Did you mean 'steps'? {known}"
    assert refusal(zzz=3) == f"The sampler 'mine' has no option 'zzz'. {known}"


def test_an_option_that_the_platform_sets() -> None:
    assert refusal(rate=0.5, seed=3).startswith("The sampler 'mine' takes its 'seed' from elsewhere in the study file")


def test_a_missing_option() -> None:
    assert refusal(steps=3).startswith("The sampler 'mine' needs the option 'rate'. Known options: ")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"rate": "fast"}, "takes float as its option 'rate', but is given 'fast'"),
        ({"rate": True}, "takes float as its option 'rate', but is given True"),
        ({"rate": 0.5, "steps": 2.5}, "takes int as its option 'steps', but is given 2.5"),
        ({"rate": 0.5, "name": 3}, "takes str | None as its option 'name', but is given 3"),
        ({"rate": 0.5, "weights": "flat"}, "its option 'weights', but is given 'flat'"),
    ],
)
def test_a_value_of_another_type(options: dict[str, Any], problem: str) -> None:
    assert problem in refusal(**options)


def test_what_takes_no_options_says_so() -> None:
    with pytest.raises(UserError, match=r"has no option 'x'. Known options: none\."):
        checked_options(optuna.pruners.NopPruner, {"x": 1}, place="pruner 'none'")


def test_types_that_only_checkers_know_are_found() -> None:
    """Optuna imports some of the names in its annotations for checkers alone."""
    with pytest.raises(UserError, match=r"takes bool \| None as its option 'multivariate', but is given 'yes'"):
        checked_options(TPESampler, {"multivariate": "yes"}, place="sampler 'tpe'")


def test_a_type_that_nobody_knows_is_not_checked() -> None:
    def make(rate: "NoSuchType") -> None:  # type: ignore[name-defined]  # noqa: F821
        ...

    checked_options(make, {"rate": "anything"}, place="sampler 'mine'")


def test_optunas_warnings_of_experiments_are_kept_from_the_user() -> None:
    with warnings.catch_warnings(record=True) as heard, without_experimental_warnings():
        warnings.simplefilter("always", UserWarning)
        TPESampler(multivariate=True, constant_liar=True)
        warnings.warn("something else", UserWarning, stacklevel=1)
    assert [str(warning.message) for warning in heard] == ["something else"]
