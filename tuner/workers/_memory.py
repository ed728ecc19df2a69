"""Free memory between trials, so that the hundredth trial has as much as the first."""

import gc

import psutil

GROWTH_MIB = 1024
"""A process that grew by this much drops its compiled programs."""


class Housekeeper:
    """Frees memory.

    SBX compiles its programs again for every agent, and JAX keeps all of them: about 35 MiB a trial, however small the
    networks. Dropping them costs the next trial a second or two of compilation, from the cache on disk, so it is done
    only once they have grown large.

    Args:
        growth_mib: how much the process may grow before compiled programs are dropped.
    """

    def __init__(self, growth_mib: float = GROWTH_MIB) -> None:
        self._growth_mib = growth_mib
        self._baseline_mib: float | None = None

    def settle(self) -> None:
        """Treat everything that exists now, such as imported modules, as permanent.

        The garbage collector no longer looks through it, which would cost half a second after every trial, and more
        time during it.
        """
        gc.collect()
        gc.freeze()

    def tidy(self) -> bool:
        """Free what the last trial left; return whether compiled programs were dropped as well.

        The size after the first trial is what later ones are compared with.
        """
        import jax

        gc.collect()  # agents hold replay buffers in reference cycles; two of them at once may not fit
        if self._baseline_mib is None:
            self._baseline_mib = _resident_mib()
        if _resident_mib() - self._baseline_mib < self._growth_mib:
            return False
        jax.clear_caches()  # type: ignore[no-untyped-call]
        gc.collect()
        self._baseline_mib = _resident_mib()
        return True


def _resident_mib() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20
