"""The tests of the fused learner show, in a process of their own, that acting and learning have a device each."""

import os

import jax
import pytest

from tuner.agents import set_up_devices
from tuner.agents.shared.devices import acting_device
from tuner.machine import GPU_WORKERS_VARIABLE

SHARE = "XLA_PYTHON_CLIENT_MEM_FRACTION"


def test_process_that_has_used_jax_keeps_its_devices():
    before = jax.devices()
    set_up_devices()
    assert jax.devices() == before
    assert acting_device() == (before[1] if len(before) > 1 else None)


@pytest.mark.parametrize(("workers", "share"), [("1", "0.6"), ("3", "0.2")])
def test_share_of_a_gpus_memory(monkeypatch, workers, share):
    monkeypatch.setenv(GPU_WORKERS_VARIABLE, workers)
    monkeypatch.setenv(SHARE, "")  # so that it is put back afterwards
    monkeypatch.delenv(SHARE)
    jax.devices()
    set_up_devices()
    assert os.environ[SHARE] == share


def test_share_that_the_user_chose_stays(monkeypatch):
    monkeypatch.setenv(SHARE, "0.25")
    jax.devices()
    set_up_devices()
    assert os.environ[SHARE] == "0.25"
