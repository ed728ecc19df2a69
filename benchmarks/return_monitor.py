"""Does the return monitor agree with a real evaluation of the frozen policy?

Trains PPO and SAC. Every few seconds of training clock the clock stops, and the policy is evaluated over one whole
episode of every robot. The monitor's estimate at that moment is printed beside the mean of finished episodes.

PPO's monitor watches robots that explore, so it is compared with an evaluation of the exploring policy. SAC's watches
the probes and is compared with an evaluation of the deterministic policy.

    python benchmarks/return_monitor.py
    python benchmarks/return_monitor.py --task Velocity-Flat-A1 --seconds 200 --every 20
"""

import argparse
from dataclasses import dataclass

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from tuner.agents import enable_compilation_cache, gradient_steps_done, warm_up
from tuner.clock import Ledger, MonotonicClock
from tuner.config import AgentConfig, Network, ObjectiveConfig, TaskConfig, TrialSpec
from tuner.simulators import open_task
from tuner.training import Counters, SilentChannel, TrialFiles, TrialParts, assemble

ACTION_BOUND_FRACTIONS = {"Cartpole": 0.03, "Velocity-Flat-A1": 0.02}


def agents(task: str) -> dict[str, AgentConfig]:
    """Settings that learn these tasks in minutes on a few CPU cores."""
    small = Network(pi=(128, 128), qf=(128, 128), activation="elu")
    ppo = {
        "n_steps": 24,
        "batch_size": 1536,
        "n_epochs": 5,
        "learning_rate": 1e-3,
        "gae_lambda": 0.95,
        "ent_coef": 0.005,
    }
    sac = {"learning_starts": 2560, "train_freq": 4, "gradient_steps": 16, "batch_size": 512, "buffer_size": 262_144}
    sac |= {"learning_rate": 1e-3, "gamma": 0.985, "tau": 0.02, "policy_delay": 2, "ent_coef": "auto_0.001"}
    sac |= {"use_sde": True, "n_steps": 3}
    fraction = ACTION_BOUND_FRACTIONS.get(task, 1.0)
    critic = Network(pi=(128, 128), qf=(128, 128), layer_norm=True, optimizer="adamw")
    return {
        "ppo": AgentConfig(algorithm="ppo", arguments=ppo, network=small, action_bound_fraction=1.0),
        "sac": AgentConfig(
            algorithm="sac",
            arguments=sac,
            network=critic,
            initial_std=0.4,
            target_entropy_std=0.25,
            action_bound_fraction=fraction,
        ),
    }


@dataclass(frozen=True)
class Row:
    """One comparison."""

    seconds: float
    estimate: float | None
    low: float | None
    high: float | None
    finished: float | None
    best: float | None
    exact: float
    deterministic: float


class Comparison(BaseCallback):
    """Evaluates between rollouts and records what the monitor said."""

    def __init__(self, parts: TrialParts, ledger: Ledger, every: float, exploring: bool) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self._parts = parts
        self._ledger = ledger
        self._every = every
        self._exploring = exploring

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        if self._ledger.training_seconds < self._every * (len(self.rows) + 1):
            return
        with self._ledger.account("evaluate"):
            seconds = self._ledger.training_seconds
            progress = self._parts.callback.progress
            progress.check(seconds, Counters(self.model.num_timesteps, gradient_steps_done(self.model)), {})
            deterministic, _ = self._parts.evaluator.evaluate(seconds)
            exact = deterministic
            if self._exploring:
                exact, _ = self._parts.evaluator.evaluate(seconds, deterministic=False)
            said = progress.estimate
            row = Row(
                seconds,
                said and said.mean,
                said and said.low,
                said and said.high,
                progress.episodes.finished_mean,
                progress.goals.best,
                exact.mean,
                deterministic.mean,
            )
            self.rows.append(row)
            print(line(row), flush=True)


def line(row: Row) -> str:
    interval = "          –" if row.low is None else f"{row.low:7.2f} …{row.high:7.2f}"
    cells = [number(row.estimate), f"{interval:>18}", number(row.finished), number(row.best)]
    return f"{row.seconds:8.1f} {' '.join(cells)} {row.exact:9.2f} {row.deterministic:13.2f}"


def number(value: float | None) -> str:
    return "        –" if value is None else f"{value:9.2f}"


def train(name: str, agent: AgentConfig, arguments: argparse.Namespace) -> list[Row]:
    task = TaskConfig(id=arguments.task, num_envs=arguments.num_envs)
    spec = TrialSpec(
        study="benchmark",
        number=0,
        seed=arguments.seed,
        task=task,
        agent=agent,
        objective=ObjectiveConfig(kind="return_at_budget"),
        budget_seconds=arguments.seconds,
        ticks=40,
        threads=arguments.threads,
    )
    env = open_task(task, seed=spec.seed, threads=spec.threads)
    ledger = Ledger(MonotonicClock(), "compile")
    parts = assemble(spec, env, SilentChannel(), ledger, TrialFiles(None))
    warm_up(parts.agent)
    print(f"\n{name} on {task.id}, {task.num_envs} robots, seed {spec.seed}")
    print("   clock  estimate           interval  finished      best     exact deterministic")
    comparison = Comparison(parts, ledger, arguments.every, exploring=agent.algorithm == "ppo")
    parts.agent.learn(2**60, [parts.callback, comparison], log_interval=2**60)
    env.close()
    return comparison.rows


def summarise(name: str, rows: list[Row]) -> None:
    both = [row for row in rows if row.estimate is not None and row.finished is not None]
    if not both:
        print(f"{name}: nothing to compare")
        return
    exact = np.array([row.exact for row in both])
    ours = np.abs(np.array([row.estimate for row in both]) - exact).mean()
    plain = np.abs(np.array([row.finished for row in both]) - exact).mean()
    covered = np.mean([row.low <= row.exact <= row.high for row in both])
    below = np.mean([row.low <= row.exact for row in both])
    peak = np.maximum.accumulate([row.exact for row in rows])
    flattered = [row.best - highest for row, highest in zip(rows, peak, strict=True) if row.best is not None]
    print(
        f"{name}: mean absolute error of the estimate {ours:.2f}, of finished episodes {plain:.2f} "
        f"(ratio {plain / ours:.1f}); interval covers {covered:.0%}, its lower end holds {below:.0%}; "
        f"best minus highest evaluation so far: mean {np.mean(flattered):+.2f}, at most {np.max(flattered):+.2f} "
        f"({len(both)} of {len(rows)} moments had an estimate)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", default="Cartpole")
    parser.add_argument("--num-envs", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=30.0, help="training clock of each agent")
    parser.add_argument("--every", type=float, default=2.0, help="seconds of training clock between comparisons")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--agents", nargs="+", default=["ppo", "sac"], choices=["ppo", "sac"])
    arguments = parser.parse_args()
    enable_compilation_cache()
    results = {name: train(name, agents(arguments.task)[name], arguments) for name in arguments.agents}
    print()
    for name, rows in results.items():
        summarise(name, rows)


if __name__ == "__main__":
    main()
