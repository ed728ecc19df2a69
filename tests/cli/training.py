"""Exports of tiny agents on the cart-pole, to train from."""

from pathlib import Path
from typing import Any

from tests.export.example import PROVENANCE
from tuner.config import ActionBox, AgentConfig, Network, ObjectiveConfig, TaskConfig
from tuner.export import ExportedConfiguration, dump_configuration

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
