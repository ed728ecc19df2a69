"""`tuner replay`: recorded trials under other pruners and in other orders, in simulated time."""

from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import Storage, count_option
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.replay_table import print_replays
from tuner.cli.printing.warnings import quiet_optuna
from tuner.cli.stored_studies import open_stored
from tuner.config import PrunerConfig, StudyConfig
from tuner.figures import check_figure_path, replayed_data, replayed_figure, write_figure
from tuner.replay import (
    Arm,
    Recordings,
    Settings,
    Surrogate,
    check_arms,
    parse_arm,
    read_recordings,
    replay_arm,
    replay_data,
    study_recordings,
    summarize_arms,
    trials_waited_for,
    whole_seconds,
)
from tuner.resources import check_output

_SUFFIX = ".jsonl"


def replay(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDY|FILE",
            help="Studies (a study file, a bundled study, or a study's name in the storage), or files of recorded "
            f"curves ({_SUFFIX}), as benchmarks/record_curves.py writes them; all of one task, target and budget.",
        ),
    ],
    arms: Annotated[
        list[str] | None,
        typer.Option(
            "--arm",
            metavar="NAME=PRUNER,…",
            help="What to compare: a name, a pruner of study files (time_to_return if left out) and its options. "
            "by=steps compares at equal environment steps; sampler=KIND lets a sampler propose the trials, "
            "sampler.OPTION=VALUE sets its options, and proposal_seconds=S charges its time. Repeatable; the first is "
            "the one to compare with. Default: the study's own pruner and median, as far as there are trials enough, "
            "and none.",
        ),
    ] = None,
    repeats: Annotated[int, count_option("--repeats", "Studies of each arm, in other orders and seeds.")] = 200,
    trials: Annotated[
        int | None, count_option("--trials", "Trials of each study. Default: the study's own number, or all there are.")
    ] = None,
    workers: Annotated[
        int | None, count_option("--workers", "Simulated workers. Default: as many as the study has.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Decides orders and seeds.")] = 0,
    storage: Storage = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Also draw the comparison: .html or .png."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the figure if it exists.")] = False,
) -> None:
    """Compare pruners on recorded trials, in simulated time.

    Trials are taken in random orders and begin as workers become free; each takes the seconds that it took when it was
    recorded, until it ends or the pruner stops it. Exact for pruners. What a sampler proposes was not recorded: a
    model of the recorded configurations stands for it, and its error is stated. Nothing is trained.
    """
    if output is not None:
        check_figure_path(output)
        check_output(output, force=force)
    quiet_optuna()
    data = replay_data([_recordings(source, storage) for source in sources])
    config = data.config
    settings = Settings(
        trials=trials or min(config.budget.trials, len(data.curves)),
        workers=workers or config.workers.count,
        repeats=repeats,
        seed=seed,
    )
    settings.check(data)
    compared = [parse_arm(text) for text in arms] if arms else _usual_arms(config, settings.trials)
    model = Surrogate(data) if any(arm.sampler for arm in compared) else None
    free = None if model is None else model.free
    check_arms(compared, config.objective, config.budget, trials=settings.trials, free=free)
    surrogate = None if model is None else model.leave_one_out()
    results = [replay_arm(data, arm, settings) for arm in compared]
    summaries = summarize_arms(results, whole_seconds(data, settings), config.budget.seconds)
    if as_json:
        print_json(
            {
                "task": config.task.id,
                "target": config.objective.target,
                "budget_seconds": config.budget.seconds,
                "runs": data.runs,
                "configurations": len(data.curves),
                "cut": data.cut,
                "left_out": data.left_out,
                "elsewhere": data.elsewhere,
                "machines": list(data.machines),
                "contended": data.contended,
                "best_true_seconds": min(data.true_seconds),
                "trials": settings.trials,
                "workers": settings.workers,
                "repeats": settings.repeats,
                "seed": settings.seed,
                "surrogate": surrogate and surrogate.to_json(),
                "arms": [summary.to_json() for summary in summaries],
            }
        )
    else:
        print_replays(console(), data, settings, summaries, surrogate=surrogate)
    if output is not None:
        figure = replayed_figure(
            replayed_data(results, budget_seconds=config.budget.seconds),
            subtitle=f"{config.task.id}: mean and 95 % interval of {settings.repeats} studies of {settings.trials} "
            f"trials on {settings.workers} workers.",
        )
        write_figure(figure, output)
        console(stderr=True).print(str(output))


def _recordings(source: str, storage: str | None) -> Recordings:
    if source.endswith(_SUFFIX):
        return read_recordings(Path(source))
    return study_recordings(open_stored(source, storage))


def _usual_arms(config: StudyConfig, trials: int) -> list[Arm]:
    """Return what is compared if nothing is asked for: what can stop one of so many trials, and nothing at all."""
    arms = [Arm("the study's", config.pruner), Arm("median", PrunerConfig(kind="median"))]
    patient = [arm for arm in arms if trials > trials_waited_for(arm, config.objective, config.budget)]
    return [*patient, Arm("none", PrunerConfig(kind="none"))]
