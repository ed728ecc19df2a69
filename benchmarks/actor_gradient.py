"""Does SAC's actor follow the gradient of the return? Policies as they were saved, measured without learning.

Each policy explores as in training, all robots, for --steps control steps. These steps tell in which direction the
actor's means have to change for a higher discounted return: the mean of ∇ log π(a|s) · (R − V(s)) over the second half
of the steps, with R as collected and V fitted to the first half, so that nothing is judged by what it was fitted to.
With that direction, which has its own noise, two others are compared: the gradient of the critics' value that SAC's
actor follows, and that of the entropy bonus, which pulls the means of a squashed Gaussian to the middle of the action
box. All are gradients by the parameters of the means; deviations stay as they are.

    halves               cosine between what two halves of the judging steps say: how sure the return's gradient is
    critic               cosine between the critics' gradient and the return's
    entropy              the same of the entropy's
    entropy : critic     ratio of their lengths
    both                 cosine between the sum of the two, which SAC follows, and the sum of the return's and the
                         entropy's, which it should follow
    comes true           what a difference of 1 that the critics' slopes predict for an action is worth in return, on
                         average: 1 for exact critics, 0 for slopes that are nothing but error
    on-policy            cosine between the gradient of --batch steps, as PPO collects them for an update, and that of
                         infinitely many

Cosines are corrected for the noise of the measured gradient (the product of the halves takes the place of its square).

--refit N then trains new critics on the first half of the steps, with SBX's own update and the agent's batch size,
learning rate, returns and targets, and measures them on the way: what critics know of a policy that does not change.

    python benchmarks/actor_gradient.py runs/a1-flat/trial-0000
    python benchmarks/actor_gradient.py runs/early runs/late --refit 12000
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax
import sbx

from tuner.errors import UserError
from tuner.policies import GaussianActor, Policy
from tuner.simulators import TaskEnv, bound_actions, open_task

Numbers = npt.NDArray[np.float32]
Slopes = Callable[[Numbers, Numbers, Numbers], Numbers]
"""From observations, means and deviations to the slope by the mean before squashing, averaged over the noise."""

SEEN = 0.99
"""Of a discounted return, at least this share of the weights lies within what was recorded."""
WARM_UP = 300
"""Control steps before the recording, in which robots leave the states of a reset."""
BASELINE_UPDATES = 4000
"""Gradient steps that fit V."""
ROWS = 65_536
"""Steps of a robot that are worked out at a time."""
NOISES = 4
"""Draws of the noise over which slopes are averaged in each state."""


@dataclass(frozen=True)
class Steps:
    """What was recorded; the first two axes of all are control steps and robots."""

    observations: Numbers
    """As the networks take them."""
    means: Numbers
    """Of the actor's Gaussian, before squashing."""
    drawn: Numbers
    """From that Gaussian."""
    rewards: Numbers
    """As the agent learns from them, with its bonus for living."""
    failed: npt.NDArray[np.bool_]
    """Where the episode ended by failure."""
    cut: npt.NDArray[np.bool_]
    """Where the time ran out."""

    def returns(self, gamma: float) -> tuple[Numbers, npt.NDArray[np.bool_]]:
        """Return the discounted return from every step on, and where enough of it was recorded."""
        returns = np.zeros_like(self.rewards)
        seen = np.zeros_like(self.rewards)
        later, later_seen = np.zeros_like(self.rewards[0]), np.zeros_like(self.rewards[0])
        for step in reversed(range(len(self.rewards))):
            ended = self.failed[step] | self.cut[step]
            later = self.rewards[step] + np.where(ended, 0.0, gamma * later)
            rest = np.where(self.cut[step], 0.0, later_seen)
            later_seen = np.where(self.failed[step], 1.0, 1.0 - gamma + gamma * rest)
            returns[step], seen[step] = later, later_seen
        return returns, seen >= SEEN


