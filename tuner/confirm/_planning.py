"""Draw up who is to be confirmed on which seeds, going on from what was run before."""

from dataclasses import replace

import optuna

from tuner.config import ConfirmConfig, StudyConfig
from tuner.confirm._candidates import best_trials, reference_entrant
from tuner.confirm._plan import Entrant, Plan
from tuner.confirm._reading import Runs
from tuner.confirm._seeds import fresh_seeds
from tuner.errors import UserError
from tuner.spaces import SearchSpace
from tuner.study import attributes


def make_plan(
    study: optuna.Study,
    config: StudyConfig,
    settings: ConfirmConfig,
    space: SearchSpace | None,
    *,
    race_reference: bool = False,
    before: Plan | None = None,
    runs: Runs | None = None,
) -> Plan:
    """Return who is to be confirmed on which seeds.

    Going on, those that have runs stay in, even where the study has found better ones since, and so do the seeds: more
    can be added. A reference stays until another is named.

    Args:
        study: the study.
        config: its study file.
        settings: how many configurations and seeds, and the reference.
        space: the search space; needed for a reference only.
        race_reference: drop the reference too when it is clearly slower.
        before: the plan so far.
        runs: what has been run by it.

    Raises:
        UserError: if the study has nothing to confirm, or the reference is unknown.
    """
    if config.objective.kind != "time_to_return" or config.objective.target is None:
        raise UserError(
            f"The study '{config.study}' optimises {config.objective.kind}, but what is confirmed are times to return. "
            "Give a study the objective time_to_return and a target."
        )
    done = runs or {}
    entrants = best_trials(study, settings.top)
    earlier = () if before is None else before.entrants
    here = {entrant.key for entrant in entrants}
    entrants += [one for one in earlier if one.number is not None and one.key in done and one.key not in here]
    reference = _reference(study, config, settings, space, earlier)
    if reference is not None:
        entrants.append(_sharing(reference, entrants) if reference.label not in done else reference)
    seeds = () if before is None else before.seeds
    run_already = max(
        (seeds.index(seed) + 1 for by_seed in done.values() for seed in by_seed if seed in seeds), default=0
    )
    return Plan(
        entrants=tuple(entrants),
        seeds=fresh_seeds(
            config.sampler.seed, max(settings.seeds, run_already), used=seeds_used(study), kept=tuple(seeds)
        ),
        target=config.objective.target,
        budget_seconds=config.budget.seconds,
        race_reference=race_reference,
    )


def seeds_used(study: optuna.Study) -> frozenset[int]:
    """Return the seeds that trials of a study were trained with, however they ended."""
    specs = [trial.user_attrs.get(attributes.SPEC, {}) for trial in study.get_trials(deepcopy=False)]
    return frozenset(spec["seed"] for spec in specs if "seed" in spec)


def _reference(
    study: optuna.Study,
    config: StudyConfig,
    settings: ConfirmConfig,
    space: SearchSpace | None,
    earlier: tuple[Entrant, ...],
) -> Entrant | None:
    before = next((entrant for entrant in earlier if entrant.number is None), None)
    if settings.reference is None:
        return None if before is None else replace(before, shares=None)
    if space is None:
        raise ValueError("a reference needs the search space")
    found = reference_entrant(study, config, space, settings.reference)
    # What was trained as the reference stays the reference, even if the search space has changed since.
    return replace(before, shares=None) if before is not None and before.label == found.label else found


def _sharing(reference: Entrant, entrants: list[Entrant]) -> Entrant:
    """Return the reference, with the runs of the trial that has the same configuration if there is one."""
    same = next((entrant.number for entrant in entrants if entrant.agent == reference.agent), None)
    return replace(reference, shares=same)
