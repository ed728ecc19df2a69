"""The A1 story: how fast do PPO and SAC learn to walk, as shipped and tuned? Training clock to returns of 15 and 25.

Five configurations are trained on Velocity-Flat-A1 from the same seeds, under the same budget of training clock. A
return of 25 is walking, which standing and turning cannot earn; 15 is the milestone before it.

    ppo_shipped   the settings that Isaac Lab ships for Stable-Baselines3
    ppo_tuned     the winner of the study a1_flat_ppo: the warm start a1_flat_ppo_winner of the space ppo_speed
    sac_default   SBX's defaults on the task's ±100
    sac_quick_fix a published recipe: 3 % of that box, a small entropy coefficient, a bigger network (raffin_part1)
    sac_tuned     the winner of the study a1_flat: the warm start a1_flat_winner of the space sac_legged

--arms trains some of them only. --ppo and --sac replace a tuned one by your own, as `tuner export STUDY --format json`
writes it.

Each run trains for its whole budget, whatever it reaches on the way, so that what the policies are worth at the end
compares at the same clock; then its policy is evaluated, off the clock. --stop-at-target ends runs that reach 25 there.

The tables give for each how many runs reached the returns, the restricted mean times with 95 % bootstrap intervals and
the ratio of these between tuned PPO and tuned SAC; how many steps they took, and what the clock was spent on; and, of
the policies at the end, the return, the share of the commanded speed and the share of episodes that ended in a fall.
Finished runs are appended to the output file; --resume continues it, also after Ctrl-C. --figure FILE draws the median
return with its range over the seeds.

    python benchmarks/a1_story.py --output runs/a1_story.jsonl --threads 1 --jobs 2
    python benchmarks/a1_story.py --output runs/a1_story.jsonl --threads 1 --jobs 2 --resume
    python benchmarks/a1_story.py --table runs/a1_story.jsonl --figure runs/a1_story.html
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from _runs_file import Run, read_runs
from _show_runs import add_figure_argument, contended_text, draw_ranges, groups, spread_text, times_text
from _training_runs import add_arguments, parsed, plan, train_all

from tuner.analysis import ratio_of_means, restricted
from tuner.config import AgentConfig, TaskConfig
from tuner.errors import UserError
from tuner.export import load_configuration
from tuner.spaces import load_space

TASK = TaskConfig(id="Velocity-Flat-A1", num_envs=256)
TARGET, MILESTONES, BUDGET_SECONDS = 25.0, (15.0,), 1800.0
ARMS = {
    "ppo_shipped": ("ppo_speed", "isaaclab_ppo"),
    "ppo_tuned": ("ppo_speed", "a1_flat_ppo_winner"),
    "sac_default": ("sac_speed", "sbx_default"),
    "sac_quick_fix": ("sac_speed", "raffin_part1"),
    "sac_tuned": ("sac_legged", "a1_flat_winner"),
}
"""Search space and warm start of each configuration, in the order of the tables."""
COMPARED = ("ppo_tuned", "sac_tuned")


def configurations(arguments: argparse.Namespace) -> dict[str, AgentConfig]:
    """Return the configurations, in the order of the tables."""
    own = {"ppo_tuned": arguments.ppo, "sac_tuned": arguments.sac}
    return {
        name: recipe(*ARMS[name]) if own.get(name) is None else exported(own[name], name.partition("_")[0])
        for name in ARMS
        if name in arguments.arms
    }


def exported(file: Path, algorithm: str) -> AgentConfig:
    """Return the agent of an export.

    Raises:
        UserError: if the file is no export, or one of another algorithm, task or number of robots.
    """
    found = load_configuration(file)
    theirs = (found.agent.algorithm, found.task.id, found.task.num_envs)
    if theirs != (algorithm, TASK.id, TASK.num_envs):
        raise UserError(
            f"{file} is an export of {theirs[0]} on {theirs[1]} with {theirs[2]} robots, but the story is of "
            f"{algorithm} on {TASK.id} with {TASK.num_envs}. Give an export of such a study."
        )
    return found.agent


def recipe(space_name: str, warm_start: str, task: TaskConfig = TASK) -> AgentConfig:
    """Return a named configuration of a bundled search space."""
    space = load_space(space_name)
    return space.agent(space.warm_start(warm_start, task), task)


def print_tables(runs: Sequence[Run]) -> None:
    """Print the tables for each task, target, budget and number of threads."""
    for title, group in groups(runs).items():
        found = dict.fromkeys(run.variant for run in group)
        by_arm = {name: [run for run in group if run.variant == name] for name in dict.fromkeys([*ARMS, *found])}
        by_arm = {name: mine for name, mine in by_arm.items() if mine}
        print(f"\n{title}")
        print_times(by_arm, group[0].goals)
        print_work(by_arm, group[0].goals)
        print_ends(by_arm)


def print_times(by_arm: Mapping[str, Sequence[Run]], goals: Sequence[float]) -> None:
    """Print how many runs reached each return and when, and how the tuned ones compare."""
    heads = "".join(f" {f'reached {goal:g}':>12} {f'mean time to {goal:g}, s':>28}" for goal in goals)
    print(f"{'':>14}{heads} {'contended':>12}")
    for name, mine in by_arm.items():
        cells = "".join(f" {reached:>12} {mean:>28}" for reached, mean in (times_text(mine, goal) for goal in goals))
        print(f"{name:>14}{cells} {contended_text(mine):>12}")
    if all(name in by_arm for name in COMPARED):
        for goal in goals:
            slow, fast = (
                restricted([run.seconds_to(goal) for run in by_arm[name]], by_arm[name][0].budget_seconds)
                for name in COMPARED
            )
            print(f"Mean time to {goal:g}, {' / '.join(COMPARED)}: {ratio_of_means(slow, fast)}")


def print_work(by_arm: Mapping[str, Sequence[Run]], goals: Sequence[float]) -> None:
    """Print how fast the runs were, how many steps they took to the returns, and what their clock was spent on.

    A time is steps divided by steps per second, so this tells which of the two makes a configuration slow.
    """
    print("Medians and ranges over the seeds: steps per second, what they are spent on, and steps to the returns:")
    heads = "".join(f" {f'M steps to {goal:g}':>22}" for goal in goals)
    print(f"{'':>14} {'steps/s':>24} {'simulate, %':>12} {'act, %':>8} {'learn, %':>9}{heads}")
    for name, mine in by_arm.items():
        speed = spread_text([run.env_steps / run.clock_seconds for run in mine if run.clock_seconds], decimals=0)
        shares = [median_share(mine, part) for part in ("simulate", "act", "learn")]
        steps = [[run.steps_to(goal) for run in mine] for goal in goals]
        millions = [spread_text([each and each / 1e6 for each in known], decimals=2) for known in steps]
        print(
            f"{name:>14} {speed:>24} {shares[0]:>12} {shares[1]:>8} {shares[2]:>9}"
            + "".join(f" {text:>22}" for text in millions)
        )


def median_share(runs: Sequence[Run], part: str) -> str:
    """Return the median of a part's percentage of the training clock."""
    shares = [100 * run.ledger.get(part, 0.0) / run.clock_seconds for run in runs if run.clock_seconds]
    return f"{median(shares):.0f}" if shares else "–"


