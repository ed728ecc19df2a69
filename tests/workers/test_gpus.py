"""GPUs are dealt out so that workers do not meet while there are enough, and share the memory of one where they do."""

import pytest

from tuner.workers._gpus import split_gpus


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
