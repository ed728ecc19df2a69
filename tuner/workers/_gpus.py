"""Which GPU each worker learns on, and how many workers share it."""

from collections import Counter

from tuner.machine import GPU_WORKERS_VARIABLE


def split_gpus(gpus: list[str], workers: int) -> list[dict[str, str]]:
    """Return the environment variables that give each worker a GPU.

    Workers get a GPU each while there are enough; beyond that the count starts over, so that the load is spread evenly.
    A single GPU, or none that is known, is what all of them see anyway.

    Args:
        gpus: as `tuner.machine.visible_gpus` returns them.
        workers: how many there are.
    """
    given = [gpus[worker % len(gpus)] if gpus else "" for worker in range(workers)]
    sharing = Counter(given)
    return [
        {GPU_WORKERS_VARIABLE: str(sharing[gpu])} | ({"CUDA_VISIBLE_DEVICES": gpu} if len(gpus) > 1 else {})
        for gpu in given
    ]
