"""`tuner audit`: whether SAC can learn in an action box."""

import math
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tuner.actions import (
    MOST_DIMENSIONS,
    Audit,
    ConfigurationAudit,
    PartialTargets,
    audit_box,
    audit_configurations,
    audit_task,
    read_robot,
)
from tuner.cli.opened_tasks import task_of
from tuner.cli.options import NOT_FINE, TASK_HELP, TaskOptions, check_partner
from tuner.cli.printing.audit_tables import print_audit, print_configuration, print_configurations
from tuner.cli.printing.output import console, print_json
from tuner.cli.watching.start_watcher import StartWatcher
from tuner.config import TaskConfig
from tuner.errors import TunerError, UserError


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
        list[str] | None,
        typer.Option(
            "--config",
            metavar="PATH",
            help="Audit the clipping in a configuration file (.py, or FILE.py:Class; .yaml, .json), in a run's params/ "
            "or in all files of a folder; repeatable. Files are parsed, never run.",
        ),
    ] = None,
    robot: Annotated[
        str | None,
        typer.Option("--robot", metavar="FILE", help="With --config: the robot's URDF or MJCF, for its joint limits."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 3 unless every box is fine, for use in CI.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Say whether SAC can learn in an action box: fine, wide or hopeless, why, and what to do.

    For each dimension: the box, where PPO's first actions (a Gaussian of σ = 1) and SAC's (the same, squashed onto the
    box) are in it, and for position-controlled robots the joint targets that the box commands. Fine: at most a third
    of SAC's first actions are beyond the joint's range, or beyond ±3 if the range is not known. Hopeless: nine tenths
    are.

    The surest way is to give the TASK, which is opened. For a configuration file the answer is a box, no clipping (and
    where that is said), or not understood (which line, and what to give by hand); then the exit code is 2.
    """
    given = {"task": task, "box": box, "config": config[0] if config and len(config) == 1 else config or None}
    try:
        if sum(value is not None for value in given.values()) != 1:
            raise UserError("Give one thing to audit: a TASK, --box LOW HIGH, or --config PATH.")
        check_partner("--simulator", simulator, "a TASK", given=task is not None)
        check_partner("--option", option or None, "a TASK", given=task is not None)
        check_partner("--dims", dims, "--box", given=box is not None)
        check_partner("--scale", scale, "--box", given=box is not None)
        check_partner("--robot", robot, "--config", given=bool(config))
        if config:
            found = audit_configurations(config, None if robot is None else read_robot(robot))
            _print_configurations(found, as_json=as_json)
            code = _exit_code(found, check=check)
        else:
            if box is not None:
                source, audited = _audit_given(box, 1 if dims is None else dims, scale)
            else:
                source, audited = _audit_task(task_of(task or "", simulator, 1, option))
            _print_audit(source, audited, as_json=as_json)
            code = NOT_FINE if check and audited.verdict != "fine" else 0
    except TunerError as error:
        if as_json:
            print_json(_not_answered({name: value for name, value in given.items() if value is not None}, error))
        raise
    if code:
        raise typer.Exit(code)


def _print_audit(source: dict[str, Any], audited: Audit, *, as_json: bool) -> None:
    if as_json:
        print_json({"source": source, "answer": "box", **audited.to_json()})
    else:
        print_audit(console(), source, audited)


def _print_configurations(found: Sequence[ConfigurationAudit], *, as_json: bool) -> None:
    if as_json:
        objects = [entry.to_json() for entry in found]
        print_json(objects[0] if len(objects) == 1 else {"audits": objects})
    elif len(found) == 1:
        print_configuration(console(), found[0])
    else:
        print_configurations(console(), found)


def _exit_code(found: Sequence[ConfigurationAudit], *, check: bool) -> int:
    fine = {
        entry.audit is not None and entry.audit.verdict == "fine" for entry in found if entry.answer != "not_understood"
    }
    if check and False in fine:
        return NOT_FINE
    return UserError.exit_code if any(entry.answer == "not_understood" for entry in found) else 0


def _not_answered(given: dict[str, Any], error: TunerError) -> dict[str, Any]:
    """Return the JSON object of an audit that could not be made."""
    nothing: dict[str, Any] = {"verdict": None, "dimensions": [], "remedy": None, "command": None}
    return {"source": given, "answer": "not_understood", **nothing, "reason": str(error)}


def _audit_task(task: TaskConfig) -> tuple[dict[str, Any], Audit]:
    source: dict[str, Any] = {"task": task.id, "simulator": task.simulator}
    with StartWatcher() as watcher:
        audited = audit_task(task, watcher.say)
    return (source | {"options": task.options} if task.options else source), audited


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
