"""Exports of tiny agents on the cart-pole to train from, and a training of known ticks to watch."""

from pathlib import Path
from typing import Any

from tests.export.example import PROVENANCE
from tuner.cli.commands.train import training_spec
from tuner.config import ActionBox, AgentConfig, Network, ObjectiveConfig, TaskConfig, TrialSpec
from tuner.export import ExportedConfiguration, dump_configuration
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.workers import Recording

TOY = """
study: toy
task: {{id: Toy, num_envs: {robots}}}
search_space: sac_speed
objective: {{target: {target}}}
budget: {{seconds: 100, trials: 2, ticks: 20}}
storage: {storage}
"""
"""The study file of the study that the fixture `stored` ran, whose task has 4 robots and a target of 10."""
ARGUMENTS = {"n_steps": 8, "batch_size": 32, "n_epochs": 1}


def configuration(*, hidden: int = 8, **changes: Any) -> ExportedConfiguration:
    agent = AgentConfig(
        algorithm="ppo",
        arguments=ARGUMENTS,
        network=Network(pi=(hidden,), qf=(8,)),
        action_box=ActionBox(low=(-1.0,), high=(1.0,)),
    )
    given: dict[str, Any] = {
        "task": TaskConfig(id="Cartpole", num_envs=8, options={"max_episode_steps": 60}),
        "objective": ObjectiveConfig(target=50.0),  # the highest possible return is 1
        "budget_seconds": 0.3,
        "threads": 1,
        "agent": agent,
        "provenance": PROVENANCE,
    }
    return ExportedConfiguration(**given | changes)


def write_export(path: Path, **changes: Any) -> Path:
    path.write_text(dump_configuration(configuration(**changes)))
    return path


def spec(**changes: Any) -> TrialSpec:
    """Return what `tuner train` makes of the export and its options."""
    given = {"seconds": None, "until_target": False, "seed": 3, "start_from": None, "directory": "run"}
    return training_spec(configuration(), **given | changes)


def play(_: TrialSpec) -> Recording:
    """Return four ticks, five seconds apart, after which the budget of 20 s is spent; launching takes 7 s."""
    ticks = tuple(
        Tick(index=k, clock_seconds=5.0 * k, estimate=float(k), low=k - 0.5, high=k + 0.5, env_steps=100 * k)
        for k in range(1, 5)
    )
    return Recording(ticks, Outcome(OutcomeKind.EXHAUSTED, clock_seconds=20.0), overhead_seconds=7.0)
