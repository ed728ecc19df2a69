import subprocess
import sys

import pytest

import tuner.training


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, tuner.training; print(sorted({'jax', 'torch', 'sbx', 'stable_baselines3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_names_are_there():
    assert all(getattr(tuner.training, name) is not None for name in tuner.training.__all__)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="no attribute 'run_trail'"):
        tuner.training.run_trail  # noqa: B018
