"""A torch environment behind the server, and the memory that a GPU copies to; tests/isaaclab runs real environments."""

import mmap
import types

import gymnasium
import numpy as np
import pytest
import torch

from tuner.simulators.server.server_side.layout import Layout
from tuner.simulators.server.server_side.torch_task import PinnedMemory, TorchTask, facts_of


def fake_runtime(calls, error=0):
    """Return a CUDA runtime that notes what it is asked for."""

    def register(address, size, flags):
        calls.append(("register", address, size, flags))
        return error

    def unregister(address):
        calls.append(("unregister", address))
        return 0

    return types.SimpleNamespace(cudaHostRegister=register, cudaHostUnregister=unregister)


class Drift:
    """Two robots that move by their actions; the first fails beyond 1. Its buffers are overwritten by each step."""

    num_envs, max_episode_length, step_dt, device = 2, 10, 0.5, "cpu"
    single_action_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,))

    def __init__(self):
        self.episode_length_buf = torch.zeros(2, dtype=torch.long)
        self.place = torch.zeros(2, 1)
        self.rewards, self.failed = torch.zeros(2), torch.zeros(2, dtype=torch.bool)

    def reset(self):
        self.place = torch.zeros(2, 1)
        return {"policy": self.place}

    def step(self, actions):
        moved = self.place + actions
        self.rewards[:] = moved[:, 0]
        self.failed[:] = moved[:, 0] > 1.0
        self.place = torch.where(self.failed[:, None], 0.0, moved)
        extras = {"final": moved}
        return {"policy": self.place}, self.rewards, self.failed, torch.tensor([True, False]), extras


class DriftTask(TorchTask):
    def start_over(self, seed):
        return self._env.reset()

    def finals(self, extras, observations, ended):
        return extras["final"], observations[self._group]


class LoggedDrift(Drift):
    """Logs means when robots are reset, as Isaac Lab does: it keeps them until the next reset."""

    def __init__(self):
        super().__init__()
        self.extras = {}

    def reset(self):
        self.log(0.0)
        return super().reset()

    def step(self, actions):
        *results, _, extras = super().step(actions)
        if self.failed.any():
            self.log(float(self.rewards[self.failed].mean()))
        return (*results, torch.zeros(2, dtype=torch.bool), extras)

    def log(self, reward):
        tensors = {"Episode_Reward/drift": torch.tensor(reward), "a picture": torch.zeros(4, 4)}
        self.extras["log"] = {**tensors, "Episode_Termination/failed": int(self.failed.sum())}


def test_means_that_are_logged_belong_to_the_robots_that_were_reset():
    layout = Layout(2, 1, 1, metrics=2)
    buffer = layout.buffers(mmap.mmap(-1, layout.size))[0]
    task = DriftTask(LoggedDrift(), "policy", seed=0)
    assert task.metrics == ("Episode_Reward/drift", "Episode_Termination/failed")
    task.reset(buffer, spread_ages=False)
    buffer.actions[:] = [[1.5], [0.5]]
    task.step(buffer)  # robot 0 fails at 1.5
    np.testing.assert_array_equal(buffer.metrics, [[1.5, np.nan], [1.0, np.nan]])
    buffer.actions[:] = 0.0
    task.step(buffer)  # none fails, and what was logged is old
    assert np.isnan(buffer.metrics).all()


def test_a_mean_that_is_not_logged_again_is_not_known():
    layout = Layout(2, 1, 1, metrics=2)
    buffer = layout.buffers(mmap.mmap(-1, layout.size))[0]
    env = LoggedDrift()
    task = DriftTask(env, "policy", seed=0)
    env.log = lambda reward: env.extras.update(log={"Episode_Reward/drift": torch.tensor([reward])})
    buffer.actions[:] = 2.0
    task.step(buffer)
    np.testing.assert_array_equal(buffer.metrics, [[2.0, 2.0], [np.nan, np.nan]])


def test_an_environment_that_logs_nothing_has_no_metrics():
    assert DriftTask(Drift(), "policy", seed=0).metrics == ()


def test_a_step_writes_everything_of_its_buffer():
    layout = Layout(2, 1, 1)
    buffer = layout.buffers(mmap.mmap(-1, layout.size))[0]
    task = DriftTask(Drift(), "policy", seed=0)
    task.reset(buffer, spread_ages=False)
    assert buffer.observations.tolist() == [[0.0], [0.0]]
    buffer.actions[:] = [[1.5], [0.5]]
    task.step(buffer)
    # The first robot failed and ran out of time in one step: that is a failure, and its new episode begins at 0.
    assert buffer.observations.tolist() == [[0.0], [0.5]]
    assert buffer.final_observations[0].tolist() == [1.5]
    assert buffer.rewards.tolist() == [1.5, 0.5]
    assert buffer.terminated.tolist() == [True, False]
    assert buffer.truncated.tolist() == [False, False]


@pytest.mark.parametrize(("terms", "restarts"), [([], True), (["terrain_levels"], False)])
def test_nothing_sets_a_curriculum_back(terms, restarts):
    env = Drift()
    assert facts_of(env, dim=1, unbounded=100.0).restarts
    env.curriculum_manager = types.SimpleNamespace(active_terms=terms)
    assert facts_of(env, dim=1, unbounded=100.0).restarts is restarts


def test_bounds_that_are_infinite_end_where_they_are_declared_to():
    facts = facts_of(Drift(), dim=1, unbounded=100.0)
    assert (facts.action_low, facts.action_high) == ([-100.0], [100.0])
    assert (facts.max_episode_steps, facts.control_period_seconds) == (10, 0.5)


def test_memory_is_pinned_as_a_whole_while_it_is_attached(monkeypatch):
    calls = []
    monkeypatch.setattr(torch.cuda, "cudart", lambda: fake_runtime(calls))
    memory = mmap.mmap(-1, 8192)
    address = np.frombuffer(memory, np.uint8).ctypes.data
    task = DriftTask(Drift(), "policy", seed=0)
    task.attach(memory)
    assert calls == [], "on a CPU there is nothing to pin"
    task._device = types.SimpleNamespace(type="cuda")
    task.attach(memory)
    assert calls == [("register", address, 8192, 0)]
    task.detach()
    task.detach()
    assert calls[1:] == [("unregister", address)]
    memory.close()  # nothing holds it any more


def test_memory_that_cannot_be_pinned_is_used_as_it_is(capsys):
    calls = []
    pinned = PinnedMemory(mmap.mmap(-1, 4096), fake_runtime(calls, error=801))
    assert "could not be pinned (CUDA error 801)" in capsys.readouterr().err
    pinned.release()
    assert [call[0] for call in calls] == ["register"]


@pytest.mark.parametrize("value", [True, False])
def test_the_end_of_an_episode_by_time_alone_is_a_truncation(value):
    layout = Layout(2, 1, 1)
    buffer = layout.buffers(mmap.mmap(-1, layout.size))[0]
    task = DriftTask(Drift(), "policy", seed=0)
    task.reset(buffer, spread_ages=False)
    buffer.actions[:] = 2.0 if value else 0.5
    task.step(buffer)
    assert bool(buffer.terminated[0]) is value
    assert bool(buffer.truncated[0]) is not value
