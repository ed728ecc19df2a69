"""The shipped winners are what was exported as confirmed."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tuner.export import load_configuration
from tuner.spaces import load_space

LEGS = SimpleNamespace(
    names=[f"{leg}_{joint}_joint" for joint in ("hip", "thigh", "calf") for leg in ("FL", "FR", "RL", "RR")],
    scale=[0.25] * 12,
)
DATA = Path(__file__).parents[2] / "benchmarks" / "data"


@pytest.mark.parametrize(("space", "study"), [("sac_legged", "a1_flat"), ("ppo_speed", "a1_flat_ppo")])
def test_a_shipped_winner_is_what_was_confirmed(space, study):
    confirmed, loaded = load_configuration(DATA / f"{study}.json"), load_space(space)
    parameters = loaded.warm_start(f"{study}_winner", confirmed.task)
    agent = loaded.agent(parameters, confirmed.task)
    assert confirmed.provenance.confirmed
    low, high = [-100.0] * 12, [100.0] * 12
    assert agent.resolved(low, high, LEGS) == confirmed.agent.resolved(low, high, LEGS)
