"""What lets SAC walk on the A1? The recipe a1_walker with one thing changed at a time.

    walker        a1_walker of the search space sac_legged: ten degrees of noise, a bonus for living, mean of critics
    steady_noise  noise that does not fall when robots walk
    half_noise    five degrees
    held_noise    the same noise, held for 4 steps
    no_bonus      nothing for living
    cautious      an actor that maximises the minimum of the critics, as SBX's does
    one_critic    one critic
    one_step      one-step returns
    long_horizon  a discount of 0.99
    half_updates  half as many updates

Each is trained on Velocity-Flat-A1 from the same seeds for the same training clock. The tables are those of
a1_story.py: times to 15 and 25, and return, share of the commanded speed and falls at the end.

    python benchmarks/walking.py --output runs/walking.jsonl --threads 1 --jobs 2
    python benchmarks/walking.py --output runs/walking.jsonl --threads 1 --jobs 2 --resume --arms walker no_bonus
    python benchmarks/walking.py --table runs/walking.jsonl
"""

import argparse
from collections.abc import Sequence
from typing import Any

from _runs_file import Run, read_runs
from _show_runs import add_figure_argument, draw_ranges, groups
from _training_runs import add_arguments, parsed
from a1_story import TASK, print_ends, print_times, train_to_walk

from tuner.config import AgentConfig
from tuner.spaces import load_space

CHANGES: dict[str, dict[str, Any]] = {
    "walker": {},
    "steady_noise": {"noise_falls": 0},
    "half_noise": {"noise_degrees": 5.0},
    "held_noise": {"log2_noise_hold": 2, "log2_train_freq": 2},
    "no_bonus": {},  # below what the space searches, see `agent_of`
    "cautious": {"critics_index": 0},
    "one_critic": {"critics_index": 2},
    "one_step": {"n_steps_index": 0},
    "long_horizon": {"one_minus_gamma": 0.01},
    "half_updates": {"log2_gradient_steps_per_1024": 4},
}
"""Parameters of `sac_legged` that differ from the recipe."""


def agent_of(arm: str) -> AgentConfig:
    """Return the configuration of an arm."""
    space = load_space("sac_legged")
    agent = space.agent(space.warm_start("a1_walker", TASK) | CHANGES[arm], TASK)
    return agent.model_copy(update={"alive_bonus": 0.0}) if arm == "no_bonus" else agent


def print_tables(runs: Sequence[Run]) -> None:
    """Print the tables for each task, target, budget and number of threads."""
    for title, group in groups(runs).items():
        by_arm = {name: mine for name in CHANGES if (mine := [run for run in group if run.variant == name])}
        print(f"\n{title}")
        print_times(by_arm, group[0].goals)
        print_ends(by_arm)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", nargs="+", choices=list(CHANGES), default=list(CHANGES), help="which to train")
    add_figure_argument(parser, "the median return and its range")
    add_arguments(parser, seeds=2)
    return parsed(parser)


def main() -> None:
    arguments = parse()
    if arguments.table is None:
        train_to_walk({arm: agent_of(arm) for arm in arguments.arms}, arguments, stop_at_target=False)
    runs = read_runs(arguments.table or arguments.output)
    print_tables(runs)
    if arguments.figure is not None:
        draw_ranges(runs, arguments.figure, list(CHANGES))


if __name__ == "__main__":
    main()
