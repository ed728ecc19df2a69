"""Values in SBX's names, and the agents that they describe."""

import math

import pytest

from tuner.config import AgentConfig, Network
from tuner.config.recipes import ELSEWHERE, SETTINGS, agent_of, values_of
from tuner.config.recipes._vocabulary import resolve
from tuner.errors import UserError


def test_what_is_left_out_is_as_in_sbx() -> None:
    agent = agent_of("ppo", {"gamma": 0.9}, "Mine")
    assert agent.arguments["gamma"] == 0.9
    assert agent.arguments["gae_lambda"] == 0.95
    assert agent.network == Network(pi=(64, 64), qf=(64, 64), activation="tanh")


def test_an_agent_is_described_completely() -> None:
    agent = AgentConfig(
        algorithm="sac",
        arguments={"gamma": 0.9},
        network=Network(kind="simba", pi=(8,), qf=(8, 8), optimizer="adamw", optimizer_arguments={"b2": 0.9}),
        initial_std=0.3,
        action_bound_fraction=0.1,
        normalize_observations=False,
    )
    again = agent_of("sac", values_of(agent), "Mine")
    assert again == agent.model_copy(update={"arguments": again.arguments})
    assert again.arguments["gamma"] == 0.9
    assert values_of(again) == values_of(agent)
    assert set(values_of(agent)) <= SETTINGS


def test_no_name_has_two_meanings() -> None:
    assert not SETTINGS & ELSEWHERE.keys()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"gamma": 1.5}, "Mine cannot be used: The sac argument 'gamma' is 1.5 but must be"),
        ({"activation_fn": "gelu"}, "activation_fn: needs 'relu', 'elu', 'silu' or 'tanh', but 'gelu' was given"),
        ({"net_arch": {"pi": [0], "qf": [8]}}, r"net_arch\.pi\.0: needs at least 1, but 0 was given"),
        ({"initial_std": "wide"}, "initial_std: needs a number"),
    ],
)
def test_values_that_cannot_be(values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        agent_of("sac", values, "Mine")


def test_names_that_depend_on_the_algorithm_and_the_number_of_robots() -> None:
    given = {"log_std_init": -2, "n_minibatches": 4, "n_steps": 16}
    # 16 steps of 8 robots in 4 parts
    assert resolve("ppo", given, num_envs=8) == {"n_steps": 16, "initial_std": math.exp(-2), "batch_size": 32}
    assert resolve("sac", given, num_envs=8) == given
