"""`tuner train`: train from an exported configuration, from the start or from an earlier run."""

import math
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tuner.cli.opened_tasks import is_study_file, task_of, with_options
from tuner.cli.options import INTERRUPTED, TaskOptions, check_partner, count_option, duration_option
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.text import number_text
from tuner.cli.printing.warnings import print_sharing
from tuner.cli.watching.interrupt import StopOnSignal
from tuner.cli.watching.training_watcher import watching_training
from tuner.clock import MonotonicClock
from tuner.config import TrialSpec, WorkersConfig
from tuner.errors import TunerError, UserError
from tuner.export import ExportedConfiguration, load_configuration
from tuner.records import Outcome, OutcomeKind, milestones_of
from tuner.tracebacks import with_frame
from tuner.training import StopRequest, check_start
from tuner.workers import Event, LocalPool, OutcomeEvent, WorkerPool

TICKS = 40
"""Ticks in the export's own budget, as in studies. A longer training has more of them at the same distance."""
MOST_TICKS = 10_000
"""Limit for trainings that are longer than the export's budget by orders of magnitude."""
SAVE_SECONDS = 60.0
"""Wall-clock seconds between savings of the policy, which a crash cannot take back."""
_POLL_SECONDS = 0.25
_STOPPING = "Stopping and saving the policy. Ctrl-C again to stop without saving it."
_STOPPING_NOW = "Stopping without waiting for the policy."


def train(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="A configuration, as `tuner export` writes it.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder of this training.")],
    seconds: Annotated[
        float | None, duration_option("--seconds", "Training clock, if not the export's: 90, 5m, 1h.")
    ] = None,
    until_target: Annotated[
        bool, typer.Option("--until-target", help="Stop at the target. Without it, the whole time is trained.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seeds simulator and agent.")] = 0,
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="Train on another task than the export's, such as the same robot's on Isaac Lab, or a study file's.",
        ),
    ] = None,
    simulator: Annotated[
        str | None, typer.Option("--simulator", metavar="NAME", help="Where that task is, if several have it.")
    ] = None,
    num_envs: Annotated[
        int | None, count_option("--num-envs", "Robots simulated at once, if not the export's.")
    ] = None,
    option: TaskOptions = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="DIR", help="Start from the policy of an earlier training.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier training in the folder.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object at the end on stdout, everything else on stderr.")
    ] = False,
) -> None:
    """Train the exported configuration, and save the policy with its normalisation.

    The policy loads with plain SBX. --resume continues from an earlier run's policy, optimisers, entropy coefficient
    and normalisation, with the same algorithm, networks and task; the replay buffer starts empty. Ctrl-C ends the
    training and saves the policy. With --task the export is trained on another task: bounds and noise of single joints
    go to the joints of the same names.
    """
    configuration = on_task(load_configuration(file), task, simulator, num_envs, option)
    spec = training_spec(
        configuration,
        seconds=seconds,
        until_target=until_target,
        seed=seed,
        start_from=resume,
        directory=output,
    )
    check_start(spec)
    check_folder(output, start_from=resume, force=force)
    out = console(stderr=as_json)
    if resume is not None:
        out.print(
            f"Starting from {resume}: its policy, optimisers and normalisation; the replay buffer starts empty.",
            markup=False,
            soft_wrap=True,
        )
    outcome = run_training(spec, out)
    refuse_failure(outcome, output)
    if as_json:
        print_json(result_data(spec, outcome))
    print_result(out, spec, outcome)
    if outcome.kind == "interrupted":
        print_next(out, file, spec, outcome, more=_words(task, simulator, num_envs, option))
        raise typer.Exit(INTERRUPTED)
    if outcome.details.get("warning"):
        raise TunerError(f"Not all of the training could be saved: {outcome.details['warning']}")
    if until_target and outcome.reached_seconds is None:
        raise TunerError(f"The target was not reached within {spec.budget_seconds:g} s. Give it more --seconds.")


def on_task(
    exported: ExportedConfiguration,
    task: str | None,
    simulator: str | None,
    num_envs: int | None,
    options: Sequence[str] | None,
) -> ExportedConfiguration:
    """Return an export for another task, number of robots or options than its own, where these are given.

    Raises:
        UserError: as `task_of` does, and for a simulator without a task.
    """
    check_partner("--simulator", simulator, "--task", given=task is not None)
    if task is not None:
        robots = num_envs or (None if is_study_file(task) else exported.task.num_envs)
        return exported.model_copy(update={"task": task_of(task, simulator, robots, options)})
    own = exported.task if num_envs is None else exported.task.model_copy(update={"num_envs": num_envs})
    return exported.model_copy(update={"task": with_options(own, options)})


