"""The fused learner makes the updates of stock SBX.

Both agents start with the same parameters and key and store the same steps. Stock SBX is given, from
Stable-Baselines3's own buffer, the transitions at the places that the fused program draws; so replay, n-step returns,
normalisation, order of updates, losses and optimisers are all compared with the originals.
"""

import numpy as np
import pytest

from tests.agents.fused.support import (
    ROBOTS,
    ROWS,
    Experience,
    fused_config,
    places_of_next_train,
    still_agent,
    train_stock_at,
)
from tests.agents.small import parameters
from tuner.config import AgentConfig, Network

SIZES = {"pi": (8,), "qf": (8,)}
RATE = 1e-3
CASES = {
    "sac, fixed entropy, as many updates as steps, nothing normalised": AgentConfig(
        algorithm="sac",
        network=Network(**SIZES, n_critics=3),
        arguments={"gradient_steps": -1, "ent_coef": 0.05},
        normalize_observations=False,
    ),
    "sac, delay 2, 3 steps, layer norm, elu, adamw, in two calls": AgentConfig(
        algorithm="sac",
        network=Network(
            **SIZES, activation="elu", layer_norm=True, optimizer="adamw", optimizer_arguments={"weight_decay": 0.1}
        ),
        arguments={
            "gradient_steps": 4,
            "policy_delay": 2,
            "n_steps": 3,
            "train_freq": 2,
            "ent_coef": "auto_0.1",
            "qf_learning_rate": 2 * RATE,
        },
        target_entropy_std=0.2,
        initial_std=0.3,
    ),
    "sac, penalty on the means": AgentConfig(
        algorithm="sac",
        network=Network(**SIZES),
        arguments={"gradient_steps": 2, "ent_coef": 0.05},
        mean_penalty=0.5,
    ),
    "sac, mean of the critics, limited entropy coefficient, penalty on the means, delay 2": AgentConfig(
        algorithm="sac",
        network=Network(**SIZES),
        arguments={"gradient_steps": 4, "policy_delay": 2, "ent_coef": "auto_0.1"},
        target_entropy_std=50.0,  # more than an actor can have, so that the coefficient rises
        critics_for_actor="mean",
        max_ent_coef=0.1,
        mean_penalty=0.5,
    ),
    "tqc, delay 4, 3 steps, clipped observations": AgentConfig(
        algorithm="tqc",
        network=Network(**SIZES),
        arguments={
            "gradient_steps": 4,
            "policy_delay": 4,
            "n_steps": 3,
            "ent_coef": "auto_0.1",
            "top_quantiles_to_drop_per_net": 5,
        },
        clip_observations=1.0,
    ),
    "sac, delay 4, 3 steps, two layers": AgentConfig(
        algorithm="sac",
        network=Network(pi=(8, 8), qf=(8, 4)),
        arguments={"gradient_steps": 8, "policy_delay": 4, "n_steps": 3, "ent_coef": "auto_0.1"},
    ),
    "sac, delay 4, simba": AgentConfig(
        algorithm="sac",
        network=Network(kind="simba", pi=(4,), qf=(4,), optimizer="adamw"),
        arguments={"gradient_steps": 4, "policy_delay": 4, "ent_coef": "auto_0.1"},
    ),
    "tqc, layer norm, elu, fixed entropy": AgentConfig(
        algorithm="tqc",
        network=Network(**SIZES, activation="elu", layer_norm=True),
        arguments={"gradient_steps": 2, "ent_coef": 0.05},
    ),
}
SHARED = {
    "batch_size": 8,
    "buffer_size": ROWS * ROBOTS,
    "learning_starts": 8,
    "learning_rate": RATE,
    "gamma": 0.9,
    "tau": 0.1,
}


SLOW_TO_COMPILE = ("sac, delay 4, 3 steps, two layers", "sac, delay 4, simba", "tqc, layer norm, elu, fixed entropy")
PARAMETERS = [
    pytest.param(config, id=name, marks=pytest.mark.slow if name in SLOW_TO_COMPILE else ())
    for name, config in CASES.items()
]


@pytest.mark.parametrize("config", PARAMETERS)
def test_updates_are_those_of_stock_sbx(config):
    config = config.model_copy(update={"arguments": SHARED | config.arguments})
    fused, stock = (still_agent(config, learner) for learner in ("fused", "stock"))
    untrained = parameters(stock)
    assert_close(parameters(fused), untrained)
    experience = Experience(stock, fused)
    experience.store(ROWS + 6)  # around the ring
    stock.gradient_steps = fused.gradient_steps  # what −1 means
    for _ in range(3):
        experience.store(config.arguments.get("train_freq", 1))
        train_stock_at(stock, *places_of_next_train(fused))
        fused.train(fused.gradient_steps, fused.batch_size)
        fused.learner.finish_updates()
    trained = parameters(stock)
    assert_close(parameters(fused), trained)
    assert {array.dtype for array in parameters(fused).values()} == {np.dtype("float32"), np.dtype("int32")}
    assert_every_network_moved(untrained, trained)
    np.testing.assert_array_equal(fused.key, stock.key)
    assert fused._n_updates == stock._n_updates == 3 * stock.gradient_steps
    logged = stock.logger.name_to_value
    for name, loss in fused.learner.losses().items():
        assert loss == pytest.approx(logged[f"train/{name}"], rel=1e-4, abs=1e-5), name
    assert set(fused.learner.losses()) == {"actor_loss", "critic_loss", "ent_coef_loss", "ent_coef"}


def assert_close(ours, theirs):
    """Same up to float32 rounding, which Adam magnifies: a step is the rate times a ratio of rounded numbers."""
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        np.testing.assert_allclose(ours[name], array, rtol=1e-4, atol=RATE / 200, err_msg=name)


def assert_every_network_moved(before, after):
    """A hundred times farther than the tolerance."""
    for network in {name.split("]")[0] for name in before} - {"['ent_coef_state'"}:
        moved = [np.abs(after[name] - before[name]).max() for name in before if name.startswith(f"{network}].params")]
        assert max(moved) > RATE / 2, network
        targets = [name for name in before if name.startswith(f"{network}].target_params")]
        assert bool(targets) == ("qf" in network)
        assert all(np.abs(after[name] - before[name]).max() > 0 for name in targets if "kernel" in name)


def losses_after_one_update(critics_for_actor, **network):
    """Train an agent once from the same parameters and experience; return its losses and parameters."""
    config = fused_config(critics_for_actor=critics_for_actor, network=Network(pi=(8,), qf=(8,), **network))
    agent = still_agent(config, "fused")
    Experience(still_agent(config.model_copy(update={"critics_for_actor": "min"}), "stock"), agent).store(ROWS)
    agent.train(agent.gradient_steps, agent.batch_size)
    agent.learner.finish_updates()
    return agent.learner.losses(), parameters(agent)


def test_an_actor_may_maximise_the_mean_of_the_critics():
    (least, _), (mean, _) = (losses_after_one_update(which) for which in ("min", "mean"))
    assert mean["critic_loss"] == least["critic_loss"]  # the critics' targets are the minimum either way
    assert mean["actor_loss"] < least["actor_loss"]  # the mean is never below the minimum, and the loss has it negative
    (_, alone), (_, mean_of_one) = (losses_after_one_update(which, n_critics=1) for which in ("min", "mean"))
    for name, array in alone.items():
        np.testing.assert_allclose(mean_of_one[name], array, rtol=1e-5, atol=1e-7, err_msg=name)
