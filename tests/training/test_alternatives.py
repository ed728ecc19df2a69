"""Whole trials with the alternatives to a tight action box, on the real clock: they run, learn and compile nothing."""

import json

import numpy as np
import pytest

from tests.agents.test_warm_up import compilations
from tests.training.timed_point_mass import ListeningChannel
from tuner.clock import MonotonicClock
from tuner.config import AgentConfig, BoundsPenalty, BoxSchedule, Network, ObjectiveConfig, TaskConfig, TrialSpec
from tuner.records import OutcomeKind
from tuner.simulators import get_simulator
from tuner.training import run_trial

TASK = TaskConfig(id="Cartpole", num_envs=16)
BUDGET_SECONDS = 2.0
OPTIONS = {
    "widening": {"action_box_schedule": BoxSchedule(start=0.05, seconds=BUDGET_SECONDS / 2)},
    "penalty": {"bounds_penalty": BoundsPenalty(weight=0.1)},
    "not squashed": {"squash": False, "mean_penalty": 0.01},
}


class CompilationsAfterWarmUp(ListeningChannel):
    """Notes how many messages about compiling there were when training began."""

    def __init__(self, messages):
        super().__init__()
        self.messages = messages
        self.before = None

    def phase(self, phase):
        super().phase(phase)
        if phase == "train" and self.before is None:
            self.before = len(self.messages)


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "option"), [*(("sac", option) for option in OPTIONS), ("tqc", "not squashed")])
def test_a_trial_learns_and_compiles_nothing_on_the_clock(tmp_path, algorithm, option):
    arguments = {"learning_starts": 64, "batch_size": 32, "gradient_steps": 2, "policy_delay": 2, "ent_coef": 0.01}
    agent = AgentConfig(
        algorithm=algorithm,
        arguments=arguments | {"buffer_size": 16_000},
        network=Network(pi=(8,), qf=(8,), layer_norm=option == "not squashed"),
        initial_std=0.5,
        action_bound_fraction=0.5,
        **OPTIONS[option],
    )
    spec = TrialSpec(
        study="alternatives",
        number=0,
        seed=0,
        task=TASK,
        agent=agent,
        objective=ObjectiveConfig(kind="return_at_budget"),
        budget_seconds=BUDGET_SECONDS,
        ticks=4,
        threads=1,
        directory=str(tmp_path),
    )
    env = get_simulator("mujoco").open(TASK, seed=0, threads=1)
    with compilations() as messages:
        channel = CompilationsAfterWarmUp(messages)
        outcome = run_trial(spec, env, channel, clock=MonotonicClock())
    env.close()
    assert outcome.kind is OutcomeKind.EXHAUSTED, outcome.message
    assert messages[channel.before :] == []
    assert outcome.updates > 10
    assert np.isfinite(outcome.final_return)
    assert AgentConfig.model_validate(json.loads((tmp_path / "outcome.json").read_text())["agent"]) == (
        agent.resolved(env.action_space.low.tolist(), env.action_space.high.tolist())
    )
