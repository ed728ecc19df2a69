"""Named configurations to try first, and to compare with: published recipes for SAC, and our own.

Each gives the parameters of `sac.sac_speed`, in the file beside this one, for a task.
"""

import math
from typing import Any

from tuner.config import TaskConfig
from tuner.spaces import log2_for_one_step

N_STEPS = (1, 3, 5, 8)
ACTIVATIONS = ("elu", "relu", "silu")

SBX_BUFFER = 1_000_000
"""SBX's default buffer, in transitions of all robots together."""
SBX_LEARNING_STARTS = 100
LARGEST_BATCH = 2**13
LARGEST_BUFFER = 2**22
"""Transitions; with 48 observations 1.9 GB."""
SBX_ENTROPY_STD = math.exp(-1) / math.sqrt(2 * math.pi * math.e)
"""The σ of SBX's default target entropy, -1 nat for each action dimension: 0.089."""


def sbx_default(task: TaskConfig) -> dict[str, Any]:
    """SBX's own defaults on the task's full action box: one gradient step per environment step, however many robots.

    The buffer holds the most whole steps of all robots within 1,000,000, which is what SBX makes of that number. The
    initial standard deviation is 1 everywhere, where SBX's own scatters about 1. Learning starts when a batch is
    stored, where SBX's 100 transitions would be drawn several times.
    """
    return _parameters(
        task,
        log2_gradient_steps_per_1024=log2_for_one_step(task.num_envs),
        buffer_steps=SBX_BUFFER // task.num_envs,
        learning_starts=SBX_LEARNING_STARTS / task.num_envs,
    )


def raffin_part1(task: TaskConfig) -> dict[str, Any]:
    """The first of A. Raffin's two recipes: a bigger network, a small entropy coefficient and 3 % of the action box.

    512 gradient steps for each step of 2,048 robots. From "Getting SAC to Work on a Massive Parallel Simulator",
    part 1.
    """
    return _parameters(
        task,
        log2_gradient_steps_per_1024=8,
        network=3,
        activation="elu",
        ent_coef=0.006,
        action_bound_fraction=0.03,
        buffer_steps=SBX_BUFFER // 2048,
        learning_starts=SBX_LEARNING_STARTS / 2048,
    )


def raffin_part2(task: TaskConfig) -> dict[str, Any]:
    """The second of A. Raffin's two recipes, tuned for speed on 1,024 robots.

    The buffer of 2,000,000 transitions holds 1,953 whole steps of them. Its action box comes from percentiles of what a
    trained PPO does, which a space does not know: 3 % stands in. From "Getting SAC to Work on a Massive
    Parallel Simulator", part 2.
    """
    return _parameters(
        task,
        log2_gradient_steps_per_1024=5,
        network=3,
        activation="elu",
        layer_norm=True,
        optimizer=1,
        batch_size=512,
        policy_delay=8,
        learning_rate=0.00044689099625712413,
        gamma=0.983100250213744,
        tau=0.0023055560568780655,
        ent_coef=0.009471776840423638,
        action_bound_fraction=0.03,
        buffer_steps=2_000_000 // 1024,
        learning_starts=2000 / 1024,
    )


def fast_sac(task: TaskConfig) -> dict[str, Any]:
    """FastSAC: big batches, a fast target network and a wide critic.

    Its 8 gradient steps are taken as per step of 4,096 robots. Its action box comes from joint limits,
    which a space does not know: 3 % stands in. Its target entropy is SBX's.
    """
    return _parameters(
        task,
        log2_gradient_steps_per_1024=1,
        network=4,
        activation="silu",
        layer_norm=True,
        optimizer=2,
        batch_size=8192,
        policy_delay=4,
        gamma=0.97,
        tau=0.125,
        ent_coef=0.001,
        action_bound_fraction=0.03,
        buffer_steps=1024,
        learning_starts=10,
    )


def flash_sac(task: TaskConfig) -> dict[str, Any]:
    """FlashSAC: simba networks, few updates and 3-step returns, on 1,024 robots.

    Not exactly representable: its buffer of 10,000,000 transitions is cut to 4,096 steps of each robot, AdamW is SBX's
    choice for simba, the action box of 3 % is ours.
    """
    return _parameters(
        task,
        log2_gradient_steps_per_1024=1,
        network=5,
        optimizer=1,
        batch_size=2048,
        policy_delay=2,
        tau=0.01,
        ent_coef=0.01,
        target_entropy_std=0.15,
        n_steps=3,
        action_bound_fraction=0.03,
        buffer_steps=4096,
        learning_starts=1,
    )


def rsl_rl_sac(task: TaskConfig) -> dict[str, Any]:
    """SAC as in rsl_rl, with 5-step returns, on 8,192 robots.

    Not exactly representable: its 200 gradient steps after 24 environment steps become 64 after 8, the same replay
    ratio within 4 %; buffer, start of learning and action box are ours.
    """
    return _parameters(
        task,
        log2_gradient_steps_per_1024=0,
        network=3,
        activation="silu",
        batch_size=8192,
        train_freq=8,
        learning_rate=2e-4,
        gamma=0.97,
        tau=0.003,
        ent_coef=0.001,
        n_steps=5,
        initial_std=0.15,
        action_bound_fraction=0.03,
        buffer_steps=512,
        learning_starts=1,
    )


