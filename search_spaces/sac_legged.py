"""SAC for speed on legged robots, with everything about actions in degrees of joint target.

What a legged robot bears does not depend on the action box. With little noise it stands still and never finds out how
to walk; with much, living costs more than it earns, and it learns to fall. A standard deviation that is a share of the
box is another noise in every box. So noise is given in degrees here, hips, thighs and calves have ranges of their own,
a bonus for living makes up for what noise costs, and an entropy coefficient that SBX tunes has a limit.

Joints are told apart by `hip`, `thigh` and `calf` in their names, as those of Unitree's robots are. For other names
copy the files (`tuner init DIR`) and edit `JOINTS`.
"""

from typing import Any

import sac
import sac_recipes

from tuner.config import AgentConfig, EntropySchedule, JointBox, TaskConfig
from tuner.spaces import SpaceTrial, search_space, steps_to_target

JOINTS = {"hip": ".*hip.*", "thigh": ".*thigh.*", "calf": ".*calf.*"}
"""For each group of joints a regular expression that matches the names of its joints."""

CRITICS = ("minimum of two", "mean of two", "one")
"""What the actor maximises, from the most cautious; the targets of two critics are their minimum."""


@steps_to_target({"Velocity-Flat-A1": {15.0: 2_500_000}})
def a1_walker(task: TaskConfig) -> dict[str, Any]:
    """Ten degrees of white noise until robots walk, with which the A1 learns to walk on the flat task.

    Such noise makes robots shuffle, and shuffling shows which way legs have to push; with half as much they stand
    still. A bonus makes up for what the noise costs. A short horizon, 3-step returns and the mean of two critics, which
    is not cautious, make the small reward of moving a little visible. Once robots walk, they earn more with less noise.
    """
    return {
        "noise_degrees": 10.0,
        "alive_bonus": 0.02,
        "ent_coef": 0.003,
        "fixed_ent_coef": 0,
        "largest_ent_coef_ratio": 10.0,
        "noise_falls": 1,
        "final_noise_share": 0.35,
        "noise_falls_from_return": 5.0,
        "noise_falls_for_steps": 300_000,
        "hip_degrees": 21.5,
        "thigh_degrees": 36.0,
        "calf_degrees": 43.0,
        "critics_index": CRITICS.index("mean of two"),
        **sac_recipes.learning_parameters(
            task,
            log2_gradient_steps_per_1024=5,
            network=1,
            activation="elu",
            layer_norm=True,
            optimizer=1,
            batch_size=512,
            policy_delay=2,
            learning_rate=1e-3,
            gamma=0.95,
            tau=0.005,
            n_steps=3,
            buffer_steps=1953,
            learning_starts=20,
        ),
    }


@steps_to_target({"Velocity-Flat-A1": {15.0: 2_400_000, 25.0: 2_600_000}})
def a1_flat_winner(task: TaskConfig) -> dict[str, Any]:
    """The best trial of `a1_flat` on two CPU cores and 256 robots: the noise falls a little sooner, and more slowly.

    It was queued by hand, with `tuner enqueue`, and `tuner confirm` chose it.
    """
    return a1_walker(task) | {"noise_falls_from_return": 3.5, "noise_falls_for_steps": 400_000}


@search_space(warm_starts=(a1_flat_winner, a1_walker))
def sac_legged(trial: SpaceTrial) -> AgentConfig:
    """SAC for speed with noise and boxes in degrees, a bonus for living, and a limit for the entropy coefficient."""
    # Everything is asked for in every trial, also where it plays no part: samplers model a fixed set best.
    noise = trial.suggest_float("noise_degrees", 2.0, 20.0, log=True)
    alive_bonus = trial.suggest_float("alive_bonus", 0.002, 0.1, log=True)
    ent_coef = trial.suggest_float("ent_coef", 1e-4, 0.05, log=True)
    fixed = trial.suggest_switch("fixed_ent_coef")  # or the first value of one that SBX tunes
    largest = ent_coef * trial.suggest_float("largest_ent_coef_ratio", 1.0, 100.0, log=True)
    falls = trial.suggest_switch("noise_falls")
    final_share = trial.suggest_float("final_noise_share", 0.1, 1.0, log=True)
    start_return = trial.suggest_float("noise_falls_from_return", 0.0, 20.0)
    fall_steps = trial.suggest_int("noise_falls_for_steps", 50_000, 5_000_000, log=True)
    ranges = {
        pattern: trial.suggest_float(f"{group}_degrees", 10.0, 90.0, log=True) for group, pattern in JOINTS.items()
    }
    critics = trial.suggest_ordinal("critics", CRITICS)
    arguments, network = sac.learning(trial)
    schedule = EntropySchedule(final_std=noise * final_share, start_return=start_return, fall_steps=fall_steps)
    return AgentConfig(
        algorithm="sac",
        arguments={**arguments, "ent_coef": ent_coef if fixed else f"auto_{ent_coef!r}"},
        network=network.model_copy(update={"n_critics": 1 if critics == "one" else 2}),
        joint_box=JointBox(ranges=ranges),
        initial_std=noise,
        target_entropy_std=noise,
        target_entropy_schedule=schedule if falls and not fixed else None,
        std_unit="degrees",
        max_ent_coef=None if fixed else largest,
        alive_bonus=alive_bonus,
        critics_for_actor="mean" if critics == "mean of two" else "min",
    )
