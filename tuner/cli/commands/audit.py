"""`tuner audit`: whether SAC can learn in an action box."""

import math
from typing import Annotated, Any

import typer

from tuner.actions import MOST_DIMENSIONS, Audit, PartialTargets, audit_box, audit_task
from tuner.actions.audit.config_files import read_action_settings
from tuner.cli.opened_tasks import task_of
from tuner.cli.options import TASK_HELP, TaskOptions, check_partner
from tuner.cli.printing.audit_tables import print_audit
from tuner.cli.printing.output import console, print_json
from tuner.config import TaskConfig
from tuner.errors import UserError


def audit(
    task: Annotated[str | None, typer.Argument(metavar="TASK", help=f"{TASK_HELP} The task is opened.")] = None,
    simulator: Annotated[
        str | None,
        typer.Option(
            "--simulator",
            metavar="NAME",
            help="The simulator, if not the one that lists the task; your own as path/to/file.py:ClassName.",
        ),
    ] = None,
    option: TaskOptions = None,
    box: Annotated[
        tuple[float, float] | None,
        typer.Option(
            "--box", metavar="LOW HIGH", help="Audit this box instead of a task, the same in every dimension."
        ),
    ] = None,
    dims: Annotated[
        int | None, typer.Option("--dims", metavar="N", help="Action dimensions of --box; 1 if not given.")
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option("--scale", metavar="S", help="With --box: rad of joint target per unit of action."),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Audit the clipping in a configuration file: legged_gym's classes (.py, or FILE.py:Class), "
            "humanoidverse's, Isaac Lab's dumped and trainers' YAML. The file is parsed, never run.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Say whether SAC can learn in an action box: fine, wide or hopeless, why, and what to do.

    For each dimension: the box, where PPO's first actions (a Gaussian of σ = 1) and SAC's (the same, squashed onto the
    box) are in it, and for position-controlled robots the joint targets that the box commands. Fine: at most a third
    of SAC's first actions are beyond the joint's range, or beyond ±3 if the range is not known. Hopeless: nine tenths
    are.
    """
    if sum(given is not None for given in (task, box, config)) != 1:
        raise UserError("Give one thing to audit: a TASK, --box LOW HIGH, or --config FILE.")
    check_partner("--simulator", simulator, "a TASK", given=task is not None)
    check_partner("--option", option or None, "a TASK", given=task is not None)
    check_partner("--dims", dims, "--box", given=box is not None)
    check_partner("--scale", scale, "--box", given=box is not None)
    if task is not None:
        source, found = _audit_task(task_of(task, simulator, 1, option))
    elif box is not None:
        source, found = _audit_given(box, 1 if dims is None else dims, scale)
    else:
        source, found = _audit_config(config or "")
    if as_json:
        print_json({"source": source, **found.to_json()})
        return
    print_audit(console(), source, found)


def _audit_task(task: TaskConfig) -> tuple[dict[str, Any], Audit]:
    source: dict[str, Any] = {"task": task.id, "simulator": task.simulator}
    return (source | {"options": task.options} if task.options else source), audit_task(task)


def _audit_given(box: tuple[float, float], dims: int, scale: float | None) -> tuple[dict[str, Any], Audit]:
    if not 1 <= dims <= MOST_DIMENSIONS:
        raise UserError(f"--dims is {dims}; give a whole number from 1 to {MOST_DIMENSIONS}.")
    if scale is not None and not (scale > 0 and math.isfinite(scale)):
        raise UserError(f"--scale is {scale:g}; give the rad per unit of action, a number above zero.")
    unknown = (None,) * dims
    names = tuple(str(index) for index in range(dims))
    joints = PartialTargets(names, default=unknown, scale=(scale,) * dims, lower=unknown, upper=unknown)
    low, high = box
    return {"box": [low, high], "dims": dims, "scale": scale}, audit_box([low] * dims, [high] * dims, joints)


def _audit_config(config: str) -> tuple[dict[str, Any], Audit]:
    try:
        settings = read_action_settings(config)
        found = audit_box(settings.low, settings.high, settings.joints)
    except UserError as error:
        if not config or config in str(error):
            raise
        raise UserError(f"{config}: {error}") from error
    source = {"config": config, "style": settings.style, "place": settings.place, "notes": list(settings.notes)}
    return source, found