def held_noise(task: TaskConfig) -> dict[str, Any]:
    """A sketch of our own for the A1 flat task with 256 robots: noise held for 4 steps, 16 gradient steps after them.

    Bounds of ±2, which are 2 % of the task's ±100.
    """
    return _parameters(
        task,
        log2_gradient_steps_per_1024=4,
        network=1,
        activation="elu",
        layer_norm=True,
        optimizer=1,
        batch_size=512,
        policy_delay=2,
        noise_hold=4,
        train_freq=4,
        learning_rate=1e-3,
        gamma=0.985,
        tau=0.02,
        ent_coef=0.001,
        target_entropy_std=0.25,
        n_steps=3,
        initial_std=0.4,
        action_bound_fraction=0.02,
        buffer_steps=SBX_BUFFER // 256,
        learning_starts=SBX_LEARNING_STARTS / 256,
    )


def penalized_means(task: TaskConfig) -> dict[str, Any]:
    """Held noise with a penalty on the actor's means and many small updates: on the A1 flat task robots stop falling.

    Untrained critics pull the actor's means to the bounds, where tanh has no gradient left, and with rewards of about
    0.045 a step a coefficient that SBX tunes soon outweighs them: each step alive costs more than it earns, and robots
    learn to fall. The penalty and a fixed, small coefficient let them learn to stand and to turn.
    """
    return held_noise(task) | {
        "log2_gradient_steps_per_1024": 7,
        "log2_batch_size": 7,
        "network_index": 0,
        "learning_rate": 6e-4,
        "critic_learning_rate_ratio": 2.0,
        "one_minus_gamma": 0.03,
        "ent_coef": 0.0005,
        "fixed_ent_coef": 1,
        "initial_std": 0.25,
        "learning_starts_per_robot": 20.0,
        "penalize_means": 1,
        "mean_penalty": 0.2,
    }


def tight_box(task: TaskConfig) -> dict[str, Any]:
    """The same in bounds of ±1, half as far: large noise that is held for 8 steps, and next to no penalty.

    Nothing that robots do within ±1 makes them fall on the A1 flat task, so that neither the noise nor the means have
    to be kept small, and a leg has the time of half a stride to show what a deviation is good for.
    """
    return penalized_means(task) | {
        "action_bound_fraction": 0.01,
        "log2_noise_hold": 3,
        "initial_std": 0.5,
        "mean_penalty": 0.01,
    }


WARM_STARTS = (
    sbx_default,
    raffin_part1,
    raffin_part2,
    fast_sac,
    flash_sac,
    rsl_rl_sac,
    held_noise,
    penalized_means,
    tight_box,
)


def buffer_range(num_envs: int) -> tuple[int, int]:
    """Return the fewest and the most steps of each robot that the buffer may hold; SBX's default lies between.

    The fewest are 128, of few robots as many as the largest batch needs.
    """
    whole = SBX_BUFFER // num_envs
    return min(max(128, math.ceil(LARGEST_BATCH / num_envs)), whole), max(whole, min(4096, LARGEST_BUFFER // num_envs))


def _parameters(
    task: TaskConfig,
    *,
    ent_coef: float = 1.0,
    fixed_ent_coef: bool = False,
    action_bound_fraction: float = 1.0,
    mean_penalty: float = 0.0,
    initial_std: float = 1.0,
    target_entropy_std: float = SBX_ENTROPY_STD,
    **learned: Any,
) -> dict[str, Any]:
    """Return parameters as `sac_speed` records them; what is left out is as in SBX.

    The others are those of `learning_parameters`.
    """
    return {
        "ent_coef": ent_coef,
        "fixed_ent_coef": int(fixed_ent_coef),
        "action_bound_fraction": action_bound_fraction,
        "penalize_means": int(mean_penalty > 0),
        "mean_penalty": mean_penalty or 0.1,  # which plays no part where they are not
        "initial_std": initial_std,
        "target_entropy_std": target_entropy_std,
        **learning_parameters(task, **learned),
    }


def learning_parameters(
    task: TaskConfig,
    *,
    log2_gradient_steps_per_1024: int,
    buffer_steps: int,
    learning_starts: float,
    network: int = 2,
    activation: str = "relu",
    layer_norm: bool = False,
    optimizer: int = 0,
    batch_size: int = 256,
    policy_delay: int = 1,
    noise_hold: int = 1,
    train_freq: int = 1,
    learning_rate: float = 3e-4,
    gamma: float = 0.99,
    tau: float = 0.005,
    critic_learning_rate_ratio: float = 1.0,
    n_steps: int = 1,
) -> dict[str, Any]:
    """Return parameters as `sac.learning` records them; what is left out is as in SBX.

    `buffer_steps` and `learning_starts` are per robot; a buffer beyond what the space allows for so many robots is cut.
    """
    fewest, most = buffer_range(task.num_envs)
    return {
        "log2_gradient_steps_per_1024": log2_gradient_steps_per_1024,
        "network_index": network,
        "log2_noise_hold": int(math.log2(noise_hold)),
        "log2_train_freq": int(math.log2(train_freq)),
        "log2_policy_delay": int(math.log2(policy_delay)),
        "layer_norm": int(layer_norm),
        "buffer_steps_per_robot": min(max(buffer_steps, fewest), most),
        "learning_starts_per_robot": learning_starts,
        "log2_batch_size": int(math.log2(batch_size)),
        "learning_rate": learning_rate,
        "critic_learning_rate_ratio": critic_learning_rate_ratio,
        "one_minus_gamma": 1 - gamma,
        "tau": tau,
        "n_steps_index": N_STEPS.index(n_steps),
        "optimizer_index": optimizer,
        "activation_index": ACTIVATIONS.index(activation),
    }
