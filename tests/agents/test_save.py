import base64
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from tests.agents.small import small_agent, small_config
from tuner.agents import load_normalization, save_agent

LOAD = """
import sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tuner":
            raise ImportError("tuner is out of reach here")
sys.meta_path.insert(0, Wall())
import numpy as np, sbx
model = getattr(sbx, sys.argv[2]).load(sys.argv[1])
observations = np.load(sys.argv[3])
np.save(sys.argv[4], model.predict(observations, deterministic=True)[0])
assert "tuner" not in sys.modules
"""


@pytest.mark.parametrize("algorithm", ["sac", "ppo"])
def test_trained_agent_loads_with_plain_sbx(tmp_path, algorithm):
    agent = small_agent(small_config(algorithm, initial_std=0.2), probes=[1] if algorithm != "ppo" else [])
    agent.learn(64)
    save_agent(agent, tmp_path / "policy")
    observations = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    np.save(tmp_path / "observations.npy", observations)
    script = [sys.executable, "-c", LOAD, tmp_path / "policy" / "policy.zip", algorithm.upper()]
    subprocess.run([*script, tmp_path / "observations.npy", tmp_path / "actions.npy"], check=True, cwd=tmp_path)
    expected = agent.predict(observations, deterministic=True)[0]
    np.testing.assert_allclose(np.load(tmp_path / "actions.npy"), expected, rtol=1e-5)
    assert_names_nothing_of_ours(tmp_path / "policy" / "policy.zip")


@pytest.mark.parametrize("algorithm", ["tqc", "td3", "crossq"])
def test_saved_file_names_nothing_of_ours(tmp_path, algorithm):
    save_agent(small_agent(small_config(algorithm)), tmp_path)
    assert_names_nothing_of_ours(tmp_path / "policy.zip")


def assert_names_nothing_of_ours(path):
    with zipfile.ZipFile(path) as archive:
        content = json.loads(archive.read("data"))
    assert "policy" in content
    assert not {"replay_buffer", "ledger", "probes", "exploration_std"} & set(content)
    for name, entry in content.items():
        if isinstance(entry, dict) and ":serialized:" in entry:
            assert b"tuner" not in base64.b64decode(entry[":serialized:"]), name


def test_normalisation_is_plain_numbers(tmp_path):
    agent = small_agent(small_config(clip_observations=5.0))
    agent.learn(64)
    save_agent(agent, tmp_path)
    normalization = load_normalization(tmp_path)
    env = agent.get_vec_normalize_env()
    assert normalization.clip == 5.0
    assert normalization.count == env.obs_rms.count
    observations = np.random.default_rng(0).normal(size=(50, 2)) * 4
    np.testing.assert_array_equal(normalization.apply(observations), env.normalize_obs(observations))
    assert np.abs(normalization.apply(observations)).max() == 5.0


def test_saving_again_replaces_and_leaves_no_parts(tmp_path):
    agent = small_agent(small_config())
    save_agent(agent, tmp_path)
    save_agent(agent, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["normalization.npz", "policy.zip"]
    save_agent(small_agent(small_config(normalize_observations=False)), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["policy.zip"]
    assert load_normalization(tmp_path) is None


def test_failed_save_keeps_the_old_file(tmp_path):
    agent = small_agent(small_config())
    save_agent(agent, tmp_path)
    before = (tmp_path / "policy.zip").read_bytes()
    agent.unpicklable = (step for step in ())  # generators cannot be pickled
    with pytest.raises(TypeError, match="generator"):
        save_agent(agent, tmp_path)
    assert (tmp_path / "policy.zip").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["normalization.npz", "policy.zip"]


def test_folder_without_an_agent(tmp_path):
    with pytest.raises(FileNotFoundError, match="no agent is saved"):
        load_normalization(tmp_path)
