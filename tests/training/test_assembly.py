import numpy as np
import pytest

from tests.training.timed_point_mass import ListeningChannel, TimedPointMassEnv, make_spec, sac
from tuner.clock import Ledger, ManualClock
from tuner.training import TrialFiles, assemble
from tuner.training._assembly import probe_robots


@pytest.mark.parametrize(
    ("num_envs", "count"), [(1, 0), (3, 1), (4, 2), (16, 8), (64, 32), (80, 32), (256, 32), (329, 32), (4096, 409)]
)
def test_number_of_probes(num_envs, count):
    probes = probe_robots(num_envs, off_policy=True)
    assert len(probes) == count
    assert len(np.unique(probes)) == count
    assert ((probes >= 0) & (probes < num_envs)).all()


def test_probes_are_spread_evenly():
    assert probe_robots(6, off_policy=True).tolist() == [0, 2, 4]


def test_on_policy_algorithms_have_none():
    assert probe_robots(4096, off_policy=False).tolist() == []


def test_other_probes_can_be_asked_for():
    ledger, probes = Ledger(ManualClock(), "compile"), np.array([1, 2, 3, 5, 8])
    env = TimedPointMassEnv(16, ManualClock())
    parts = assemble(make_spec(sac()), env, ListeningChannel(), ledger, TrialFiles(None), probes=probes)
    assert parts.agent.probes.tolist() == probes.tolist()


def test_schedules_run_over_the_budget_of_the_trial():
    spec = make_spec(sac(learning_rate="lin_1e-3"))
    ledger = Ledger(ManualClock(), "compile")
    parts = assemble(spec, TimedPointMassEnv(16, ManualClock()), ListeningChannel(), ledger, TrialFiles(None))
    assert parts.agent.budget_seconds == spec.budget_seconds


@pytest.mark.parametrize(
    ("flags", "precision", "notices"), [("avx2", "float32", 1), ("avx2 avx512_bf16", "bfloat16", 0)]
)
def test_a_trial_computes_in_a_precision_that_its_device_has(tmp_path, monkeypatch, flags, precision, notices):
    (tmp_path / "cpuinfo").write_text(f"flags : {flags}")
    monkeypatch.setattr("tuner.machine._CPU_INFO", tmp_path / "cpuinfo")
    spec = make_spec(sac().model_copy(update={"precision": "bfloat16"}))
    channel, ledger = ListeningChannel(), Ledger(ManualClock(), "compile")
    parts = assemble(spec, TimedPointMassEnv(16, ManualClock()), channel, ledger, TrialFiles(None))
    assert parts.config.precision == parts.agent.learner.config.precision == precision
    assert len(channel.notices) == notices
