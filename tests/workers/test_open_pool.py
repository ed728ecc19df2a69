"""The pool that a study file asks for; `test_ray_pool.py` has those on Ray."""

from pathlib import Path

from tests.study.real_manager import study_config
from tuner.workers import LocalPool, open_pool


def test_workers_of_this_machine(tmp_path: Path) -> None:
    with open_pool(study_config(tmp_path, 1, {}), tmp_path / "logs") as pool:
        assert isinstance(pool, LocalPool)
        assert pool.idle() == [0, 1]
    assert (tmp_path / "logs").is_dir()
