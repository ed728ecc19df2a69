"""Small agents on the point mass, cheap enough to compile in a test."""

from pathlib import Path
from typing import Any

import numpy as np

from tests.support.point_mass import PointMassEnv
from tuner.agents import build_agent, normalize_observations
from tuner.clock import Clock, Ledger, MonotonicClock
from tuner.config import AgentConfig, Network
from tuner.simulators import bound_actions

NETWORK = Network(pi=(8,), qf=(8,))
OFF_POLICY = {"buffer_size": 400, "learning_starts": 8, "batch_size": 8}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "sac": OFF_POLICY,
    "tqc": OFF_POLICY,
    "td3": OFF_POLICY,
    "crossq": OFF_POLICY,
    # 8 steps of 4 robots are 32 transitions: five minibatches of 6 and a truncated one of 2.
    "ppo": {"n_steps": 8, "batch_size": 6, "n_epochs": 2},
}


def small_config(algorithm: str = "sac", **changes: Any) -> AgentConfig:
    """An agent that learns with SBX's own learner, unless `learner` is given."""
    arguments = ARGUMENTS[algorithm] | changes.pop("arguments", {})
    given = {"algorithm": algorithm, "learner": "stock", "network": NETWORK, "arguments": arguments}
    return AgentConfig(**given | changes)


def small_agent(
    config: AgentConfig,
    *,
    num_envs: int = 4,
    seed: int = 0,
    probes: Any = (),
    clock: Clock | None = None,
    start_from: Path | None = None,
) -> Any:
    """An agent on robots whose episodes last 20 steps; its ledger starts in the account "idle"."""
    task = PointMassEnv(num_envs, max_episode_steps=20)
    config = config.resolved(task.action_space.low.tolist(), task.action_space.high.tolist())
    env = bound_actions(normalize_observations(task, config), config)
    ledger = Ledger(clock or MonotonicClock(), "idle")
    rows = np.array(probes, dtype=np.intp)
    return build_agent(config, env, seed=seed, ledger=ledger, probes=rows, start_from=start_from)


def parameters(agent: Any) -> dict[str, Any]:
    """Every learned array, optimiser states included, as NumPy arrays in one flat dictionary."""
    import jax

    from tuner.agents.shared.parameters import train_states

    leaves = jax.tree_util.tree_leaves_with_path(train_states(agent))
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}


def assert_same_parameters(first: Any, second: Any) -> None:
    ours, theirs = parameters(first), parameters(second)
    assert ours.keys() == theirs.keys()
    assert ours, "no parameters to compare"
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)
