"""A manager with real workers on the point mass, as a program of its own, so that a test can kill it.

    python -m tests.study.real_manager FOLDER TRIALS [OPTIONS [CHANGES]]

The database and the files lie in FOLDER; OPTIONS are the faulty simulator's, as JSON; CHANGES are what else the study
has, by section. Everything that happens is printed, one line each; SIGINT stops in order. Two workers, each with one
CPU.
"""

import json
import signal
import sys
from pathlib import Path
from typing import Any

from tests.support import faulty
from tuner.config import AgentConfig, Network, StudyConfig, TrialSpec
from tuner.listener import SilentListener
from tuner.records import Outcome, Tick
from tuner.spaces import SearchSpace
from tuner.storage import StudySummary
from tuner.study import Manager
from tuner.workers import open_pool


def agent(trial: Any) -> AgentConfig:
    """A small PPO agent, which compiles soon."""
    arguments = {"n_steps": 8, "batch_size": 32, "n_epochs": 1, "learning_rate": trial.suggest_float("lr", 1e-4, 1e-3)}
    return AgentConfig(algorithm="ppo", arguments=arguments, network=Network(pi=(8,), qf=(8,)))


def study_config(
    folder: Path, trials: int, options: dict[str, Any], changes: dict[str, dict[str, Any]] | None = None
) -> StudyConfig:
    """A study whose target is out of reach, so that every trial lasts for its budget of one second."""
    task = {"id": "PointMass", "simulator": f"{faulty.__file__}:FaultySimulator", "num_envs": 4, "options": options}
    sections: dict[str, Any] = {
        "study": "real",
        "task": task,
        "search_space": "small_ppo",
        "objective": {"target": 100.0},
        "budget": {"seconds": 1.0, "trials": trials, "ticks": 10},
        "sampler": {"kind": "random"},
        "pruner": {"kind": "none"},
        "workers": {"count": 2, "threads": 1, "silence_seconds": 5.0, "retries": 4, "calibrate": False},
        "storage": f"sqlite:///{folder}/tuner.db",
    }
    for name, changed in (changes or {}).items():
        sections[name] = {**sections[name], **changed}
    return StudyConfig.model_validate(sections)


class Printer(SilentListener):
    """Says on stdout what happens."""

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        print(f"started {spec.number}", flush=True)

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        print(f"tick {spec.number} {tick.index}", flush=True)

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        print(f"finished {spec.number} {outcome.kind.value}", flush=True)


def main() -> None:
    """Run the study."""
    folder, trials = Path(sys.argv[1]), int(sys.argv[2])
    options = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    config = study_config(folder, trials, options, json.loads(sys.argv[4]) if len(sys.argv) > 4 else None)
    space = SearchSpace("small_ppo", agent, {}, "1")
    with open_pool(config, folder / "workers") as pool:
        manager = Manager(config, space, pool, listener=Printer(), runs_dir=folder / "runs")
        signal.signal(signal.SIGINT, lambda *_: manager.request_stop())
        print(manager.run().reason, flush=True)


if __name__ == "__main__":
    main()
