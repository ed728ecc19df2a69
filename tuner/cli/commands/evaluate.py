"""`tuner evaluate`: what a trained policy earns, and what it looks like."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from tuner import policies
from tuner.cli.opened_tasks import opened, with_options
from tuner.cli.options import TaskOptions, check_partner, count_option, duration_option
from tuner.cli.printing.metrics_table import metrics_table
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.text import number_text
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.policies import EpisodeSummary, check_video_tools
from tuner.resources import check_output
from tuner.simulators.server import SERVED
from tuner.training import read_folder

DEFAULT_EPISODES = 100


def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of a trial or a training, such as runs/a1.")
    ],
    episodes: Annotated[int, count_option("--episodes", "Whole episodes, of all robots together.")] = DEFAULT_EPISODES,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seeds simulation and exploration.")] = 0,
    deterministic: Annotated[
        bool, typer.Option("--deterministic/--exploring", help="Without exploration noise, or with it as in training.")
    ] = True,
    option: TaskOptions = None,
    threads: Annotated[
        int | None, count_option("--threads", "CPU threads of the simulator, if not the trial's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    video: Annotated[
        Path | None,
        typer.Option("--video", metavar="FILE", help="Film one robot, as .mp4, or as a small .gif for web pages."),
    ] = None,
    video_seconds: Annotated[
        float | None, duration_option("--video-seconds", "Length of the film, if not that of the longest episode.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the video if it exists.")] = False,
) -> None:
    """Evaluate a trained policy on the task that it was trained on.

    Prints the mean return of whole episodes with its 95 % bootstrap interval, the spread of returns and lengths, and
    how many episodes ended by failure; then the metrics that the task has, such as how fast robots went. Videos need
    the extra `video` of this package, and a task of the embedded simulator or one of your own whose environment has
    `open_camera`; they are rendered without a screen.
    """
    check_partner("--video-seconds", video_seconds, "--video", given=video is not None)
    if video is not None:
        check_video_tools(video)
        check_output(video, force=force)
    spec = read_folder(folder).spec
    loaded = policies.Policy.load(folder)
    policy = replace(loaded, task=with_options(loaded.task, option))
    numbers: dict[str, Any] = {"seed": seed, "deterministic": deterministic, "threads": threads or spec.threads}
    if video is not None:
        check_filmed_here(policy.task)
        _film(policy, video, video_seconds, **numbers)
    summary = _evaluate(policy, episodes, **numbers)
    target = spec.objective.target
    if as_json:
        facts = {
            "folder": str(folder),
            "task": policy.task.id,
            "simulator": policy.task.simulator,
            "algorithm": policy.config.algorithm,
            "deterministic": deterministic,
            "seed": seed,
            "target": target,
        }
        print_json({**facts, **summary.to_json(), "video": None if video is None else str(video)})
        return
    out = console()
    acting = "without exploration" if deterministic else "exploring"
    out.print(f"{policy.config.algorithm.upper()} on {policy.task.id}, {acting}: {summary.episodes} episodes")
    for name, text in lines(summary, target):
        out.print(f"  {name:<8} {text}")
    if summary.metrics:
        out.print("What the task measured, means over the steps of these episodes:")
        out.print(metrics_table(summary.metrics))
    if video is not None:
        out.print(f"The video is in {video}.", markup=False, soft_wrap=True)


def lines(summary: EpisodeSummary, target: float | None) -> list[tuple[str, str]]:
    """Return a summary as names and texts, to be printed."""
    interval = "" if summary.low is None else f" (95 %: {number_text(summary.low)} to {number_text(summary.high)})"
    against = ""
    if target is not None:
        against = f", target {target:g} {'reached' if summary.mean >= target else 'not reached'}"
    spread = f"median {number_text(summary.median)}, {number_text(summary.minimum)} to {number_text(summary.maximum)}"
    steps = f"mean {summary.mean_length:.1f} of {summary.max_length} steps, median {summary.median_length:g}"
    return [
        ("return", f"mean {number_text(summary.mean)}{interval}{against}"),
        ("", spread),
        ("length", f"{steps}, {summary.shortest} to {summary.longest}"),
        ("failed", f"{summary.failed:.1%} of the episodes; the others ended by time"),
    ]


def check_filmed_here(task: TaskConfig) -> None:
    """Refuse to film a task in an interpreter of its own, before that starts.

    Raises:
        UserError: for such a task.
    """
    if task.python is not None or task.simulator in SERVED:
        raise UserError(
            f"--video cannot film {task.id}: its simulator '{task.simulator}' runs in an interpreter of its own, and "
            "only tasks of the simulator 'mujoco' in this one can be filmed. Leave out --video."
        )


def _evaluate(
    policy: "policies.Policy", episodes: int, *, seed: int, deterministic: bool, threads: int
) -> EpisodeSummary:
    robots = min(policy.task.num_envs, episodes)
    with (
        opened(_task(policy, robots), seed=seed, threads=threads) as env,
        console(stderr=True).status(f"{robots} robots live {episodes} episodes …"),
    ):
        return policies.evaluate_policy(policy, env, episodes=episodes, seed=seed, deterministic=deterministic)


def _film(
    policy: "policies.Policy", video: Path, seconds: float | None, *, seed: int, deterministic: bool, threads: int
) -> None:
    with (
        opened(_task(policy, 1), seed=seed, threads=threads) as env,
        console(stderr=True).status("Filming …") as status,
    ):
        policies.film_policy(
            policy,
            env,
            video,
            seed=seed,
            deterministic=deterministic,
            seconds=seconds,
            progress=lambda share: status.update(f"Filming: {share:.0%}"),
        )


def _task(policy: "policies.Policy", robots: int) -> TaskConfig:
    return policy.task.model_copy(update={"num_envs": robots})
