"""Seeds that a study has not used."""

from collections.abc import Collection

import numpy as np

_CONFIRM = 0x636F6E66
"""Sets the sequence apart from the trials' own, which begin with the same study seed; "conf" in ASCII."""


def fresh_seeds(study_seed: int, count: int, *, used: Collection[int], kept: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return seeds that no trial used, always the same for a study's seed; more of them begin with the fewer.

    Args:
        study_seed: the study's `sampler.seed`.
        count: how many.
        used: seeds to leave out.
        kept: seeds chosen before, which come first.
    """
    seeds = list(kept[:count])
    index = 0
    while len(seeds) < count:
        seed = int(np.random.SeedSequence([study_seed, _CONFIRM, index]).generate_state(1)[0])
        index += 1
        if seed not in used and seed not in seeds:
            seeds.append(seed)
    return tuple(seeds)
