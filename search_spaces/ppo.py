"""PPO tuned for seconds: short rollouts of many robots, few and big minibatches.

To search elsewhere, copy this file (`tuner init DIR`), edit it, and name it in the study file as
`path/to/ppo.py:ppo_speed`.
"""

import math
from typing import Any

from tuner.config import AgentConfig, Network, TaskConfig
from tuner.spaces import SpaceTrial, search_space, steps_to_target

NETWORKS: tuple[dict[str, Any], ...] = (
    {"pi": (64, 64), "qf": (64, 64)},
    {"pi": (128, 128), "qf": (128, 128)},
    {"pi": (256, 256), "qf": (256, 256)},
    {"pi": (256, 128, 64), "qf": (256, 128, 64)},
    {"pi": (512, 256, 128), "qf": (512, 256, 128)},
)
N_STEPS = (8, 16, 24, 32, 48, 64)
ACTIVATIONS = ("elu", "relu", "silu", "tanh")
GRAD_NORMS = (0.5, 1.0, 2.0)


def isaaclab_ppo(_: TaskConfig) -> dict[str, Any]:
    """The settings that Isaac Lab ships for Stable-Baselines3 on the flat velocity task of the A1, on its full box."""
    return _parameters(
        n_steps=24,
        minibatches=4,
        n_epochs=5,
        learning_rate=1e-3,
        ent_coef=0.005,
        network=4,
        activation="elu",
        max_grad_norm=1.0,
    )


def isaaclab_ppo_medium(task: TaskConfig) -> dict[str, Any]:
    """The same with a network half as wide, whose updates take a CPU less time."""
    return isaaclab_ppo(task) | {"network_index": 3}


def isaaclab_ppo_small(task: TaskConfig) -> dict[str, Any]:
    """The same for CPUs: a smaller network, and neither an entropy bonus nor gradients beyond a norm of 0.5."""
    return isaaclab_ppo(task) | {
        "network_index": 1,
        "ent_coef": 0.0,
        "max_grad_norm_index": GRAD_NORMS.index(0.5),
    }


def sbx_default(_: TaskConfig) -> dict[str, Any]:
    """SBX's own defaults, but for rollouts of 64 steps instead of 2,048, which are meant for a single robot.

    Minibatches are 1/32 of the rollout, as SBX's 64 of 2,048 are.
    """
    return _parameters(
        n_steps=64,
        minibatches=32,
        n_epochs=10,
        learning_rate=3e-4,
        ent_coef=0.0,
        network=0,
        activation="tanh",
        max_grad_norm=0.5,
    )


@steps_to_target({"Velocity-Flat-A1": {25.0: 1_500_000}})
def a1_flat_ppo_winner(task: TaskConfig) -> dict[str, Any]:
    """What the study `a1_flat_ppo` found and `tuner confirm` chose, on two CPU cores and 256 robots."""
    return isaaclab_ppo_medium(task) | {
        "one_minus_gae_lambda": 0.0392878153413556,
        "vf_coef": 0.3893794481467391,
    }


@search_space(warm_starts=(isaaclab_ppo, isaaclab_ppo_medium, isaaclab_ppo_small, sbx_default, a1_flat_ppo_winner))
def ppo_speed(trial: SpaceTrial) -> AgentConfig:
    """PPO for speed: length of rollouts, minibatches, epochs, learning rate, exploration, network and action box."""
    n_steps = trial.suggest_ordinal("n_steps", N_STEPS)
    minibatches = int(trial.suggest_power_of_two("minibatches", 0, 5))
    transitions = n_steps * trial.num_envs
    # A last, smaller minibatch would be compiled for itself and its gradient would count as much: divide evenly. Of
    # half the transitions, so that there are at least two in each.
    minibatches = math.gcd(minibatches, transitions // 2)
    arguments: dict[str, Any] = {
        "n_steps": n_steps,
        "batch_size": transitions // minibatches,
        "n_epochs": trial.suggest_int("n_epochs", 1, 10),
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 5e-3, log=True),
        "gamma": trial.suggest_one_minus("gamma", 0.003, 0.05),
        "gae_lambda": trial.suggest_one_minus("gae_lambda", 0.01, 0.2),
        "clip_range": trial.suggest_float("clip_range", 0.1, 0.4),
        "ent_coef": trial.suggest_float("ent_coef", 0.0, 0.02),
        "vf_coef": trial.suggest_float("vf_coef", 0.25, 2.0, log=True),
        "max_grad_norm": trial.suggest_ordinal("max_grad_norm", GRAD_NORMS),
    }
    if trial.suggest_switch("adaptive_learning_rate"):
        arguments["target_kl"] = 0.01  # SBX then moves the learning rate to keep each update's divergence near this
    return AgentConfig(
        algorithm="ppo",
        arguments=arguments,
        network=Network(
            **trial.suggest_ordinal("network", NETWORKS),
            activation=trial.suggest_ordinal("activation", ACTIVATIONS),
        ),
        # PPO does not squash its actions: this is in the action's own units, whatever the box.
        initial_std=trial.suggest_float("initial_std", 0.1, 1.5, log=True),
        **trial.suggest_action_bounds(),
    )


def _parameters(
    *,
    n_steps: int,
    minibatches: int,
    n_epochs: int,
    learning_rate: float,
    ent_coef: float,
    network: int,
    activation: str,
    max_grad_norm: float,
) -> dict[str, Any]:
    """Return parameters as `ppo_speed` records them; the rest is as in SBX."""
    return {
        "n_steps_index": N_STEPS.index(n_steps),
        "log2_minibatches": int(math.log2(minibatches)),
        "n_epochs": n_epochs,
        "learning_rate": learning_rate,
        "one_minus_gamma": 1 - 0.99,
        "one_minus_gae_lambda": 1 - 0.95,
        "clip_range": 0.2,
        "ent_coef": ent_coef,
        "vf_coef": 0.5,
        "max_grad_norm_index": GRAD_NORMS.index(max_grad_norm),
        "adaptive_learning_rate": 0,
        "network_index": network,
        "activation_index": ACTIVATIONS.index(activation),
        "initial_std": 1.0,
        "action_bound_fraction": 1.0,
    }
