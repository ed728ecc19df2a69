"""A configuration knows its algorithm, and what the user wrote wins over a file."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tuner.config.recipes import ELSEWHERE, SETTINGS, Recipe, read_recipe
from tuner.errors import UserError


def test_what_the_user_wrote_wins_over_the_file() -> None:
    recipe = Recipe(name="mine", values={"gamma": 0.9}, file_values={"gamma": 0.99, "tau": 0.02, "n_envs": 4})
    agent = recipe.agent("sac", num_envs=4)
    assert (agent.arguments["gamma"], agent.arguments["tau"]) == (0.9, 0.02)


def test_a_configuration_of_another_algorithm_is_refused() -> None:
    recipe = Recipe(name="mine", algorithm="tqc", values={"gamma": 0.9})
    assert recipe.agent("tqc", num_envs=4).algorithm == "tqc"
    with pytest.raises(UserError, match="'mine' is one of tqc, but the search space builds agents of sac"):
        recipe.agent("sac", num_envs=4)


NAMES = sorted({*SETTINGS, *ELSEWHERE, "policy_kwargs", "normalize", "normalize_input", "clip_obs"})
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "auto", "lin_1", "dict(a=1)"])
OF_OURS = st.sampled_from(
    ["std", "pi", "qf", "low", *(f"tuner.export.rl_zoo.{name}" for name in ("InitialStd", "ActionBox", "AliveBonus"))]
)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(OF_OURS, inner, max_size=2))


@given(values=st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_any_value_is_understood_or_refused(values: dict[str, object]) -> None:
    refusals = []
    for algorithm in ("sac", "ppo"):
        try:
            read_recipe(values, name="mine").agent(algorithm, num_envs=4)  # type: ignore[arg-type]
        except UserError as error:
            refusals.append(str(error))
    assert all("mine" in refusal for refusal in refusals)


@pytest.mark.parametrize(
    "values",
    [
        {"policy": []},
        {"n_minibatches": 4, "n_steps": "many"},
        {"log_std_init": 1e9, "gamma": "x"},
        {"net_arch": {"pi": 8, "qf": 8}},
        {"callback": [{"tuner.export.rl_zoo.InitialStd": {}}], "gamma": 2},
    ],
)
def test_values_of_wrong_types_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(UserError, match="mine"):
        read_recipe(values, name="mine").agent("ppo", num_envs=4)
