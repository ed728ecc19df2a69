"""What crosses from Isaac Lab is what its own wrapper for Stable-Baselines3 hands out, number for number."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tuner.config import TaskConfig
from tuner.simulators.server import Client, ServedEnv, server_for

SCRIPT = Path(__file__).with_name("wrapper_steps.py")
SEED = 7


@pytest.mark.parametrize(
    ("task_id", "robots", "limit", "strength"),
    [
        ("Isaac-Cartpole", 64, 20, 20.0),
        ("Isaac-Cartpole-Direct", 64, 20, 20.0),
        ("IsaacContrib-Velocity-Flat-UnitreeA1", 16, 20, 6.0),
    ],
)
def test_every_number_is_the_wrappers(fleet, tmp_path, task_id, robots, limit, strength):
    task = TaskConfig(
        id=task_id,
        simulator="isaaclab",
        num_envs=robots,
        options={"max_episode_steps": limit, "physics": "newton_mjwarp", "device": "cpu"},
    )
    server = server_for(task)
    process = fleet.take(server, task)
    env = ServedEnv(task, Client(process.connect(), process.log), seed=SEED, threads=1)
    # Strong actions, so that robots fail as well as run out of time.
    shape = (45, robots, env.action_space.shape[0])
    actions = np.random.default_rng(SEED).uniform(-strength, strength, shape).astype(np.float32)
    np.save(tmp_path / "actions.npy", actions)
    command = [server.python, SCRIPT, task_id, str(robots), str(limit), str(SEED)]
    subprocess.run([*command, tmp_path / "actions.npy", tmp_path / "wrapper.npz"], check=True, cwd=tmp_path)
    expected = np.load(tmp_path / "wrapper.npz")

    env.seed(SEED)
    np.testing.assert_array_equal(env.reset(), expected["observations"][0])
    ended = failed = 0
    for step, action in enumerate(actions):
        observations, rewards, dones, infos = env.step(action)
        np.testing.assert_array_equal(observations, expected["observations"][step + 1])
        np.testing.assert_array_equal(rewards, expected["rewards"][step])
        np.testing.assert_array_equal(dones, expected["dones"][step])
        for robot in np.flatnonzero(dones):
            assert infos[robot]["TimeLimit.truncated"] == expected["truncated"][step][robot]
            np.testing.assert_array_equal(infos[robot]["terminal_observation"], expected["finals"][step][robot])
            ended += 1
            failed += not infos[robot]["TimeLimit.truncated"]
    assert ended > failed > 0  # both kinds of ends were compared
    env._client.close()
    fleet.give_back(server, task, process)