def record(policy: Policy, env: TaskEnv, *, steps: int, seed: int) -> Steps:
    """Return what the exploring policy sees, does and earns in so many control steps of all robots."""
    box = policy.box_in(env)
    bounded = bound_actions(env, policy.config.model_copy(update={"action_box": box, "action_bound_fraction": None}))
    actor = GaussianActor(policy.agent, seed=seed)
    env.spread_ages = True  # as in training
    env.seed(seed)
    shape = steps, env.num_envs
    found = Steps(
        observations=np.empty((*shape, *env.observation_space.shape), np.float32),
        means=np.empty((*shape, *env.action_space.shape), np.float32),
        drawn=np.empty((*shape, *env.action_space.shape), np.float32),
        rewards=np.empty(shape, np.float32),
        failed=np.zeros(shape, bool),
        cut=np.zeros(shape, bool),
    )
    observations: Any = bounded.reset()
    for step in range(-WARM_UP, steps):
        seen = policy.normalize(observations)
        mean, drawn = actor.draw(seen)
        actions = policy.agent.policy.unscale_action(np.tanh(drawn))
        observations, rewards, dones, infos = bounded.step(actions)
        if step >= 0:
            cut = np.array([bool(info.get("TimeLimit.truncated")) for info in infos])
            failed = dones & ~cut
            found.observations[step], found.means[step], found.drawn[step] = seen, mean, drawn
            found.rewards[step] = rewards + policy.config.alive_bonus * ~failed
            found.failed[step], found.cut[step] = failed, cut
    return found


class ActorGradient:
    """Gradients of sums over states of a slope times the actor's mean, by the parameters of the means."""

    def __init__(self, agent: Any) -> None:
        """Take the actor of a SAC agent."""
        state = agent.policy.actor_state
        self._parameters = state.params

        def gaussian(parameters: Any, observations: Any) -> Any:
            return state.apply_fn(parameters, observations).distribution

        def along(parameters: Any, observations: Any, slopes: Any) -> Any:
            return jnp.sum(gaussian(parameters, observations).mean() * slopes)

        self._gradient = jax.jit(jax.grad(along))
        self._std = jax.jit(lambda observations: gaussian(self._parameters, observations).stddev())

    def std(self, observations: Numbers) -> Numbers:
        """Return the deviations before squashing, shape (rows, action_dim)."""
        return in_parts(self._std, observations)

    def __call__(self, observations: Numbers, slopes: Numbers) -> npt.NDArray[np.float64]:
        """Return the mean over all rows, one number for each parameter."""
        total: Any = 0.0
        for rows in parts(len(observations)):
            leaves = jax.tree.leaves(self._gradient(self._parameters, observations[rows], slopes[rows]))
            total = total + np.concatenate([np.ravel(leaf) for leaf in leaves]).astype(np.float64)
        found: npt.NDArray[np.float64] = total / len(observations)
        return found


def halved(rows: int) -> tuple[slice, slice]:
    """Return the first half of all rows and the second."""
    return slice(0, rows // 2), slice(rows // 2, rows)


def parts(rows: int) -> Iterator[slice]:
    """Yield slices of all rows, none too large for the memory."""
    return (slice(first, first + ROWS) for first in range(0, rows, ROWS))


def in_parts(function: Callable[..., Any], *arrays: Numbers) -> Numbers:
    """Return what a function makes of the rows of arrays, worked out part by part."""
    found = [np.asarray(function(*(array[rows] for array in arrays))) for rows in parts(len(arrays[0]))]
    return np.concatenate(found)


def critic_slopes(agent: Any, parameters: Any, *, mean: bool) -> Slopes:
    """Return the slopes of the value that the actor maximises: the critics' mean or their minimum."""
    apply, combine = agent.policy.qf_state.apply_fn, jnp.mean if mean else jnp.min

    def value(before: Any, observations: Any) -> Any:
        return jnp.sum(combine(apply(parameters, observations, jnp.tanh(before)), axis=0))

    return over_noise(jax.grad(value))


def entropy_slopes(ent_coef: float) -> Slopes:
    """Return the slopes of the entropy bonus: ent_coef · d ln(1 − tanh²(u)) / du = −2 · ent_coef · tanh(u)."""
    return over_noise(lambda before, _: -2 * ent_coef * jnp.tanh(before))


def over_noise(slope: Callable[[Any, Any], Any]) -> Slopes:
    """Return the mean of a slope over draws of the noise."""

    @jax.jit
    def average(observations: Any, means: Any, std: Any) -> Any:
        noises = jax.random.normal(jax.random.key(0), (NOISES, *means.shape))
        return jax.vmap(lambda noise: slope(means + std * noise, observations))(noises).mean(0)

    return partial(in_parts, average)


class Baseline(nn.Module):  # type: ignore[misc]
    """A value function, for the steps' advantages."""

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, observations: Any) -> Any:
        """Return the value, shape (rows,)."""
        for _ in range(2):
            observations = nn.elu(nn.LayerNorm()(nn.Dense(256)(observations)))
        return nn.Dense(1)(observations)[:, 0]


