"""The A1 story: how fast do PPO and SAC learn to walk, as shipped and tuned? Training clock to a return of 15.

Five configurations are trained on Velocity-Flat-A1 from the same seeds, under the same budget of training clock:

    ppo_shipped   the settings that Isaac Lab ships for Stable-Baselines3
    ppo_tuned     the winner of the study a1_flat_ppo: the warm start a1_flat_ppo_winner of the space ppo_speed
    sac_default   SBX's defaults on the task's ±100
    sac_3_percent the same, in 3 % of that box and with a small entropy coefficient
    sac_tuned     the winner of the study a1_flat: the warm start a1_flat_winner of the space sac_speed

--ppo and --sac replace a winner by your own, as `tuner export STUDY --format json` writes it.

The table gives for each how many runs reached the target, the restricted mean time with a 95 % bootstrap interval, and
the return at the end of the runs. Finished runs are appended to the output file; --resume continues it. --figure
FILE draws the learning curves.

    python benchmarks/a1_story.py --output runs/a1_story.jsonl
    python benchmarks/a1_story.py --output runs/a1_story.jsonl --resume --jobs 8 --figure runs/a1_story.html
    python benchmarks/a1_story.py --table runs/a1_story.jsonl
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from _runs_file import Run, read_runs
from _show_runs import SUMMARY_HEAD, add_figure_argument, draw, groups, summary
from _training_runs import add_arguments, parsed, plan, train_all

from tuner.config import AgentConfig, TaskConfig
from tuner.export import load_configuration
from tuner.spaces import load_space

TASK = TaskConfig(id="Velocity-Flat-A1", num_envs=256)
TARGET, BUDGET_SECONDS = 15.0, 240.0
SMALL_BOX = {"action_bound_fraction": 0.03, "ent_coef": 0.006}
"""The changes of sac_3_percent to SBX's defaults, from https://araffin.github.io/post/sac-massive-sim/."""


def recipe(space_name: str, warm_start: str, **changes: float) -> AgentConfig:
    """Return a named configuration of a bundled search space, with some of its parameters changed."""
    space = load_space(space_name)
    return space.agent(space.warm_start(warm_start, TASK) | changes, TASK)


def configurations(arguments: argparse.Namespace) -> dict[str, AgentConfig]:
    """Return the configurations, in the order of the table."""
    return {
        "ppo_shipped": recipe("ppo_speed", "isaaclab_ppo"),
        "ppo_tuned": winner(arguments.ppo, "ppo_speed", "a1_flat_ppo_winner"),
        "sac_default": recipe("sac_speed", "sbx_default"),
        "sac_3_percent": recipe("sac_speed", "sbx_default", **SMALL_BOX),
        "sac_tuned": winner(arguments.sac, "sac_speed", "a1_flat_winner"),
    }


def winner(file: Path | None, space_name: str, warm_start: str) -> AgentConfig:
    """Return the exported configuration in the file, or the shipped winner if there is no file."""
    return recipe(space_name, warm_start) if file is None else load_configuration(file).agent


def print_tables(runs: Sequence[Run]) -> None:
    """Print a table for each target, budget and number of threads."""
    for title, group in groups(runs).items():
        print(f"\n{title}\n{'':>14} {SUMMARY_HEAD}")
        for name in dict.fromkeys(run.variant for run in group):
            print(f"{name:>14} {summary([run for run in group if run.variant == name])}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ppo", type=Path, metavar="FILE.json", help="another tuned PPO, exported as JSON")
    parser.add_argument("--sac", type=Path, metavar="FILE.json", help="another tuned SAC, exported as JSON")
    add_figure_argument(parser)
    add_arguments(parser, seeds=3)
    return parsed(parser)


def main() -> None:
    arguments = parse()
    if arguments.table is None:
        planned = plan(
            TASK,
            configurations(arguments),
            arguments,
            target=TARGET,
            budget_seconds=BUDGET_SECONDS,
            stop_at_target=False,
        )
        train_all(planned, arguments.output, jobs=arguments.jobs, threads=arguments.threads)
    runs = read_runs(arguments.table or arguments.output)
    print_tables(runs)
    if arguments.figure is not None:
        draw(runs, arguments.figure)


if __name__ == "__main__":
    main()
