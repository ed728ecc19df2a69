"""Which Isaac Lab an interpreter has, and what its options may be."""

import pytest

from tests.simulators.server.isaac_sim import installed
from tests.simulators.server.servers import QUICK
from tuner.config import TaskConfig
from tuner.simulators.server import Client, ServedEnv
from tuner.simulators.server.server_side.isaaclab_2 import IsaacLab2
from tuner.simulators.server.server_side.isaaclab_3 import IsaacLab3
from tuner.simulators.server.server_side.isaaclab_backend import create
from tuner.simulators.server.server_side.task import RefusedError


@pytest.fixture
def backend(monkeypatch, tmp_path):
    """Return what makes the backend for an installed version, with Isaac Sim or without it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("ISAACSIM_ASSET_ROOT", raising=False)

    def backend(version, *, isaac_sim=True):
        installed(tmp_path, version)
        if not isaac_sim:
            (tmp_path / "isaacsim-5.1.0.0.dist-info" / "METADATA").unlink()
            (tmp_path / "isaacsim-5.1.0.0.dist-info").rmdir()
        return create("")

    return backend


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("2.2.0", IsaacLab2),
        ("2.3.2.post1", IsaacLab2),
        ("0.44.9", IsaacLab2),  # 2.2.0 from its sources
        ("0.54.2", IsaacLab2),  # 2.3.2 from its sources
        ("3.0.0", IsaacLab3),
        ("3.1.0rc1", IsaacLab3),
        ("10.0", IsaacLab3),
    ],
)
def test_the_installed_version_decides(backend, version, kind):
    assert type(backend(version)._isaaclab) is kind


@pytest.mark.parametrize("version", ["2.1.0", "0.40.6", "1.4.1"])
def test_older_versions_are_refused_by_name(backend, version):
    with pytest.raises(RefusedError, match=rf"Isaac Lab {version} in .* is too old: 2\.2 or newer is needed"):
        backend(version)


def test_a_process_that_ran_isaac_sim_opens_no_other_task(backend):
    other = {"options": {}}
    assert not backend("2.3.2").reopens_with(other)
    assert not backend("3.0.0").reopens_with(other)


def test_without_isaac_sim_another_task_is_opened_with_the_same_assets_only(backend, monkeypatch):
    monkeypatch.setenv("ISAACSIM_ASSET_ROOT", "/usual")
    opened = backend("3.0.0", isaac_sim=False)
    monkeypatch.setattr(opened._isaaclab, "open", lambda *_, **__: None)
    opened.open({"options": {}}, seed=0, threads=1)
    assert opened.reopens_with({"options": {}})
    assert opened.reopens_with({"options": {"asset_root": "/usual"}})
    assert not opened.reopens_with({"options": {"asset_root": "/other"}})
    opened.open({"options": {"asset_root": "https://example.org/assets"}}, seed=0, threads=1)
    assert opened.reopens_with({"options": {"asset_root": "https://example.org/assets"}})
    assert not opened.reopens_with({"options": {}})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"physic": "physx"}, "Unknown option 'physic'"),
        ({"physics": "newton_mjwarp"}, r"physics is newton_mjwarp, but Isaac Lab 2 has no choice of physics.*Leave"),
        ({"overrides": "env.decimation=2"}, r"overrides is 'env\.decimation=2'\. Give a list of texts"),
        ({"overrides": [2]}, r"overrides is \[2\]\. Give a list of texts"),
        ({"overrides": 2}, r"overrides is 2\. Give a list of texts"),
        ({"asset_root": 5}, r"asset_root is 5\. Give a folder or an address"),
        ({"physics": ["physx"]}, r"physics is \['physx'\]\. Give the name of a preset"),
        ({"device": "gpu"}, r"device is 'gpu'\. Give cpu, cuda or cuda:0"),
        ({"device": "cuda:0"}, "device is cuda:0, but PyTorch in .* finds no GPU"),
    ],
)
def test_options_that_are_refused_before_isaac_sim_starts(backend, options, told, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    refused = backend("2.3.2")
    with pytest.raises(RefusedError, match=told):
        refused.open({"id": "Isaac-Cartpole-v0", "options": options, "num_envs": 1}, seed=0, threads=1)


def test_a_file_that_is_missing_is_told_with_the_root_of_the_assets(backend, monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("Unable to resolve the file: /gone/Isaac/ant.usd")

    opened = backend("3.0.0", isaac_sim=False)
    monkeypatch.setattr(opened._isaaclab, "open", missing)
    with pytest.raises(
        RefusedError, match=r"ant\.usd\. Robots and scenes come from /gone\. Set ISAACSIM_ASSET_ROOT, or"
    ):
        opened.open({"options": {"asset_root": "/gone"}}, seed=0, threads=1)
    with pytest.raises(RefusedError, match="Robots and scenes come from NVIDIA, over the network"):
        opened.open({"options": {}}, seed=0, threads=1)


def test_isaac_sim_gets_the_asset_root(servers, tmp_path):
    process = servers.start("isaaclab", environment=installed(tmp_path))
    options = {"device": "cpu", "asset_root": "/a place/for assets"}
    task = TaskConfig(id="Isaac-Springs-v0", simulator="isaaclab", num_envs=2, options=options)
    client = Client(process.connect(), process.log, deadlines=QUICK)
    env = ServedEnv(task, client, seed=0, threads=1)
    assert env.provenance["asset_root"] == "/a place/for assets"
    assert env.provenance["physics"] == "physx"
    assert env.provenance["versions"]["isaacsim"] == "5.1.0.0"
