import os
import platform
from pathlib import Path

import psutil
import pytest

from tuner.machine import (
    GPU_WORKERS_VARIABLE,
    WORKERS_VARIABLE,
    ControlGroups,
    allowed_cpus,
    describe_machine,
    granted_cpu_count,
    jax_may_use_gpus,
    may_have_bfloat16,
    memory_limit_bytes,
    memory_share_bytes,
    processor_has_bfloat16,
    visible_gpus,
    workers_sharing_gpu,
)

TOTAL = psutil.virtual_memory().total
NO_LIMIT_V1 = 9223372036854771712  # 2^63 rounded down to a page: what version 1 says where there is no limit


def test_a_machine_is_described_without_its_name():
    machine = describe_machine()
    assert machine["cores"] == os.cpu_count()
    assert machine["cpu"]
    assert platform.system() in machine["system"]
    assert platform.node() not in (machine["cpu"], machine["system"])


def test_processors_of_the_same_name_differ_in_family_and_model(tmp_path, monkeypatch):
    file = tmp_path / "cpuinfo"
    file.write_text("cpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n")
    monkeypatch.setattr("tuner.machine._CPU_INFO", file)
    assert describe_machine()["cpu"] == "AMD EPYC (family 25, model 17)"


def test_a_processor_without_a_family_is_its_name(tmp_path, monkeypatch):
    file = tmp_path / "cpuinfo"
    file.write_text("model name\t: An Arm\n")
    monkeypatch.setattr("tuner.machine._CPU_INFO", file)
    assert describe_machine()["cpu"] == "An Arm"


# As Linux writes them; the second CPU of a machine is like the first.
X86 = """processor\t: 0
model name\t: A Processor
flags\t\t: fpu sse2 avx2 avx512f {more} ht
vmx flags\t: amx_bf16

processor\t: 1
flags\t\t: fpu
"""
ARM = """processor\t: 0
BogoMIPS\t: 50.00
Features\t: fp asimd sve {more} rng
CPU implementer\t: 0x41
"""


@pytest.mark.parametrize(
    ("text", "has"),
    [
        (X86.format(more="avx512_bf16"), True),
        (X86.format(more="amx_tile amx_bf16"), True),
        (X86.format(more="avx_vnni amx_tile amx_int8"), False),
        (X86.format(more="avx_ne_convert"), False),  # converts bfloat16, but does not multiply it
        (ARM.format(more="bf16"), True),
        (ARM.format(more="i8mm"), False),
        (None, False),  # another system than Linux
    ],
)
def test_processors_with_and_without_bfloat16(tmp_path, monkeypatch, text, has):
    file = tmp_path / "cpuinfo"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr("tuner.machine._CPU_INFO", file)
    assert processor_has_bfloat16() is has
    assert may_have_bfloat16(tmp_path / "no devices") is has


def test_a_gpu_may_have_bfloat16(tmp_path, monkeypatch):
    monkeypatch.setattr("tuner.machine._CPU_INFO", tmp_path / "none")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    (tmp_path / "nvidia0").touch()
    assert may_have_bfloat16(tmp_path, cuda=True)
    assert not may_have_bfloat16(tmp_path, cuda=False)  # JAX cannot use it
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # hidden from this process
    assert not may_have_bfloat16(tmp_path, cuda=True)


@pytest.mark.parametrize(("platforms", "may"), [("", True), ("cuda,cpu", True), ("gpu", True), ("cpu", False)])
def test_jax_uses_gpus_where_it_is_allowed_to(monkeypatch, platforms, may):
    monkeypatch.setenv("JAX_PLATFORMS", platforms)
    assert jax_may_use_gpus(cuda=True) is may
    assert not jax_may_use_gpus(cuda=False)


def control_groups(folder: Path, membership: str, files: dict[str, str]) -> ControlGroups:
    """Write the kernel's files for the groups below a folder."""
    for name, text in files.items():
        file = folder / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    (folder / "membership").write_text(membership)
    return ControlGroups(folder / "cgroup", folder / "membership")


