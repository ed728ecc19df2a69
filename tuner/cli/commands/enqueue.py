"""`tuner enqueue`: queue one configuration in a study that exists."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tuner.cli.options import Storage, StoredStudy, check_partner
from tuner.cli.printing.next_command import RunCommand
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.warnings import quiet_optuna
from tuner.cli.stored_studies import check_file_unchanged, find_stored, study_file
from tuner.config import StudyConfig, given_options
from tuner.config.recipes import Recipe, as_recipe_file, read_recipe, values_of
from tuner.errors import UserError
from tuner.spaces import SearchSpace, load_space
from tuner.spaces.fitting import Remark, check_own, own_values
from tuner.storage import attributes, open_storage, read_study
from tuner.study import Enqueued, Start, enqueue_start, make_start

_NAME = "queued"
"""What a configuration without a file is called in tables."""


def enqueue(
    study: StoredStudy,
    configuration: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIGURATION",
            help="A file: an export, one of RL Zoo's as sac.yml:Pendulum-v1, or YAML with values in SBX's names. Or a "
            "warm start of the search space.",
        ),
    ] = None,
    entry: Annotated[str | None, typer.Option("--entry", metavar="ID", help="The entry of an RL Zoo file.")] = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A value in SBX's names or the search space's, which wins over CONFIGURATION; repeat it for more.",
        ),
    ] = None,
    nearest: Annotated[
        bool, typer.Option("--nearest", help="Take the nearest values where some lie outside of the search space.")
    ] = False,
    storage: Storage = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Queue one configuration in a study: from a file, a warm start, or values in SBX's names.

    It says what became of each value in the search space. What the configuration leaves out is as in SBX. A
    configuration that the study has already is not queued again. `tuner run` trains what is queued before it asks the
    sampler; a run in progress takes it as its next trial.
    """
    quiet_optuna()
    check_partner("--entry", entry, "a file", given=configuration is not None)
    name, url = find_stored(study, storage)
    stored = read_study(url, name)
    check_file_unchanged(study, stored, url)
    config = attributes.own_config_of(stored)
    space = load_space(config.search_space).with_action_bounds(config.action_bounds)
    start = make_start(config, space, _given(config, space, configuration, entry, values or []))
    if not nearest:
        _refuse_outside(start.remarks, space)
    queued = enqueue_start(open_storage(url), name, start)
    if as_json:
        print_json(_data(name, start, queued))
    else:
        _print(config, start, queued)
        if not queued.duplicate:
            console().print(_how_to_train(study, storage, config, queued), markup=False, soft_wrap=True)


def _given(
    config: StudyConfig, space: SearchSpace, configuration: str | None, entry: str | None, assignments: Sequence[str]
) -> str | Recipe:
    """Return what the user gave: the name of a warm start, or a configuration."""
    written = given_options(assignments, flag="--set", example="gamma=0.98")
    if configuration is None:
        if not written:
            raise UserError("Give a configuration: a file, the name of a warm start, or values with --set NAME=VALUE.")
        return read_recipe(written, name=_NAME)
    file = as_recipe_file(configuration)
    if file is not None:
        return read_recipe({**written, **file, **({} if entry is None else {"entry": entry})}, name=_NAME)
    check_partner("--entry", entry, "a file", given=False)
    if not written:
        return configuration
    parameters, name = space.warm_start(configuration, config.task), f"{configuration}, changed"
    algorithm = space.agent(parameters, config.task).algorithm
    recipe = read_recipe({**written, "name": name, "algorithm": algorithm}, name=_NAME)
    own = own_values(recipe)
    check_own(own, space.explore(config.task, wanted=own).distributions, f"the configuration '{name}'", algorithm)
    parameters |= own
    return recipe.model_copy(
        update={"file_values": values_of(space.agent(parameters, config.task)), "parameters": parameters}
    )


def _refuse_outside(remarks: Sequence[Remark], space: SearchSpace) -> None:
    outside = [f"  {remark}" for remark in remarks if remark.kind in ("clipped", "outside")]
    if outside:
        raise UserError(
            "\n".join(
                [
                    f"The search space '{space.name}' does not have all of the configuration, and nothing was queued:",
                    *outside,
                    "Give other values with --set NAME=VALUE, or take the nearest ones with --nearest.",
                ]
            )
        )


def _data(name: str, start: Start, queued: Enqueued) -> dict[str, Any]:
    return {
        "study": name,
        "name": start.name,
        "queued": not queued.duplicate,
        "trial": queued.number,
        "parameters": start.parameters,
        "remarks": [remark.to_json() for remark in start.remarks],
    }


def _print(config: StudyConfig, start: Start, queued: Enqueued) -> None:
    out = console()

    def say(text: str) -> None:
        out.print(text, markup=False, soft_wrap=True)

    if queued.duplicate:
        say(f"Trial {queued.number} of {config.study} has these parameters already; nothing was queued.")
    else:
        say(f"Trial {queued.number} of {config.study} is queued: {start.name}.")
    for remark in start.remarks:
        say(f"  {remark}")


def _how_to_train(study: str, storage: str | None, config: StudyConfig, queued: Enqueued) -> str:
    trials = max(config.budget.trials, queued.finished + queued.waiting)
    more = None if trials == config.budget.trials else trials
    known = study_file(study) is not None  # otherwise it is a name in the storage, which `tuner run` does not take
    command = RunCommand(study if known else "STUDY.yaml", trials=more, storage=storage).text()
    return f"Train it with: {command}" if known else f"Train it with its study file: {command}"
