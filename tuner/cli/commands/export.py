"""`tuner export`: write a study's configuration for the tools that train it."""

from pathlib import Path
from typing import Annotated

import typer

from tuner import policies
from tuner.cli.options import Storage, StoredStudy, check_partner
from tuner.cli.printing.output import console
from tuner.cli.printing.warnings import quiet_optuna
from tuner.cli.stored_studies import check_file_unchanged, find_stored
from tuner.errors import UserError
from tuner.export import POLICY_FORMATS, Found, Provenance, configuration_of, get_format
from tuner.resources import check_output, write_whole
from tuner.storage import read_study


def export(
    study: StoredStudy,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="sbx: a Python program for plain SBX. zoo: an entry for RL Zoo. isaaclab: an agent file for Isaac "
            "Lab's Stable-Baselines3 scripts. json: all of it, for tuner train. onnx: the trained policy, with its "
            "normalisation; STUDY may be a trial's folder then.",
        ),
    ],
    trial: Annotated[
        int | None, typer.Option("--trial", metavar="N", help="Export this trial instead of the confirmed winner.")
    ] = None,
    storage: Storage = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write a study's configuration to a file, for the tool that will train it, or its trained policy.

    The configuration is the confirmed winner's, or without a confirmation the best trial's, with a warning. The action
    box is in absolute numbers, so that it means the same everywhere.
    """
    if form not in POLICY_FORMATS:
        get_format(form).check_name(output)
    check_output(output, force=force)
    quiet_optuna()
    if form in POLICY_FORMATS and (folder := Path(study)).is_dir():
        check_partner("--trial", trial, "a study", given=False)
        data, told = _policy(folder), f"the policy in {folder}."
    else:
        found = _found(study, storage, trial)
        for warning in found.warnings:
            _warn(warning)
        data, told = _data(found, form), _told(found.configuration.provenance)
    try:
        write_whole(output, lambda file: file.write(data))
    except OSError as error:
        raise UserError(f"Cannot write {output}: {error.strerror}. Name another place.") from error
    console().print(f"Written to {output}: {told}", markup=False, soft_wrap=True)


def _found(study: str, storage: str | None, trial: int | None) -> Found:
    name, url = find_stored(study, storage)
    stored = read_study(url, name)
    check_file_unchanged(study, stored, url)
    return configuration_of(stored, trial)


def _data(found: Found, form: str) -> bytes:
    if form in POLICY_FORMATS:
        if found.folder is None:
            raise UserError("No files were kept of this trial. Export another one with --trial, or a trial's folder.")
        return _policy(found.folder)
    return get_format(form).text(found.configuration).encode()


def _policy(folder: Path) -> bytes:
    policy = policies.Policy.load(folder)
    if not policy.config.squash:
        _warn("The policy's actions can leave the task's own box. Clip them to it before the robot, as training did.")
    return policies.onnx_model(policy)


def _warn(text: str) -> None:
    console(stderr=True).print(f"Warning: {text}", markup=False, soft_wrap=True)


def _told(taken: Provenance) -> str:
    kind = "the confirmed winner" if taken.confirmed else "not confirmed"
    return f"trial {taken.trial} of {taken.study}, {kind}."