def _words(task: str | None, simulator: str | None, num_envs: int | None, options: Sequence[str] | None) -> list[str]:
    """Return the words of the command line that name the task."""
    given = {"--task": task, "--simulator": simulator, "--num-envs": num_envs}
    words = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    return words + [word for each in options or () for word in ("--option", each)]


def training_spec(
    configuration: ExportedConfiguration,
    *,
    seconds: float | None,
    until_target: bool,
    seed: int,
    start_from: Path | None,
    directory: Path,
) -> TrialSpec:
    """Return the specification of the training, for the worker.

    With the export's own budget and a trial's seed it repeats that trial, except for where it stops.

    Args:
        configuration: the export.
        seconds: training clock; None for the export's budget.
        until_target: stop at the target.
        seed: seeds simulator and agent.
        start_from: folder of a run to start from.
        directory: folder of the training.

    Raises:
        UserError: if there is no target to stop at.
    """
    objective = configuration.objective
    if until_target and (objective.kind != "time_to_return" or objective.target is None):
        raise UserError(
            "--until-target needs a target, but the export's objective is the return at the end of the budget. Leave "
            "--until-target out."
        )
    budget = configuration.budget_seconds if seconds is None else seconds
    times_longer = max(1.0, min(budget / configuration.budget_seconds, MOST_TICKS / TICKS))
    return TrialSpec(
        study=configuration.provenance.study,
        number=configuration.provenance.trial,
        seed=seed,
        task=configuration.task,
        agent=configuration.agent,
        joints=_ordered_joints(configuration),
        objective=objective,
        budget_seconds=budget,
        ticks=math.ceil(TICKS * times_longer),
        threads=configuration.threads,
        stop_at_target=until_target,
        save_seconds=SAVE_SECONDS,
        start_from=None if start_from is None else str(start_from),
        directory=str(directory),
    )


def _ordered_joints(configuration: ExportedConfiguration) -> tuple[str, ...]:
    """Return the joints in the order of the agent's actions; none if all have the same bounds and the same noise."""
    agent = configuration.agent
    box = agent.action_box
    same_box = box is None or len(set(zip(box.low, box.high, strict=True))) == 1
    schedule = agent.target_entropy_schedule
    noises = (agent.initial_std, agent.target_entropy_std, schedule and schedule.final_std)
    same_noise = not any(isinstance(std, tuple) and len(set(std)) > 1 for std in noises)
    return () if same_box and same_noise else configuration.provenance.joints


def run_training(spec: TrialSpec, out: Console) -> Outcome:
    """Train in a worker process, show the progress, and return the outcome.

    Ctrl-C stops the training in order, so that the worker saves the policy. A second Ctrl-C does not wait for that.
    """
    clock = MonotonicClock()
    workers = WorkersConfig(count=1, threads=spec.threads)
    with (
        LocalPool(workers, log_dir=Path(spec.directory or ".")) as pool,
        watching_training(spec, clock, out) as watcher,
    ):
        print_sharing(out, pool, workers)
        signals = 0

        def stop(count: int) -> None:
            nonlocal signals
            signals = count
            watcher.say(_STOPPING if count == 1 else _STOPPING_NOW)

        with StopOnSignal(stop):
            return train_alone(pool, spec, watcher.on_event, lambda: signals)


def train_alone(
    pool: WorkerPool, spec: TrialSpec, on_event: Callable[[Event], None], stops: Callable[[], int] = lambda: 0
) -> Outcome:
    """Train one trial in a pool and return its outcome.

    Args:
        pool: has an idle slot.
        spec: the trial.
        on_event: gets all other events of the trial.
        stops: called repeatedly; 1 interrupts the trial in order, 2 closes the pool.
    """
    slot = pool.idle()[0]
    pool.submit(slot, spec)
    while True:
        if stops() == 1:
            pool.stop(slot, StopRequest(OutcomeKind.INTERRUPTED))
        elif stops() > 1:
            pool.close()
        for event in pool.poll(_POLL_SECONDS):
            if isinstance(event, OutcomeEvent):
                return event.outcome
            on_event(event)


def check_folder(output: Path, *, start_from: Path | None, force: bool) -> None:
    """Refuse a folder that is not empty, unless it may be replaced.

    Raises:
        UserError: if it is not empty, is a file, or would be inside a file.
    """
    there = next(path for path in (output, *output.absolute().parents) if path.exists())
    if not there.is_dir():
        raise UserError(f"{there} is a file. Name a folder for the training.")
    if force or not output.is_dir():
        return
    if start_from is not None and output.resolve() == start_from.resolve():
        raise UserError(
            f"-o {output} is the folder that --resume starts from. Name another folder, or give --force to replace the "
            "earlier training when this one ends."
        )
    if any(output.iterdir()):
        raise UserError(f"{output} is not empty. Name another folder, or give --force to replace the training in it.")


