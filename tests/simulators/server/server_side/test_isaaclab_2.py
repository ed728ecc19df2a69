"""Isaac Lab 2 in Isaac Sim, both played by stand-ins: here is neither a GPU nor anyone who could accept a licence."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch

from tests.contracts.simulator import EnvContract, SimulatorContract
from tests.simulators.server.fleet import Fleet, ServedTask
from tests.simulators.server.isaac_sim import installed
from tuner.simulators.server import Server
from tuner.simulators.server.server_side.isaaclab_2 import FinalObservations, shift_from_the_original


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """Return servers that have the stand-in, ended after the module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNER_ISAACLAB_PYTHON", sys.executable)
        for name, value in installed(tmp_path_factory.mktemp("metadata")).items():
            patch.setenv(name, value)
        fleet = Fleet(tmp_path_factory.mktemp("isaaclab"), reopens=False, most_idle=12)
        yield fleet
        fleet.end()


@pytest.mark.slow  # each configuration takes a process of its own, which imports PyTorch
@pytest.mark.usefixtures("fleet")
class IsaacLab2Task(ServedTask):
    simulator = "isaaclab"
    options: ClassVar = {"device": "cpu"}
    action_scale = 0.5
    failing_action = 6.0
    failing_steps = 200
    failed = staticmethod(lambda observations: np.abs(observations[:, 0]) > 1.0)

    def server(self):
        """Return the server of this interpreter, with the stand-in."""
        return Server(Path(sys.executable), "isaaclab")


class TestManagerBased(IsaacLab2Task, SimulatorContract):
    task_id = "Isaac-Springs-v0"


class TestDirect(IsaacLab2Task, EnvContract):
    task_id = "Isaac-Springs-Direct-v0"


class Counting:
    """An environment of one robot whose observation is its step, of `limit` in an episode."""

    def __init__(self, limit):
        self._limit = limit
        self.count = 0
        self.kept = torch.zeros(1, 1)
        self.cfg = SimpleNamespace(observation_noise_model=None)

    def step(self, actions):
        self.count += 1
        ended = torch.tensor([self.count == self._limit])
        if ended:
            self._reset_idx(torch.tensor([0]))
        return self.observed(), torch.zeros(1), torch.zeros(1, dtype=bool), ended, {"log": {}}

    def reset(self):
        self._reset_idx(torch.arange(1))
        return self.observed(), {}

    def _reset_idx(self, env_ids):
        self.count = 0

    def observed(self):
        self.kept[:] = self.count  # one tensor for all steps, as some tasks have it
        return {"policy": self.kept, "critic": -self.kept}


class Managed(Counting):
    """The same with a manager of observations."""

    def __init__(self, limit):
        super().__init__(limit)
        self.observation_manager = SimpleNamespace(compute=lambda update_history=False: self.observed())


class Direct(Counting):
    """The same with observations of a method, and noise on those of the policy."""

    def __init__(self, limit):
        super().__init__(limit)
        self.cfg.observation_noise_model = True
        self._observation_noise_model = lambda observations: observations + 0.5

    def _get_observations(self):
        return self.observed()


@pytest.mark.parametrize(("kind", "group", "last"), [(Managed, "policy", 3.0), (Managed, "critic", -3.0)])
def test_robots_are_observed_before_they_are_reset(kind, group, last):
    env = kind(limit=3)
    FinalObservations(env, group)
    env.reset()
    actions = torch.zeros(1, 1)
    assert "final_obs" not in env.step(actions)[4]
    assert "final_obs" not in env.step(actions)[4]
    observations, *_, extras = env.step(actions)
    assert extras["final_obs"][group].item() == last
    assert observations[group].item() == 0.0
    assert extras["log"] == {}
    assert "final_obs" not in env.step(actions)[4]  # not those of the episode before


def test_noise_of_a_direct_task_is_on_final_observations_too():
    env = Direct(limit=1)
    FinalObservations(env, "policy")
    assert env.step(torch.zeros(1, 1))[4]["final_obs"]["policy"].item() == 1.5


def test_a_reset_of_all_robots_is_not_looked_at():
    env = Managed(limit=1)
    FinalObservations(env, "policy")
    env.observation_manager.compute = None
    assert env.reset()[0]["policy"].item() == 0.0


def test_shifts_of_a_centre_of_mass_do_not_add_up(monkeypatch):
    """A shift by 1 of the bodies 0 and 2 of three: twice is still by 1, and body 1 stays where it is."""
    view = View()

    def shift(env, env_ids, com_range, asset_cfg):
        view.coms[:, asset_cfg.body_ids, 0] += com_range["x"][0]

    mdp = ModuleType("isaaclab.envs.mdp")
    mdp.randomize_rigid_body_com = shift
    envs = ModuleType("isaaclab.envs")
    envs.mdp = mdp
    for name, module in {"isaaclab": ModuleType("isaaclab"), "isaaclab.envs": envs}.items():
        monkeypatch.setitem(sys.modules, name, module)
    term = SimpleNamespace(func=shift, mode="startup")
    other = SimpleNamespace(func=shift, mode="reset")
    shift_from_the_original(SimpleNamespace(base_com=term, at_resets=other, none=None))
    assert other.func is shift
    env = SimpleNamespace(scene={"robot": SimpleNamespace(root_physx_view=view)})
    for x in (1.0, 1.0):
        term.func(env, None, com_range={"x": (x, x)}, asset_cfg=SimpleNamespace(name="robot", body_ids=[0, 2]))
    assert view.coms[:, :, 0].tolist() == [[11.0, 20.0, 31.0]] * 2


class View:
    """Two robots of three bodies."""

    def __init__(self):
        self.coms = torch.zeros(2, 3, 7)
        self.coms[:, :, 0] = torch.tensor([10.0, 20.0, 30.0])

    def get_coms(self):
        return self.coms

    def set_coms(self, coms, indices):
        self.coms[indices] = coms[indices]


def test_a_task_without_events_has_nothing_to_shift():
    shift_from_the_original(None)