def fit_baseline(observations: Numbers, returns: Numbers, *, updates: int) -> Callable[[Numbers], Numbers]:
    """Return the value function fitted to returns by least squares."""
    middle, spread = float(returns.mean()), float(returns.std()) or 1.0
    network, optimizer = Baseline(), optax.adam(optax.cosine_decay_schedule(1e-3, updates))
    parameters = network.init(jax.random.key(0), observations[:2])
    state = optimizer.init(parameters)

    def loss(parameters: Any, seen: Any, wanted: Any) -> Any:
        return jnp.mean((network.apply(parameters, seen) - wanted) ** 2)

    @jax.jit
    def update(parameters: Any, state: Any, seen: Any, wanted: Any) -> tuple[Any, Any]:
        changes, state = optimizer.update(jax.grad(loss)(parameters, seen, wanted), state)
        return optax.apply_updates(parameters, changes), state

    random = np.random.default_rng(0)
    for _ in range(updates):
        rows = random.integers(len(returns), size=1024)
        parameters, state = update(parameters, state, observations[rows], (returns[rows] - middle) / spread)
    value = jax.jit(network.apply)

    def predicted(observations: Numbers) -> Numbers:
        values: Numbers = np.float32(middle) + np.float32(spread) * in_parts(partial(value, parameters), observations)
        return values

    return predicted


@dataclass(frozen=True)
class Judge:
    """The second half of the steps, and what it says of the return; rows are steps of a robot."""

    gradient: ActorGradient
    observations: Numbers
    means: Numbers
    std: Numbers
    noise: Numbers
    """What was drawn, less the mean."""
    advantages: Numbers
    halves: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    """The return's gradient, of either half of the rows."""

    @classmethod
    def of(cls, steps: Steps, agent: Any, *, updates: int = BASELINE_UPDATES) -> "Judge":
        """Fit the value to the first half of the steps, and work out the return's gradient from the second."""
        gradient = ActorGradient(agent)
        returns, known = steps.returns(agent.gamma)
        middle = len(returns) // 2
        first = known[:middle]
        value = fit_baseline(steps.observations[:middle][first], returns[:middle][first], updates=updates)
        last = known[middle:]
        seen, means = steps.observations[middle:][last], steps.means[middle:][last]
        noise, std = steps.drawn[middle:][last] - means, gradient.std(seen)
        advantages = returns[middle:][last] - value(seen)
        slopes = noise / std**2 * advantages[:, None]
        one, other = (gradient(seen[rows], slopes[rows]) for rows in halved(len(seen)))
        return cls(gradient, seen, means, std, noise, advantages, (one, other))

    def slopes(self, of: Slopes) -> Numbers:
        """Return slopes in the judged states."""
        return of(self.observations, self.means, self.std)

    def cosine(self, own: npt.NDArray[np.float64], added: npt.NDArray[np.float64] | float = 0.0) -> float:
        """Return the cosine between a gradient and the return's plus another one, corrected for noise."""
        first, second = (half + added for half in self.halves)
        squared = first @ second
        return float(own @ (first + second) / 2 / np.linalg.norm(own) / np.sqrt(squared)) if squared > 0 else np.nan

    def comes_true(self, slopes: Numbers) -> float:
        """Return what a predicted difference of 1 is worth in return, on average."""
        predicted = np.sum(slopes * self.noise, axis=1)
        return float(np.mean(predicted * self.advantages) / np.mean(predicted**2))

    def halves_agree(self) -> float:
        """Return the cosine between what the halves say."""
        first, second = self.halves
        return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))

    def on_policy(self, batch: int) -> float:
        """Return the expected cosine of the gradient of so many steps; their noise falls with their number."""
        first, second = self.halves
        squared = float(first @ second)
        noise = (float(first @ first + second @ second) / 2 - squared) * len(self.means) / 2
        return float(np.sqrt(squared / (squared + noise / batch))) if squared > 0 else np.nan