@pytest.mark.parametrize(
    ("membership", "files", "limit"),
    [
        # Version 2. The group of a service, below a slice that is bound tighter, below the root, which has no files.
        ("0::/a.slice/b.service\n", {"a.slice/b.service/memory.max": "3000", "a.slice/memory.max": "2000"}, 2000),
        ("0::/a.slice/b.service\n", {"a.slice/b.service/memory.max": "1000", "a.slice/memory.max": "max"}, 1000),
        ("0::/a\n", {"a/memory.max": "3000", "a/memory.high": "2500"}, 2500),  # slowed down above it
        ("0::/a\n", {"a/memory.max": "max", "a/memory.high": "max"}, None),
        ("0::/a\n", {"b/memory.max": "1000"}, None),  # another process's
        # A container sees its own group as the root, or names the host's path, which it cannot see, or leads out of it.
        ("0::/\n", {"memory.max": "5000"}, 5000),
        ("0::/docker/0123\n", {"memory.max": "5000"}, 5000),
        ("0::/../../other\n", {"memory.max": "5000"}, 5000),
        # Version 1, and both at once, as systemd mounts them in between.
        ("4:memory:/job/step\n", {"memory/job/memory.limit_in_bytes": "7000", "memory/job/step/x": ""}, 7000),
        ("5:cpu,memory:/job\n0::/\n", {"memory/job/memory.limit_in_bytes": "7000"}, 7000),
        ("4:cpu:/job\n", {"memory/job/memory.limit_in_bytes": "7000"}, None),
        ("", {}, None),
    ],
)
def test_limit_of_a_container(tmp_path, membership, files, limit):
    groups = control_groups(tmp_path, membership, files)
    assert groups.memory_bytes() == limit
    assert memory_limit_bytes(groups) == (TOTAL if limit is None else limit)


def test_a_limit_beyond_the_machine_is_none(tmp_path):
    groups = control_groups(tmp_path, "4:memory:/\n", {"memory/memory.limit_in_bytes": str(NO_LIMIT_V1)})
    assert memory_limit_bytes(groups) == TOTAL


def test_another_system_than_linux(tmp_path):
    assert memory_limit_bytes(ControlGroups(tmp_path / "none", tmp_path / "neither")) == TOTAL


def test_this_machine_has_some_memory():
    assert 0 < memory_limit_bytes() <= TOTAL


def test_workers_divide_the_memory(tmp_path, monkeypatch):
    groups = control_groups(tmp_path, "0::/\n", {"memory.max": "8000"})
    monkeypatch.delenv(WORKERS_VARIABLE, raising=False)
    assert memory_share_bytes(groups) == 8000
    monkeypatch.setenv(WORKERS_VARIABLE, "4")
    assert memory_share_bytes(groups) == 2000


@pytest.mark.parametrize(
    ("membership", "files", "quota"),
    [
        # Version 2: so many µs of each period of so many µs.
        ("0::/\n", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "50000 100000"}, 0.5),
        ("0::/a/b\n", {"a/b/cpu.max": "100000 100000", "a/cpu.max": "800000 100000"}, 1.0),
        ("0::/a\n", {"a/cpu.max": "max 100000"}, None),
        # Version 1: two files, and -1 for no quota.
        ("3:cpu,cpuacct:/j\n", {"cpu/j/cpu.cfs_quota_us": "200000", "cpu/j/cpu.cfs_period_us": "50000"}, 4.0),
        ("3:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ("3:cpu:/\n", {"cpu/cpu.cfs_quota_us": "200000"}, None),
        ("3:cpuset:/\n0::/\n", {}, None),
    ],
)
def test_quota_of_a_container(tmp_path, membership, files, quota):
    assert control_groups(tmp_path, membership, files).cpus() == quota


@pytest.mark.parametrize(("quota", "granted"), [("50000", 1), ("150000", 1), ("99900000", None), ("max", None)])
def test_cpus_that_can_be_kept_busy(tmp_path, quota, granted):
    groups = control_groups(tmp_path, "0::/\n", {"cpu.max": f"{quota} 100000"})
    assert granted_cpu_count(groups) == (granted or len(allowed_cpus()))


@pytest.mark.parametrize(("said", "count"), [(None, 1), ("3", 3), ("0", 1), ("many", 1), ("", 1)])
def test_workers_on_a_gpu(monkeypatch, said, count):
    monkeypatch.delenv(GPU_WORKERS_VARIABLE, raising=False)
    if said is not None:
        monkeypatch.setenv(GPU_WORKERS_VARIABLE, said)
    assert workers_sharing_gpu() == count


@pytest.mark.parametrize(
    ("files", "chosen", "gpus"),
    [
        (["nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"], None, ["0", "1"]),
        (["nvidia3", "nvidiactl"], None, ["0"]),  # CUDA counts those that are granted
        ([], None, []),
        ([], "0", []),  # chosen, but not there
        (["nvidia0", "nvidia1", "nvidia2"], "2, 0", ["2", "0"]),
        (["nvidia0", "nvidia1"], "GPU-1f2e,MIG-77aa", ["GPU-1f2e", "MIG-77aa"]),
        (["nvidia0", "nvidia1"], "1,-1,0", ["1"]),
        (["nvidia0", "nvidia1"], "", []),
        (["nvidia0", "nvidia1"], "NoDevFiles", []),
    ],
)
def test_gpus_that_a_process_may_use(tmp_path, monkeypatch, files, chosen, gpus):
    for name in files:
        (tmp_path / name).touch()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if chosen is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert visible_gpus(tmp_path) == gpus
