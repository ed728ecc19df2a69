"""How often an off-policy agent updates: the same replay ratio for any number of robots."""

import math
from typing import Any

REFERENCE_ENVS = 1024
"""Search spaces count gradient steps per environment step of this many robots."""
LARGEST_REUSE = 128
"""How often a transition may be replayed on average; the published recipes for thousands of robots use 4 to 128."""
LONGEST_WAIT = 16
"""The most environment steps between updates; few robots wait for them to keep the replay ratio."""
LARGEST_SAMPLE = 2**19
"""The most transitions that one update draws. SBX gathers them all at once: about 0.2 GB with 48 observations."""


def replay_arguments(
    num_envs: int,
    *,
    gradient_steps: float,
    batch_size: float,
    policy_delay: float,
    noise_hold: float,
    train_freq: float,
) -> dict[str, Any]:
    """Return how much is learned, and how often, as arguments of SBX.

    `gradient_steps`, `batch_size`, `policy_delay`, `train_freq`, `use_sde` and `use_sde_at_warmup`; `sde_sample_freq`
    is added where noise changes between updates.

    The replay ratio, gradient steps per environment step, is what carries over between numbers of robots, so gradient
    steps are scaled with the robots and the steps between updates, then rounded to a power of two. If that is less
    than one, updates wait for more environment steps, up to `LONGEST_WAIT`; beyond that there is one gradient step, and
    the ratio is larger than asked for. Gradient steps are limited by `LARGEST_REUSE` and `LARGEST_SAMPLE`; a big batch
    with many of them would exhaust the memory. The policy delay is limited by the gradient steps and, as a power of
    two, always divides them; otherwise SBX would compile one program for every offset.

    Args:
        num_envs: robots that the agent learns from.
        gradient_steps: wanted per environment step of 1,024 robots; may be below one.
        batch_size: transitions for each gradient step, a power of two.
        policy_delay: critic updates for each actor update, a power of two.
        noise_hold: environment steps for which each robot's exploration noise is held. Above one, SBX holds it between
            updates (`use_sde` repeats one noise key), so it replaces `train_freq`. What is stored before
            learning starts then comes from the untrained actor with its noise held, not from uniform actions.
        train_freq: environment steps between updates where noise is not held.
    """
    hold = int(noise_hold)
    between = hold if hold > 1 else int(train_freq)
    wanted = round(math.log2(gradient_steps * num_envs * between / REFERENCE_ENVS))
    while wanted < 0 and between < LONGEST_WAIT:
        wanted, between = wanted + 1, between * 2
    collected = num_envs * between
    most = math.floor(math.log2(min(LARGEST_REUSE * collected, LARGEST_SAMPLE) / batch_size))
    steps = 2 ** max(0, min(wanted, most))
    held = {"sde_sample_freq": hold} if 1 < hold < between else {}
    return {
        **held,
        "gradient_steps": steps,
        "batch_size": int(batch_size),
        "policy_delay": min(int(policy_delay), steps),
        "train_freq": between,
        "use_sde": noise_hold > 1,
        "use_sde_at_warmup": noise_hold > 1,
    }


def log2_for_one_step(num_envs: int) -> int:
    """Return the exponent of `gradient_steps` that gives `num_envs` robots one gradient step per environment step."""
    return round(math.log2(REFERENCE_ENVS / num_envs))
