"""Which GPU each worker learns on, how many workers share it, and whether JAX can use it."""

import os
from collections import Counter
from collections.abc import Callable

from tuner.errors import UserError
from tuner.machine import GPU_WORKERS_VARIABLE, jax_has_cuda, visible_gpus

INSTALL = "pip install 'jax[cuda12]'"


def split_gpus(gpus: list[str], workers: int) -> list[dict[str, str]]:
    """Return the environment variables that give each worker a GPU.

    Workers get a GPU each while there are enough; beyond that the count starts over, so that the load is spread evenly.
    With one known GPU or none, workers see what this process sees.

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


def check_device(
    compute: Callable[[], str] | None = None, *, gpus: list[str] | None = None, plugin: bool | None = None
) -> str | None:
    """Make sure that JAX can compute: on the CPU, if it cannot on the device that it chose.

    Call it once, before JAX is used otherwise. That a driver is too old for JAX, or a GPU is not supported, may show
    only when something is computed there. The arguments are facts about this machine; they are looked up unless given.

    Args:
        compute: computes something on JAX's default device and returns its platform.
        gpus: this machine's GPUs, as `visible_gpus` returns them.
        plugin: whether JAX is installed with CUDA.

    Returns:
        One line for the user if JAX does not use a GPU of this machine and `JAX_PLATFORMS` does not say why; else None.

    Raises:
        UserError: if `JAX_PLATFORMS` in the environment names a device that JAX cannot use.
    """
    chosen = os.environ.get("JAX_PLATFORMS", "")
    try:
        platform = (compute or _compute)()
    except Exception as error:  # of many types: RuntimeError, JaxRuntimeError, AssertionError, …
        lines = f"{type(error).__name__}: {error}".splitlines()
        reason = lines[0].strip().rstrip(":.")
        if chosen:
            raise UserError(
                f"JAX_PLATFORMS is '{chosen}', but JAX cannot compute there ({reason}). Unset it, so that JAX takes "
                f"what works, or install JAX for that device ({INSTALL})."
            ) from error
        _fall_back_to_cpu()
        return f"WARNING: JAX cannot compute on the GPU ({reason}), so agents learn on the CPU. {_remedy(plugin)}"
    if platform != "cpu" or chosen or not (visible_gpus() if gpus is None else gpus):
        return None
    return f"WARNING: JAX does not use this machine's GPU, so agents learn on the CPU. {_remedy(plugin)}"


def _compute() -> str:
    import jax

    device = jax.devices()[0]
    if device.platform != "cpu":
        ones = jax.numpy.ones((8, 8))
        jax.block_until_ready(ones @ ones)  # type: ignore[no-untyped-call]
    return str(device.platform)


def _fall_back_to_cpu() -> None:
    import jax
    from jax.extend.backend import clear_backends

    jax.config.update("jax_platforms", "cpu")  # type: ignore[no-untyped-call]
    clear_backends()  # type: ignore[no-untyped-call]


def _remedy(plugin: bool | None) -> str:
    installed = jax_has_cuda() if plugin is None else plugin
    silence = "or set JAX_PLATFORMS=cpu if that is what you want"
    if not installed:
        return f"JAX is installed without CUDA: {INSTALL}, {silence}."
    return f"Its CUDA does not go with the driver, which `nvidia-smi` names: update one of them, {silence}."