def refitted(policy: Policy, steps: Steps, updates: int, *, every: int) -> Iterator[tuple[int, Any]]:
    """Train new critics on the first half of the steps; yield updates and parameters on the way."""
    agent, arguments = policy.agent, policy.config.arguments
    batch, gamma, tau = agent.batch_size, agent.gamma, agent.tau
    length = int(cast(int, arguments.get("n_steps", 1)))
    count = len(steps.rewards) // 2 - length
    rewards, goes_on = np.zeros_like(steps.rewards[:count]), np.ones_like(steps.rewards[:count])
    whole = np.ones_like(goes_on, bool)
    for ahead in range(length):
        here = slice(ahead, ahead + count)
        rewards += gamma**ahead * goes_on * steps.rewards[here]
        whole &= ~(steps.cut[here] & (goes_on > 0))
        goes_on *= ~steps.failed[here]
    rows = np.flatnonzero(whole)
    seen, later = (steps.observations[first : first + count].reshape(rewards.size, -1) for first in (0, length))
    taken = np.tanh(steps.drawn[:count]).reshape(rewards.size, -1)
    old = agent.policy.qf_state
    key = jax.random.key(1)
    fresh = agent.policy.qf.init({"params": key, "dropout": key}, seen[:1], taken[:1])
    critics = old.replace(params=fresh, target_params=fresh, opt_state=old.tx.init(fresh), step=0)
    random = np.random.default_rng(1)
    for done in range(1, updates + 1):
        chosen = random.choice(rows, size=batch)
        sample = (
            *(seen[chosen], taken[chosen], later[chosen], rewards.ravel()[chosen], 1 - goes_on.ravel()[chosen]),
            np.full(batch, gamma**length, np.float32),
        )
        critics, _, key = sbx.SAC.update_critic(agent.policy.actor_state, critics, agent.ent_coef_state, *sample, key)
        critics = sbx.SAC.soft_update(tau, critics)
        if done % every == 0 or done == updates:
            yield done, critics.params


COLUMNS = ("halves", "critic", "entropy", "entropy : critic", "both", "comes true", "on-policy")


def row(name: str, judge: Judge, of: Slopes, entropy: npt.NDArray[np.float64], batch: int) -> str:
    """Return a row of the table for critics with these slopes."""
    slopes = judge.slopes(of)
    own = judge.gradient(judge.observations, slopes)
    cells = (
        judge.halves_agree(),
        judge.cosine(own),
        judge.cosine(entropy),
        np.linalg.norm(entropy) / np.linalg.norm(own),
        judge.cosine(own + entropy, entropy),
        judge.comes_true(slopes),
        judge.on_policy(batch),
    )
    return f"{name:>28}" + "".join(f" {cell:>{len(column)}.2f}" for cell, column in zip(cells, COLUMNS, strict=True))


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Measure one policy and print its rows."""
    policy = Policy.load(folder)
    if policy.config.algorithm != "sac" or not policy.config.squash:
        sys.exit(f"{folder} holds {policy.config.algorithm}: give folders of SAC that squashes its actions.")
    env = open_task(policy.task, seed=arguments.seed, threads=arguments.threads)
    try:
        steps = record(policy, env, steps=arguments.steps, seed=arguments.seed)
    finally:
        env.close()
    agent, mean = policy.agent, policy.config.critics_for_actor == "mean"
    judge = Judge.of(steps, agent)
    ent_coef = float(agent.ent_coef_state.apply_fn({"params": agent.ent_coef_state.params}))
    entropy = judge.gradient(judge.observations, judge.slopes(entropy_slopes(ent_coef)))
    shown = partial(row, judge=judge, entropy=entropy, batch=arguments.batch)
    print(shown(str(folder), of=critic_slopes(agent, agent.policy.qf_state.params, mean=mean)), flush=True)
    for updates, parameters in refitted(policy, steps, arguments.refit, every=arguments.every):
        print(shown(f"new critics, {updates:,} updates", of=critic_slopes(agent, parameters, mean=mean)), flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="trials of SAC, or `tuner train`'s")
    parser.add_argument("--steps", type=int, default=4000, help="control steps to record, of all robots")
    parser.add_argument("--refit", type=int, default=0, metavar="N", help="updates of new critics")
    parser.add_argument("--every", type=int, default=4000, metavar="N", help="updates between their rows")
    parser.add_argument("--batch", type=int, default=6144, help="environment steps of an on-policy update")
    parser.add_argument("--threads", type=int, default=1, help="of the simulator")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    print(f"{'':>28} {' '.join(COLUMNS)}")
    try:
        for folder in arguments.folders:
            measure(folder, arguments)
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
