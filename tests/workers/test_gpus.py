"""Workers get GPUs of their own while there are enough; the user learns of a GPU that JAX cannot use."""

import os
import subprocess
import sys

import pytest

from tuner.errors import UserError
from tuner.workers._gpus import check_device, split_gpus


@pytest.mark.parametrize(
    ("gpus", "workers", "expected"),
    [
        (["0", "1"], 2, [("0", "1"), ("1", "1")]),
        (["4", "7", "9"], 2, [("4", "1"), ("7", "1")]),
        (["0", "1"], 3, [("0", "2"), ("1", "1"), ("0", "2")]),  # the first and the third share one
        (["0", "1"], 1, [("0", "1")]),
        (["0"], 3, [(None, "3")] * 3),  # they see no other anyway
        ([], 2, [(None, "2")] * 2),  # a GPU that is not NVIDIA's is shared by all
    ],
)
def test_split(gpus: list[str], workers: int, expected: list[tuple[str | None, str]]) -> None:
    given = split_gpus(gpus, workers)
    assert [(one.get("CUDA_VISIBLE_DEVICES"), one["SAC_TUNER_GPU_WORKERS"]) for one in given] == expected


@pytest.fixture
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)


@pytest.mark.usefixtures("nothing_chosen")
@pytest.mark.parametrize(("platform", "gpus"), [("cpu", []), ("gpu", ["0"]), ("gpu", [])])
def test_nothing_to_tell(platform: str, gpus: list[str]) -> None:
    assert check_device(lambda: platform, gpus=gpus) is None


@pytest.mark.usefixtures("nothing_chosen")
@pytest.mark.parametrize(
    ("plugin", "remedy"),
    [
        (False, "JAX is installed without CUDA: pip install 'jax[cuda12]', or set JAX_PLATFORMS=cpu"),
        (True, "Its CUDA does not go with the driver, which `nvidia-smi` names: update one of them, or set JAX"),
    ],
)
def test_a_gpu_that_is_not_used(plugin: bool, remedy: str) -> None:
    told = check_device(lambda: "cpu", gpus=["0"], plugin=plugin)
    assert told is not None
    assert told.startswith(f"WARNING: JAX does not use this machine's GPU, so agents learn on the CPU. {remedy}")


def test_a_cpu_that_was_chosen_is_not_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    assert check_device(lambda: "cpu", gpus=["0"], plugin=True) is None


def test_a_device_that_was_chosen_and_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")

    def fail() -> str:
        raise RuntimeError("Unable to initialize backend 'cuda': no driver\nmore lines")

    with pytest.raises(
        UserError, match=r"is 'cuda', but .*\(RuntimeError: Unable .* no driver\)\. Unset it, .* or install JAX"
    ):
        check_device(fail)


DRIVER_TOO_OLD = """
from tuner.agents import set_up_devices
from tuner.workers._gpus import check_device
import jax
set_up_devices()
def compute():
    assert jax.devices()  # found, but a first program fails on it
    raise RuntimeError("INTERNAL: no kernel image is available for execution on the device")
print(check_device(compute, plugin=True))
print(jax.devices()[0].platform, len(jax.devices()), jax.numpy.ones(3).sum())
"""


def test_a_driver_that_does_not_compute_leaves_the_cpu() -> None:
    """In a process of its own, as a worker does it: JAX creates its devices again."""
    environment = {name: value for name, value in os.environ.items() if name != "JAX_PLATFORMS"}
    command = [sys.executable, "-c", DRIVER_TOO_OLD]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    told, device = done.stdout.splitlines()
    assert "cannot compute on the GPU (RuntimeError: INTERNAL: no kernel image is available for execution on" in told
    assert "agents learn on the CPU" in told
    assert device == "cpu 2 3.0"  # two devices, as before: one learns, one acts


def test_this_machine_can_compute() -> None:
    check_device()  # whatever it says
