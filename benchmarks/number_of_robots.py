"""Do PPO and SAC need more steps where there are more robots? Steps and training clock to walking on the A1.

The tuned configurations of a1_story.py, each with several numbers of robots: PPO collects as many steps of each robot
between its updates, SAC makes as many updates for each environment step, so both learn as before from more robots.
Simulators that step thousands of robots at once pay for steps with little time; how many steps a learner needs then
decides less than how many robots it can use.

Runs end when they reach 25. The tables are those of a1_story.py; finished runs are appended to the output file, and
--resume continues it, also after Ctrl-C.

    python benchmarks/number_of_robots.py --output runs/number_of_robots.jsonl --threads 1 --jobs 2
    python benchmarks/number_of_robots.py --table runs/number_of_robots.jsonl
"""

import argparse
from collections.abc import Sequence

from _numbers import at_least
from _runs_file import Run, read_runs
from _show_runs import groups
from _training_runs import Planned, add_arguments, parsed, plan, train_all
from a1_story import ARMS, BUDGET_SECONDS, MILESTONES, TARGET, TASK, print_times, print_work, recipe

LEARNERS = {"ppo": "ppo_tuned", "sac": "sac_tuned"}
"""The arms of the story that are trained."""
NUMBERS = (64, 256, 1024, 4096)


def planned(arguments: argparse.Namespace) -> list[Planned]:
    """Return one run for each learner, number of robots and seed: all of a seed before those of the next."""
    runs: list[Planned] = []
    for number in arguments.robots:
        task = TASK.model_copy(update={"num_envs": number})
        agents = {f"{name}_{number}": recipe(*ARMS[LEARNERS[name]], task) for name in arguments.arms}
        runs += plan(task, agents, arguments, target=TARGET, budget_seconds=BUDGET_SECONDS, milestones=MILESTONES)
    return sorted(runs, key=lambda run: run.seed)


def print_tables(runs: Sequence[Run]) -> None:
    """Print the tables for each target, budget and number of threads, learner by learner."""
    for title, group in groups(runs).items():
        names = sorted(dict.fromkeys(run.variant for run in group), key=lambda name: (name[:3], int(name[4:])))
        by_arm = {name: [run for run in group if run.variant == name] for name in names}
        print(f"\n{title}")
        print_times(by_arm, group[0].goals)
        print_work(by_arm, group[0].goals)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", nargs="+", choices=LEARNERS, default=list(LEARNERS), help="learners to train")
    parser.add_argument("--robots", nargs="+", type=at_least(1), default=list(NUMBERS), metavar="N", help="robots")
    add_arguments(parser, seeds=2)
    return parsed(parser)


def main() -> None:
    arguments = parse()
    if arguments.table is None:
        train_all(planned(arguments), arguments.output, jobs=arguments.jobs, threads=arguments.threads)
    print_tables(read_runs(arguments.table or arguments.output))


if __name__ == "__main__":
    main()