def print_ends(by_arm: Mapping[str, Sequence[Run]]) -> None:
    """Print what the policies are worth at the end of the runs."""
    evaluations = [run.final_evaluation for mine in by_arm.values() for run in mine if run.final_evaluation]
    if evaluations:
        origin = f"evaluations of {evaluations[0]['episodes']} episodes without exploration noise"
    else:
        origin = "estimates made during training"
    print(f"At the end of the runs, medians and ranges over the seeds of {origin}:")
    print(f"{'':>14} {'return':>26}" + (f" {'speed share':>26} {'falls, %':>26}" if evaluations else ""))
    for name, mine in by_arm.items():
        cells = [spread_text([run.final_return for run in mine], decimals=1)]
        if evaluations:
            ends = [run.final_evaluation or {} for run in mine]
            cells.append(spread_text([end.get("metrics", {}).get("speed_share") for end in ends], decimals=2))
            cells.append(spread_text([100 * end["failed"] if end else None for end in ends], decimals=1))
        print(f"{name:>14}" + "".join(f" {cell:>26}" for cell in cells))
        missing = sum(run.final_evaluation is None for run in mine)
        if evaluations and missing:
            print(f"{'':>14} ({missing} of {len(mine)} diverged and could not be evaluated)")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), help="configurations to train")
    parser.add_argument("--ppo", type=Path, metavar="FILE.json", help="another tuned PPO, exported as JSON")
    parser.add_argument("--sac", type=Path, metavar="FILE.json", help="another tuned SAC, exported as JSON")
    parser.add_argument("--stop-at-target", action="store_true", help="end runs at the target, not at their budget")
    add_figure_argument(parser, "the median return and its range")
    add_arguments(parser, seeds=5)
    return parsed(parser)


def train_to_walk(agents: Mapping[str, AgentConfig], arguments: argparse.Namespace, *, stop_at_target: bool) -> None:
    """Train configurations by their names to the returns of the story, each run that the output file does not hold."""
    planned = plan(
        TASK,
        agents,
        arguments,
        target=TARGET,
        budget_seconds=BUDGET_SECONDS,
        milestones=MILESTONES,
        stop_at_target=stop_at_target,
    )
    train_all(planned, arguments.output, jobs=arguments.jobs, threads=arguments.threads)


def main() -> None:
    arguments = parse()
    if arguments.table is None:
        try:
            agents = configurations(arguments)
        except UserError as error:
            sys.exit(str(error))
        train_to_walk(agents, arguments, stop_at_target=arguments.stop_at_target)
    runs = read_runs(arguments.table or arguments.output)
    print_tables(runs)
    if arguments.figure is not None:
        draw_ranges(runs, arguments.figure, list(ARMS))


if __name__ == "__main__":
    main()
