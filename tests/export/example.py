"""A configuration as a study exports it, written down by hand."""

from typing import Any

from tuner.config import ActionBox, AgentConfig, EntropySchedule, Network, ObjectiveConfig, TaskConfig
from tuner.export import ExportedConfiguration, Machine, Provenance

PROVENANCE = Provenance(
    study="pendulum",
    trial=7,
    confirmed=True,
    seeds=(100, 101),
    times_seconds=(30.0, None),
    mean_seconds=45.0,
    mean_seconds_interval=(30.0, 60.0),
    best_return=-180.5,
    env_steps=4000,
    machine=Machine(cpu="Some CPU", cores=2, system="Linux x86_64"),
    versions={"sbx-rl": "0.28.0"},
    created="2026-01-31T12:00:00+00:00",
)

ARGUMENTS: dict[str, dict[str, Any]] = {
    "sac": {
        "learning_rate": 1e-3,
        "buffer_size": 5000,
        "learning_starts": 64,
        "batch_size": 32,
        "train_freq": 4,
        "gradient_steps": 2,
        "policy_delay": 2,
        "n_steps": 3,
        "ent_coef": "auto_0.01",
        "gamma": 0.97,
        "tau": 0.02,
    },
    "tqc": {"learning_starts": 64, "batch_size": 32, "top_quantiles_to_drop_per_net": 3, "buffer_size": 5000},
    "crossq": {"learning_starts": 64, "batch_size": 32, "buffer_size": 5000},
    "td3": {"learning_starts": 64, "batch_size": 32, "buffer_size": 5000, "action_noise": 0.2},
    "ppo": {"n_steps": 32, "batch_size": 32, "n_epochs": 2},
}


WALKER: dict[str, Any] = {
    "alive_bonus": 0.5,
    "critics_for_actor": "mean",
    "max_ent_coef": 0.01,
    "mean_penalty": 0.1,
    "target_entropy_std": 50.0,
    "target_entropy_schedule": EntropySchedule(final_std=40.0, start_steps=1_000_000, fall_steps=10),
}
"""Settings that legged robots learn to walk with, and a target entropy that lets the entropy coefficient rise to its
limit, which is where it starts."""


def example(algorithm: str = "sac", **agent: Any) -> ExportedConfiguration:
    """Return an agent with everything that SBX's constructor does not take, for two pendulums."""
    gaussian = algorithm != "td3"
    facts: dict[str, Any] = {
        "algorithm": algorithm,
        "arguments": ARGUMENTS[algorithm],
        "network": Network(
            pi=(16, 8), qf=(24, 24), activation="elu", optimizer="adamw", optimizer_arguments={"weight_decay": 1e-4}
        ),
        "initial_std": 0.3 if gaussian else None,
        "target_entropy_std": 0.2 if algorithm in ("sac", "tqc", "crossq") else None,
        "clip_observations": 5.0,
        "action_box": ActionBox(low=(-1.25,), high=(1.5,)),
    }
    return ExportedConfiguration(
        task=TaskConfig(id="Pendulum-v1", simulator="gymnasium", num_envs=2),
        objective=ObjectiveConfig(target=-200.0),
        budget_seconds=60.0,
        threads=1,
        agent=AgentConfig(**{**facts, **agent}),
        provenance=PROVENANCE,
    )
