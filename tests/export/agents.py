"""The agent that this package builds from a configuration, to compare those of exported files with."""

from functools import cache
from typing import Any

import numpy as np

from tests.agents.small import assert_same_parameters
from tuner.agents import build_agent, normalize_observations
from tuner.clock import Ledger, ManualClock
from tuner.export import ExportedConfiguration
from tuner.simulators import BoundedActions, open_task

SEED = 3
ATTRIBUTES = {"buffer_size", "learning_starts", "batch_size", "train_freq", "gradient_steps", "policy_delay", "n_steps"}
ATTRIBUTES |= {"gamma", "tau", "n_epochs"}
"""Constructor arguments that the SBX classes keep under their own names."""


def our_agent(configuration: ExportedConfiguration) -> Any:
    """Return the untrained agent of a trial with the seed `SEED`."""
    return _built(configuration.model_dump_json())


@cache
def _built(text: str) -> Any:
    configuration = ExportedConfiguration.model_validate_json(text)
    config = configuration.agent
    assert config.action_box is not None
    task = open_task(configuration.task, seed=SEED, threads=1)
    env = BoundedActions(normalize_observations(task, config), config.action_box)
    return build_agent(config, env, seed=SEED, ledger=Ledger(ManualClock(), "idle"))


def assert_same_agent(exported: Any, configuration: ExportedConfiguration) -> None:
    """Compare networks, optimisers, constructor arguments, action box and normalisation."""
    ours = our_agent(configuration)
    assert_same_parameters(exported, ours)
    for name in ATTRIBUTES & configuration.agent.arguments.keys():
        assert getattr(exported, name) == getattr(ours, name), name
    if configuration.agent.algorithm == "tqc":
        assert exported.policy.n_target_quantiles == ours.policy.n_target_quantiles
    assert exported.lr_schedule(1.0) == ours.lr_schedule(1.0)
    if configuration.agent.algorithm in ("sac", "tqc", "crossq"):
        assert exported.target_entropy == ours.target_entropy
        assert exported.ent_coef_init == ours.ent_coef_init
    noise = configuration.agent.arguments.get("action_noise")
    assert (
        exported.action_noise._sigma.tolist() == [noise] if noise else getattr(exported, "action_noise", None) is None
    )
    assert exported.action_space == ours.action_space
    np.testing.assert_array_equal(exported.action_space.high, np.float32([1.5]))
    theirs, own = exported.get_vec_normalize_env(), ours.get_vec_normalize_env()
    assert (theirs is None) == (own is None)
    if own is not None:
        assert (theirs.clip_obs, theirs.norm_obs, theirs.norm_reward) == (own.clip_obs, True, False)
    assert exported.n_envs == ours.n_envs
