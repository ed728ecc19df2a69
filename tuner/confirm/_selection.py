"""Select the candidates and the seeds of a confirmation, continuing with what was run before."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import optuna
from optuna.trial import FrozenTrial

from tuner.config import ConfirmConfig, StudyConfig
from tuner.confirm._plan import Entrant, Plan, agent_of
from tuner.confirm._reading import Runs
from tuner.errors import UserError
from tuner.records import OutcomeKind
from tuner.spaces import SearchSpace
from tuner.storage import attributes, counts, outcome_of, ranking
from tuner.study import make_start

_CONFIRM = 0x636F6E66
"""Sets the sequence apart from the trials' own, which begin with the same study seed; "conf" in ASCII."""


def fresh_seeds(study_seed: int, count: int, *, used: Collection[int], kept: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return seeds that no trial used, always the same for a study's seed; a longer list begins with the shorter one.

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


def best_trials(study: optuna.Study, top: int) -> list[Entrant]:
    """Return the best trials of different configurations, in the order of `tuner.storage.ranking`.

    Args:
        study: the study.
        top: how many at most.

    Raises:
        UserError: if no trial has a return.
    """
    ranked = [each.trial for each in ranking(study) if agent_of(each.trial) is not None]
    if not ranked:
        finished = sum(counts(trial) for trial in study.get_trials(deepcopy=False))
        state = f"none of its {finished} finished trials has a return" if finished else "no trial has finished yet"
        raise UserError(f"The study '{study.study_name}' has nothing to confirm: {state}. Run it until one has.")
    found: list[Entrant] = []
    for trial in ranked:
        entrant = _entrant(trial)
        if len(found) < top and all(entrant.agent != other.agent for other in found):
            found.append(entrant)
    return found


def reference_entrant(study: optuna.Study, config: StudyConfig, space: SearchSpace, name: str) -> Entrant:
    """Return a warm start as the reference: as the study trained it, otherwise as the search space gives it.

    Args:
        study: the study.
        config: its study file.
        space: its search space.
        name: the warm start.

    Raises:
        UserError: if the search space has no such warm start, or it leaves a parameter open or is given up.
    """
    space = space.with_action_bounds(config.action_bounds)
    parameters = make_start(config, space, name).parameters
    for trial in study.get_trials(deepcopy=False):
        agent = agent_of(trial)
        if trial.user_attrs.get(attributes.WARM_START) == name and outcome_of(trial) is not None and agent is not None:
            return Entrant(number=None, label=name, promised_seconds=None, agent=agent)
    try:
        built = space.agent(parameters, config.task)
    except UserError as error:
        raise UserError(f"The reference '{name}' cannot be built. {error}") from error
    return Entrant(number=None, label=name, promised_seconds=None, agent=built.to_json())


def _entrant(trial: FrozenTrial) -> Entrant:
    outcome, agent = outcome_of(trial), agent_of(trial)
    reached = outcome is not None and outcome.kind is OutcomeKind.REACHED
    return Entrant(
        number=trial.number,
        label=f"trial {trial.number}",
        promised_seconds=outcome.reached_seconds if outcome is not None and reached else None,
        agent=agent or {},
    )


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
    """Return which candidates are confirmed on which seeds.

    Candidates that have runs stay, even if the study has found better ones since, and so do the seeds; more can be
    added. A reference stays until another one is named.

    Args:
        study: the study.
        config: its study file.
        settings: how many configurations and seeds, and the reference.
        space: the search space; needed for a reference only.
        race_reference: drop the reference too when it is clearly slower.
        before: the plan so far.
        runs: the runs so far.

    Raises:
        UserError: if the study has nothing to confirm, or the reference is unknown.
    """
    if config.objective.kind != "time_to_return" or config.objective.target is None:
        raise UserError(
            f"The study '{config.study}' optimises {config.objective.kind}, but a confirmation compares times to "
            "return. Give a study the objective time_to_return and a target."
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
    """Return the seeds of a study's trials, no matter how they ended."""
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
    # A reference that has been trained stays as it is, even if the search space has changed since.
    return replace(before, shares=None) if before is not None and before.label == found.label else found


def _sharing(reference: Entrant, entrants: list[Entrant]) -> Entrant:
    """Return the reference; it shares the runs of a trial with the same configuration, if there is one."""
    same = next((entrant.number for entrant in entrants if entrant.agent == reference.agent), None)
    return replace(reference, shares=same)
