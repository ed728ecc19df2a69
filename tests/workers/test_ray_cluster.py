"""What can be wrong with a cluster, before there is one; `test_ray_pool.py` has real ones."""

import socket
from pathlib import Path

import pytest
from ray.exceptions import AuthenticationError

from tuner import __version__
from tuner.errors import UserError
from tuner.workers._ray_cluster import _amounts, _check_reachable, _refusal, _staged, wrong_version


def test_an_address_at_which_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        _check_reachable(f"ray://127.0.0.1:{port}")
        _check_reachable(f"127.0.0.1:{port}")
    with pytest.raises(UserError, match=rf"No Ray cluster answers at ray://127\.0\.0\.1:{port}: .*refused.*HOST:6379"):
        _check_reachable(f"ray://127.0.0.1:{port}")
    with pytest.raises(UserError, match=r"No Ray cluster answers at no-such-host\.invalid:6379"):
        _check_reachable("no-such-host.invalid:6379")
    with pytest.raises(UserError, match=r"No Ray cluster answers at 127\.0\.0\.1:99999"):
        _check_reachable("127.0.0.1:99999")


def test_refusals_say_what_to_do() -> None:
    assert "RAY_AUTH_TOKEN" in str(_refusal("head:6379", AuthenticationError("The token is wrong")))
    auto = str(_refusal("auto", ConnectionError("Could not find any running Ray instance.")))
    assert auto.startswith("No Ray cluster runs on this machine: Could not find any running Ray instance.")
    assert "ray start --head" in auto
    other = str(_refusal("head:6379", RuntimeError("Version mismatch:\n  Ray: 2.50\n  Python: 3.12")))
    assert other == "The Ray cluster (head:6379) cannot be used: Version mismatch: Ray: 2.50 Python: 3.12"


def test_other_versions() -> None:
    assert wrong_version(__version__) is None
    assert wrong_version("9.9.9") == (
        f"it has sac-tuner 9.9.9, but {__version__} runs here. Install the same version on all machines"
    )
    assert f"has no sac-tuner. Install version {__version__}" in str(wrong_version(None))


def test_the_users_own_code_is_copied_without_what_is_none(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    for name in ("sim.py", "assets/robot.xml", "runs/a/policy.zip", ".git/config", "env/pyvenv.cfg", "env/lib.py"):
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_text(name)
    (mine / "dangling").symlink_to(tmp_path / "nowhere")
    stage = Path(_staged([str(mine)], tmp_path / "stage") or "")
    copied = sorted(file.relative_to(stage).as_posix() for file in stage.rglob("*") if file.is_file())
    assert copied == ["0/assets/robot.xml", "0/sim.py"]
    assert _staged([], tmp_path / "other") is None


def test_too_much_code(tmp_path: Path) -> None:
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(101 * 2**20)
    with pytest.raises(UserError, match=r"is sent to the nodes whole, but it has more than 100 MiB\. Put the code"):
        _staged([str(tmp_path)], tmp_path / "stage")
    assert not (tmp_path / "stage").exists()


def test_resources_for_people() -> None:
    offers = {
        "CPU": 8.0,
        "GPU": 1.0,
        "isaaclab": 2.0,
        "memory": 1e9,
        "node:10.0.0.1": 1.0,
        "accelerator_type:H100": 1.0,
    }
    assert _amounts(offers) == "8 CPUs, 1 GPU, 2 isaaclab"
    assert _amounts({"memory": 1e9}) == "nothing"
