"""Trial folders as training leaves them, with small agents on the point mass that nobody trained."""

import json
from pathlib import Path
from typing import Any

from tests.agents.small import small_agent, small_config
from tuner.agents import save_agent
from tuner.config import ActionBox, ObjectiveConfig, TaskConfig, TrialSpec

SIMULATOR = f"{Path(__file__).resolve().parents[1] / 'support' / 'point_mass.py'}:PointMassSimulator"
TASK = TaskConfig(id="PointMass", simulator=SIMULATOR, num_envs=4, options={"max_episode_steps": 20})
BOX = ActionBox(low=(-0.5,), high=(0.25,))


def write_trial(folder: Path, algorithm: str = "ppo", **changes: Any) -> Any:
    """Write a trial's folder; return its agent, whose box is ``BOX`` and whose normalisation has seen some steps."""
    config = small_config(algorithm, action_box=BOX, **changes)
    agent = small_agent(config)
    env = agent.get_env()
    env.reset()
    for _ in range(5):
        env.step(env.action_space.high[None].repeat(4, axis=0))
    save_agent(agent, folder)
    spec = TrialSpec(
        study="toy",
        number=0,
        seed=0,
        task=TASK,
        agent=config,
        objective=ObjectiveConfig(target=1.0),
        budget_seconds=1.0,
        ticks=4,
    )
    (folder / "spec.json").write_text(spec.model_dump_json())
    (folder / "outcome.json").write_text(json.dumps({"kind": "reached", "agent": config.to_json()}))
    return agent
