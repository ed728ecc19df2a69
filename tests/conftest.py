"""Shared by all tests."""

import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

# The contract suites and helpers are not test modules themselves; their assertions should explain themselves too.
pytest.register_assert_rewrite("tests.contracts", "tests.support")

collect_ignore = [] if os.environ.get("TUNER_ISAACLAB_PYTHON") else ["isaaclab"]
"""Tests of the real Isaac Lab need its interpreter: `make test-isaaclab` names it."""

_COMPILED = pytest.StashKey[str]()
_LONGEST = (
    "workers/test_ray_pool.py",
    "study/test_shared_study.py",
    "workers/test_local_pool.py",
    "workers/test_slot_simulator.py",
    "agents/test_warm_up.py",
    "docs/test_first_hour.py",
    "study/test_processes.py",
    "workers/test_child.py",
    "study/test_served_study.py",
    "test_packaging.py",
    "study/test_ray_study.py",
    "workers/test_local_mechanics.py",
    "workers/test_ray_slots.py",
    "benchmarks/test_against_zoo.py",
    "benchmarks/test_samplers.py",
    "cli/commands/test_run.py",
    "docs/test_notebook.py",
    "isaaclab/test_contract.py",
    "isaaclab/test_cartpole_study.py",
)
"""Files that take half a minute and more, about in the order of their length."""


def pytest_configure(config):
    """Let every process of this run compile quickly, and take what another has compiled from one folder.

    JAX reads these variables when it is imported, here and in the processes that tests start. Workers of `tuner` look
    in the user's cache folder instead, which becomes the same one: no test writes into the real one, or finds there
    what an earlier run compiled. The programs of small networks take longer to optimise than to run, so most
    optimisations are left out; JAX_DISABLE_MOST_OPTIMIZATIONS=0 brings them back.
    """
    if hasattr(config, "workerinput"):
        return  # a process of pytest-xdist: it was born with these variables
    # Hundreds of processes import this package: let the first one keep its bytecode.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    folder = tempfile.mkdtemp(prefix="tuner-tests-")
    config.stash[_COMPILED] = folder
    os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
    os.environ |= {
        "XDG_CACHE_HOME": folder,
        "JAX_COMPILATION_CACHE_DIR": f"{folder}/sac-tuner/jax",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    # Ray reads these when it is imported. Its clusters ask for a token, and their workers do not give way to others.
    os.environ |= {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
    }


def pytest_unconfigure(config):
    if _COMPILED in config.stash:
        shutil.rmtree(config.stash[_COMPILED], ignore_errors=True)


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server; each test creates databases of its own in it."""
    from tests.storage.server import running_server

    with running_server() as found:
        yield found


def pytest_collection_modifyitems(items):
    """Begin with the longest files, so that at the end no process waits for another."""
    ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))
