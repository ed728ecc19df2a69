"""An agent in SBX's own terms, and what plain SBX cannot be told."""

import pytest

from tests.export.example import example
from tuner.config import Network
from tuner.errors import UserError
from tuner.export import get_format
from tuner.export._agent import stock_agent


def test_every_setting_of_the_agent_is_in_its_place():
    agent = stock_agent(example())
    assert (agent.class_name, agent.policy) == ("SAC", "MlpPolicy")
    assert agent.arguments["learning_rate"] == 1e-3
    assert agent.arguments["ent_coef"] == "auto_0.01"
    assert agent.policy_arguments["net_arch"] == {"pi": [16, 8], "qf": [24, 24]}
    assert agent.policy_arguments["optimizer_kwargs"] == {"weight_decay": 1e-4}
    assert (agent.activation, agent.optimizer) == ("elu", "adamw")
    assert (agent.box.low, agent.box.high) == ((-1.25,), (1.5,))
    assert (agent.actor_std, agent.action_noise, agent.clip_observations) == (0.3, None, 5.0)
    assert (agent.changes, agent.alive_bonus) == ((), None)
    assert not {"action_noise", "seed", "policy_kwargs"} & agent.arguments.keys()
    assert not {"activation_fn", "optimizer_class"} & agent.policy_arguments.keys()


def test_the_target_entropy_is_that_of_the_wanted_deviation():
    # One dimension with a deviation of 0.2: ln(0.2 · sqrt(2πe)) = −1.609 + 1.419 = −0.190
    assert stock_agent(example()).arguments["target_entropy"] == pytest.approx(-0.190, abs=1e-3)
    assert "target_entropy" not in stock_agent(example(target_entropy_std=None)).arguments


def test_td3_explores_with_noise():
    agent = stock_agent(example("td3"))
    assert (agent.class_name, agent.action_noise, agent.actor_std) == ("TD3", 0.2, None)
    assert "action_noise" not in agent.arguments


def test_ppo_has_an_argument_for_its_first_deviation():
    agent = stock_agent(example("ppo"))
    assert agent.actor_std is None
    assert agent.policy_arguments["log_std_init"] == pytest.approx(-1.204, abs=1e-3)  # ln 0.3


def test_what_is_off_is_none():
    agent = stock_agent(example(mean_penalty=0.0, alive_bonus=0.0, normalize_observations=False))
    assert (agent.changes, agent.alive_bonus, agent.clip_observations) == ((), None, None)
    assert agent.changed("SAC") == ([], "SAC")
    assert not agent.changes_need_jax


def test_changed_updates_are_subclasses_one_around_the_other():
    agent = stock_agent(example(mean_penalty=0.5, critics_for_actor="mean", max_ent_coef=0.03))
    lines, name = agent.changed("sbx.SAC")
    assert name == "algorithm"
    assert lines == [
        "algorithm = limiting_ent_coef(sbx.SAC, largest=0.03)",
        "algorithm = averaging_critics(algorithm)",
        "algorithm = penalizing_means(algorithm, weight=0.5)",
    ]
    assert [source.split("(")[0] for source in agent.change_sources] == [
        "def limiting_ent_coef",
        "def averaging_critics",
        "def penalized",
        "def with_penalized_mean",
        "def penalizing_means",
    ]
    assert agent.changes_need_jax
    assert not stock_agent(example(critics_for_actor="mean")).changes_need_jax


def test_a_simba_network_has_a_policy_of_its_own():
    assert stock_agent(example(network=Network(kind="simba", pi=(8,), qf=(8,)))).policy == "SimbaPolicy"


@pytest.mark.parametrize("form", ["sbx", "zoo", "isaaclab"])
def test_what_plain_sbx_cannot_train_is_refused(form):
    configuration = example(squash=False, mean_penalty=0.1)
    with pytest.raises(UserError, match=r"uses squash, which only tuner's own learner has"):
        get_format(form).text(configuration)
    assert '"squash": false' in get_format("json").text(configuration)


def test_arguments_that_sbx_does_not_have_are_refused():
    configuration = example(arguments={"learning_rat": 1e-3})
    with pytest.raises(UserError, match="Did you mean 'learning_rate'"):
        stock_agent(configuration)
