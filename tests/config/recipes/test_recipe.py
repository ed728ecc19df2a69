"""A configuration knows its algorithm, and what the user wrote wins over a file."""

import pytest

from tuner.config.recipes import Recipe
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