def refuse_failure(outcome: Outcome, output: Path) -> None:
    """Raise an error if a training failed.

    Raises:
        UserError: if the agent and the task, or the run to start from, do not fit.
        TunerError: for any other failure.
    """
    frame = outcome.details.get("user_frame")
    if outcome.details.get("user_error"):
        raise UserError(with_frame(outcome.message, frame))
    if outcome.kind in ("crashed", "hung", "diverged", "too_large"):
        message = (
            f"The training {_FAILED[outcome.kind]}: {outcome.message.rstrip('.')}. The worker's output is in "
            f"{output / 'worker-0.log'}."
        )
        if (output / "policy.zip").is_file():
            message += f" The policy that was saved last is in {output}: --resume {output} goes on from it."
        raise TunerError(with_frame(message, frame))


_FAILED = {"crashed": "crashed", "hung": "hung", "diverged": "diverged", "too_large": "is too large"}


def has_policy(spec: TrialSpec, outcome: Outcome) -> bool:
    """Return whether this training left a policy. Without an agent, the policy in the folder is an earlier one's."""
    return outcome.agent is not None and (Path(spec.directory or "") / "policy.zip").is_file()


def result_data(spec: TrialSpec, outcome: Outcome) -> dict[str, Any]:
    """Return what happened, for JSON."""
    return {
        "directory": spec.directory,
        "policy": f"{spec.directory}/policy.zip" if has_policy(spec, outcome) else None,
        "task": spec.task.id,
        "algorithm": spec.agent.algorithm,
        "seed": spec.seed,
        "start_from": spec.start_from,
        "target": spec.objective.target,
        "outcome": outcome.to_json(),
    }


def print_result(out: Console, spec: TrialSpec, outcome: Outcome) -> None:
    """Print what was trained, how it did, and what to do with it."""

    def say(text: str) -> None:
        out.print(text, markup=False, soft_wrap=True)

    name = f"{spec.agent.algorithm.upper()} on {spec.task.id}"
    ended = "stopped after" if outcome.kind == "interrupted" else "trained for"
    say(f"{name}: {ended} {outcome.clock_seconds:.1f} s, {outcome.env_steps:,} steps and {outcome.updates:,} updates.")
    target = spec.objective.target
    part = "" if spec.start_from is None else " of this part"
    for milestone in milestones_of(outcome):
        if milestone.reached_seconds is not None:
            say(f"The milestone of {milestone.goal:g} was reached after {milestone.reached_seconds:.1f} s{part}.")
    if outcome.reached_seconds is not None and target is not None:
        say(f"The target of {target:g} was reached after {outcome.reached_seconds:.1f} s{part}.")
    elif target is not None and spec.objective.kind == "time_to_return":
        say(f"The target of {target:g} was not reached; the best return is {number_text(outcome.best_return)}.")
    evaluated = outcome.kind == "reached" and spec.stop_at_target
    say(f"Return at the end: {number_text(outcome.final_return)} ({'evaluated' if evaluated else 'estimated'}).")
    if outcome.contended:
        say("Other work competed for the CPUs, so the times do not compare with others.")
    if has_policy(spec, outcome):
        say(f"The policy is in {spec.directory}. To evaluate it: tuner evaluate {spec.directory}")


def print_next(out: Console, file: Path, spec: TrialSpec, outcome: Outcome, *, more: Sequence[str] = ()) -> None:
    """Print how to continue a training that was stopped; `more` words of the command line name its task."""
    if not has_policy(spec, outcome):
        out.print("It was stopped before there was a policy; the same command with --force starts again.")
        return
    left = max(1, round(spec.budget_seconds - outcome.clock_seconds))
    folder = spec.directory or ""
    words = ["tuner", "train", str(file), "--resume", folder, "--seconds", str(left), "-o", free_name(folder)]
    words += more
    words += ["--seed", str(spec.seed)] if spec.seed else []
    words += ["--until-target"] if spec.stop_at_target else []
    out.print(f"Continue with: {shlex.join(words)}", markup=False, soft_wrap=True)


def free_name(folder: str) -> str:
    """Return a name that is not taken, beside `folder`."""
    number = 2
    while Path(f"{folder}-{number}").exists():
        number += 1
    return f"{folder}-{number}"
