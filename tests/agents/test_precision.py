from types import SimpleNamespace

import pytest

from tuner.agents import multiplies_bfloat16, usable_precision
from tuner.config import AgentConfig

CPU = SimpleNamespace(platform="cpu", device_kind="cpu")


def gpu(**facts):
    return SimpleNamespace(platform="gpu", device_kind="Tesla T4", **facts)


@pytest.fixture
def processor(tmp_path, monkeypatch):
    """Makes this machine's processor one with the given flags."""

    def with_flags(flags):
        file = tmp_path / "cpuinfo"
        file.write_text(f"flags : fpu {flags}")
        monkeypatch.setattr("tuner.machine._CPU_INFO", file)

    return with_flags


def used(device, **fields):
    """The precision that an agent gets, and what the user is told."""
    said = []
    config = AgentConfig(**{"algorithm": "sac", "precision": "bfloat16"} | fields)
    usable = usable_precision(config, say=said.append, device=device)
    assert usable.model_copy(update={"precision": config.precision}) == config, "nothing else changes"
    return usable.precision, said


def test_a_processor_without_units_computes_in_float32_and_one_line_says_so(processor):
    processor("avx2")
    precision, said = used(CPU)
    assert precision == "float32"
    (line,) = said
    assert "precision is bfloat16, but this processor has no BF16 units" in line
    assert "trains in float32" in line
    assert used(None) == (precision, said)  # JAX's own first device, in the tests a processor


@pytest.mark.parametrize("flags", ["avx2 avx512_bf16", "amx_bf16 amx_tile"])
def test_a_processor_with_units_computes_as_asked(processor, flags):
    processor(flags)
    assert used(CPU) == ("bfloat16", [])
    assert used(None, algorithm="tqc") == ("bfloat16", [])


def test_a_gpu_without_units_is_named(processor):
    processor("avx512_bf16")  # the processor's do not help
    precision, (line,) = used(gpu(compute_capability="7.5"))
    assert precision == "float32"
    assert "this GPU (Tesla T4) has no BF16 units" in line


@pytest.mark.parametrize(
    "fields",
    [{"precision": "float32"}, {"learner": "stock"}, {"algorithm": "td3"}],  # the latter two are refused when built
)
def test_others_are_left_alone(processor, fields):
    processor("avx2")
    assert used(CPU, **fields) == (fields.get("precision", "bfloat16"), [])


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        (gpu(compute_capability="7.0"), False),  # V100
        (gpu(compute_capability="7.5"), False),  # T4
        (gpu(compute_capability="8.0"), True),  # A100
        (gpu(compute_capability="9.0"), True),
        (gpu(compute_capability="12.0"), True),
        (gpu(compute_capability="gfx90a"), True),  # AMD's
        (SimpleNamespace(platform="tpu", device_kind="TPU v4"), True),
    ],
)
def test_devices_with_and_without_units(processor, device, expected):
    processor("avx2")
    assert multiplies_bfloat16(device) is expected
