"""Run whole episodes of a policy on its task."""

import math
from collections.abc import Callable

import numpy as np

from tuner.clock import Ledger, MonotonicClock
from tuner.errors import TunerError
from tuner.policies import Policy
from tuner.policies._acting_policy import ActingPolicy, bounded
from tuner.policies._summary import EpisodeSummary, summarize
from tuner.simulators import TaskEnv
from tuner.training import Meter, NonFiniteError, WholeEpisodes, run_whole_episodes


def evaluate_policy(
    policy: Policy,
    env: TaskEnv,
    *,
    episodes: int,
    seed: int,
    deterministic: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> EpisodeSummary:
    """Return what a policy earns in whole episodes, which start from a full reset and not at spread ages.

    All robots run an episode at the same time, round after round until there are enough. Each round has a new seed, so
    that episodes are independent of each other even if there are permanent differences between robots.

    Args:
        policy: the policy.
        env: its task, opened by the caller; it is seeded and reset.
        episodes: how many, at least one. A last round may simulate more; these are not counted.
        seed: seeds the simulation, exploration and the bootstrap.
        deterministic: False lets the policy explore as it does in training.
        progress: called after each round with the number of episodes that are done.

    Raises:
        UserError: if the policy does not fit the task.
        TunerError: if the simulation diverges.
    """
    meter = Meter(env, Ledger(MonotonicClock(), "evaluate"))
    meter.booking = False
    stack = bounded(meter, env, policy)
    act = ActingPolicy(policy, env, seed=seed, deterministic=deterministic)
    env.spread_ages = False
    rounds: list[WholeEpisodes] = []
    for round_seed in np.random.SeedSequence(seed).generate_state(math.ceil(episodes / env.num_envs)):
        env.seed(int(round_seed))
        try:
            done = run_whole_episodes(stack, meter, act, max_episode_steps=env.max_episode_steps)
        except NonFiniteError as error:
            raise TunerError(
                f"The simulation of {policy.task.id} diverged under this policy: {error} was NaN."
            ) from error
        if done is not None:
            rounds.append(done)
        progress(min(episodes, len(rounds) * env.num_envs))
    counted = WholeEpisodes.joined(rounds).first(episodes)
    return summarize(counted, max_length=env.max_episode_steps, seed=seed)
