"""SAC tuned for seconds instead of samples.

The ranges cover what published recipes for thousands of robots use. Decisive, in this order: the action box, a small
entropy coefficient, a small initial standard deviation and a penalty on the actor's means that keeps tanh out of
saturation, exploration noise that is held for a few steps, and how much is learned from each step. The warm starts are
in `sac_recipes.py`. To search elsewhere, copy the files (`tuner init DIR`), edit them, and name the space in the study
file as `path/to/sac.py:sac_speed`.
"""

import math
from collections.abc import Sequence
from typing import Any

import sac_recipes
from sac_recipes import ACTIVATIONS, LARGEST_BATCH, N_STEPS, SBX_LEARNING_STARTS, WARM_STARTS

from tuner.config import AgentConfig, BoundsSource, Network
from tuner.spaces import ACTION_BOUNDS_SOURCES, SpaceTrial, log2_for_one_step, replay_arguments, search_space

NETWORKS: tuple[dict[str, Any], ...] = (
    {"pi": (64, 64), "qf": (64, 64)},
    {"pi": (128, 128), "qf": (128, 128)},
    {"pi": (256, 256), "qf": (256, 256)},
    {"pi": (512, 256, 128), "qf": (512, 256, 128)},
    {"pi": (512, 256, 128), "qf": (768, 384, 192)},
    {"kind": "simba", "pi": (128, 128), "qf": (256, 256)},
)
OPTIMIZERS: tuple[dict[str, Any], ...] = (
    {"optimizer": "adam"},
    {"optimizer": "adamw"},
    {"optimizer": "adamw", "optimizer_arguments": {"b2": 0.95, "weight_decay": 1e-3}},
)


@search_space(warm_starts=WARM_STARTS)
def sac_speed(trial: SpaceTrial) -> AgentConfig:
    """SAC for speed: replay ratio, entropy, network, action box, held noise and the rest."""
    return _agent(trial)


@search_space(warm_starts=WARM_STARTS)
def sac_bounds(trial: SpaceTrial) -> AgentConfig:
    """SAC for speed, where a study's `action_bounds` are sampled: percentiles, joint limits or a share of the box."""
    return _agent(trial, ACTION_BOUNDS_SOURCES)


def _agent(trial: SpaceTrial, sources: Sequence[BoundsSource] = ()) -> AgentConfig:
    """Return the agent; `sources` are those of `SpaceTrial.suggest_action_bounds`."""
    # First what matters most. Everything is asked for in every trial, also where it plays no part: samplers model a
    # fixed set best.
    ent_coef = trial.suggest_float("ent_coef", 1e-4, 1.0, log=True)
    fixed_ent_coef = trial.suggest_switch("fixed_ent_coef")  # or the first value of one that SBX tunes
    action_bounds = trial.suggest_action_bounds(sources)
    penalize_means = trial.suggest_switch("penalize_means")
    mean_penalty = trial.suggest_float("mean_penalty", 0.01, 1.0, log=True)
    initial_std = trial.suggest_float("initial_std", 0.05, 1.0, log=True)
    target_entropy_std = trial.suggest_float("target_entropy_std", 0.05, 0.30)
    arguments, network = learning(trial)
    return AgentConfig(
        algorithm="sac",
        arguments={**arguments, "ent_coef": ent_coef if fixed_ent_coef else f"auto_{ent_coef!r}"},
        network=network,
        initial_std=initial_std,
        target_entropy_std=target_entropy_std,
        mean_penalty=mean_penalty if penalize_means else 0.0,
        **action_bounds,
    )


def learning(trial: SpaceTrial) -> tuple[dict[str, Any], Network]:
    """Suggest how an agent learns: its arguments but for the entropy coefficient, and its networks."""
    one_step, robots = log2_for_one_step(trial.num_envs), trial.num_envs
    # Gradient steps are per environment step of 1,024 robots.
    gradient_steps = trial.suggest_power_of_two("gradient_steps_per_1024", min(0, one_step), max(9, one_step))
    network = trial.suggest_ordinal("network", NETWORKS)
    noise_hold = trial.suggest_power_of_two("noise_hold", 0, 4)
    train_freq = trial.suggest_power_of_two("train_freq", 0, 3)  # plays no part where noise is held
    policy_delay = trial.suggest_power_of_two("policy_delay", 0, 5)
    layer_norm = trial.suggest_switch("layer_norm") and network.get("kind") != "simba"  # simba normalises anyway
    buffer_steps = trial.suggest_int("buffer_steps_per_robot", *sac_recipes.buffer_range(robots), log=True)
    first = SBX_LEARNING_STARTS / robots
    learning_starts = trial.suggest_float("learning_starts_per_robot", min(0.04, first), max(64.0, first), log=True)
    batch_size = int(trial.suggest_power_of_two("batch_size", 7, int(math.log2(LARGEST_BATCH))))
    learning_rate = trial.suggest_float("learning_rate", 1e-4, 2e-3, log=True)
    schedule = replay_arguments(
        robots,
        gradient_steps=gradient_steps,
        batch_size=batch_size,
        policy_delay=policy_delay,
        noise_hold=noise_hold,
        train_freq=train_freq,
    )
    arguments = {
        **schedule,
        "learning_rate": learning_rate,
        "qf_learning_rate": learning_rate * trial.suggest_float("critic_learning_rate_ratio", 1.0, 10.0, log=True),
        "gamma": trial.suggest_one_minus("gamma", 0.005, 0.1),
        "tau": trial.suggest_float("tau", 0.001, 0.15, log=True),
        "n_steps": trial.suggest_ordinal("n_steps", N_STEPS),
        "buffer_size": buffer_steps * robots,
        "learning_starts": max(round(learning_starts * robots), batch_size - 1),  # more than that, a batch
    }
    optimizer = trial.suggest_ordinal("optimizer", OPTIMIZERS)
    activation = trial.suggest_ordinal("activation", ACTIVATIONS)
    return arguments, Network(**network, **optimizer, activation=activation, layer_norm=layer_norm)
