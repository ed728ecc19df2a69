import base64
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import sbx

from tests.agents.small import assert_same_parameters, small_agent, small_config
from tuner.agents import gradient_steps_done, load_normalization, save_agent
from tuner.config import BoxSchedule

LOAD = """
import sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tuner":
            raise ImportError("tuner is out of reach here")
sys.meta_path.insert(0, Wall())
import numpy as np, sbx
from pathlib import Path
observations = np.load("observations.npy")
for name, algorithm in zip(sys.argv[1::2], sys.argv[2::2]):
    model = getattr(sbx, algorithm).load(Path(name) / "policy.zip")
    np.save(Path(name) / "actions.npy", model.predict(observations, deterministic=True)[0])
assert "tuner" not in sys.modules
"""
ONE_BLOCK = {"gradient_steps": 2, "policy_delay": 2}
UNTRAINED = {"learning_starts": 100}  # more than the 64 steps
TRAINED = {
    "stock-sac": small_config(initial_std=0.2),
    "stock-ppo": small_config("ppo", initial_std=0.2),
    "fused-sac": small_config(learner="fused", initial_std=0.2, arguments=ONE_BLOCK),
    "fused-sac-n-step": small_config(learner="fused", arguments={"n_steps": 3, "train_freq": 2} | UNTRAINED),
    "fused-tqc": small_config("tqc", learner="fused", arguments={"ent_coef": 0.1}),
    "box-still-widening": small_config(
        learner="fused", arguments=ONE_BLOCK, action_box_schedule=BoxSchedule(start=0.25, seconds=1e9)
    ),
    "not-squashed": small_config(learner="fused", arguments=ONE_BLOCK, squash=False),
}
ROUNDING = {"not-squashed": 1e-3}
"""Relative: what plain SBX, which squashes it in a much wider box, loses of an actor that is not squashed."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The folder of every trained agent, after one process without `tuner` has loaded it, and the actions expected."""
    folder = tmp_path_factory.mktemp("saved")
    observations = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    np.save(folder / "observations.npy", observations)
    script, expected = [sys.executable, "-c", LOAD], {}
    for name, config in TRAINED.items():
        agent = small_agent(config, probes=[1] if config.off_policy else [])
        agent.learn(64)
        save_agent(agent, folder / name)
        expected[name] = agent.predict(observations, deterministic=True)[0]
        script += [name, config.algorithm.upper()]
    subprocess.run(script, check=True, cwd=folder)
    return folder, expected


@pytest.mark.parametrize("name", TRAINED)
def test_trained_agent_loads_with_plain_sbx(loaded, name):
    folder, expected = loaded
    np.testing.assert_allclose(np.load(folder / name / "actions.npy"), expected[name], rtol=ROUNDING.get(name, 1e-5))
    assert np.ptp(expected[name]) > 0
    assert_names_nothing_of_ours(folder / name / "policy.zip")


def test_what_the_device_has_yet_to_do_is_saved_too(tmp_path):
    agent = small_agent(small_config(learner="fused", arguments=ONE_BLOCK))
    agent.learn(16)  # an update after the last step is still to be made
    assert int(agent.policy.qf_state.step) < gradient_steps_done(agent)
    save_agent(agent, tmp_path)
    plain = sbx.SAC.load(tmp_path / "policy.zip")
    assert int(plain.policy.qf_state.step) == gradient_steps_done(agent) == 4
    assert plain._n_updates == 4
    assert_same_parameters(plain, agent)


def test_fused_agents_save_what_stock_agents_save(tmp_path):
    saved = {}
    for learner in ("stock", "fused"):
        save_agent(small_agent(small_config(learner=learner, arguments=ONE_BLOCK)), tmp_path / learner)
        saved[learner] = set(content_of(tmp_path / learner / "policy.zip"))
    # Plain SBX chooses the class of its replay buffer itself when it loads an agent without one.
    assert saved["fused"] == saved["stock"] - {"replay_buffer_class", "replay_buffer_kwargs"}


@pytest.mark.parametrize("algorithm", ["tqc", "td3", "crossq"])
def test_saved_file_names_nothing_of_ours(tmp_path, algorithm):
    save_agent(small_agent(small_config(algorithm)), tmp_path)
    assert_names_nothing_of_ours(tmp_path / "policy.zip")


def content_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("data"))


def assert_names_nothing_of_ours(path):
    content = content_of(path)
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
    expected = env.normalize_obs(observations)  # in float32; what is saved is applied in float64
    np.testing.assert_allclose(normalization.apply(observations), expected, rtol=1e-6, atol=1e-6)
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
