"""How much faster the fused learner is than SBX's own, end to end and alone, and how close it is to the machine's peak.

Stock and fused agents of the same configuration, built and wrapped as in a trial, are measured in turns, in short
slices on full replay buffers, so that other load on the machine affects all of them. A slice ends with its last update.
Ratios are taken slice by slice; the tables show medians, and for ratios also the quartiles.

- training: environment steps and updates per second of collecting and learning together, the milliseconds of a step by
  account of the ledger ("learn" is waiting for updates), and the ratio to stock;
- updates: learning alone, from the steps in the buffer;
- share of peak: the operations of the updates' matrix products (`_matrix_work.py` has the formula) per second, over
  those of large square products, measured in turns with the learners;
- startup: seconds until an agent is ready to learn, in a fresh process, for a second agent of the same shapes, and in a
  process that finds the programs on disk; and peak memory, without what the process used before.

    python benchmarks/learner.py
    python benchmarks/learner.py --simulator synthetic --num-envs 4096 --gradient-steps 8 --parts training updates
    python benchmarks/learner.py --networks 256,256 --batch-size 1024
"""

import argparse
from collections.abc import Sequence

import jax
from _learner_tables import Measurements, print_startups, print_training, print_updates, ratios_to_first
from _learners import FUSED, STOCK, Case, Learner, Place, Subject, describe_machine, set_up
from _matrix_work import MatrixPeak
from _startup import Startups, measure_startups

CASES = ("small", "large", "raffin_part2")
PARTS = ("training", "updates", "startup")
PEAK_SECONDS = 0.3
"""Length of one measurement of the peak."""
RAFFIN_ROBOTS_PER_GRADIENT_STEP = 32
"""raffin_part2 makes 32 gradient steps for each step of 1,024 robots."""
GOALS = {"small": 2.5, "large": 1.5}
"""End to end, on CPUs."""
GOAL_ROBOTS = 256
GPU_GOAL = 4.0


def named_cases(arguments: argparse.Namespace) -> list[Case]:
    """Return the configurations with goals, and raffin_part2 at its own replay ratio, rounded to a power of two."""
    raffin_steps = 2 ** max((arguments.num_envs // RAFFIN_ROBOTS_PER_GRADIENT_STEP).bit_length() - 1, 0)
    raffin_arguments = {
        "learning_rate": 0.00044689099625712413,
        "gamma": 0.983100250213744,
        "tau": 0.0023055560568780655,
        "ent_coef": "auto_0.009471776840423638",
    }
    steps, delay = arguments.gradient_steps, arguments.policy_delay
    cases = (
        Case("small", (128, 128), 256, steps, delay),
        Case("large", (512, 256, 128), 512, steps, delay),
        Case("raffin_part2", (512, 256, 128), 512, raffin_steps, min(8, raffin_steps), "adamw", raffin_arguments),
    )
    return [case for case in cases if case.name in arguments.cases]


def own_cases(arguments: argparse.Namespace) -> list[Case]:
    """Return a case for each network in --networks."""
    steps, delay = arguments.gradient_steps, arguments.policy_delay
    return [
        Case("-".join(map(str, network)), network, arguments.batch_size, steps, delay) for network in arguments.networks
    ]


def measure(
    case: Case, learners: Sequence[Learner], place: Place, arguments: argparse.Namespace
) -> dict[str, Measurements]:
    """Measure all learners in turns, every other time in reverse order."""
    subjects = {learner.name: Subject(case, learner, place) for learner in learners}
    peaks = {precision: MatrixPeak(precision) for precision in sorted({learner.precision for learner in learners})}
    results = {learner.name: Measurements(subjects[learner.name].operations()) for learner in learners}
    for subject in subjects.values():
        subject.begin(arguments.steps)
    for repeat in range(arguments.repeats):
        for learner in learners if repeat % 2 == 0 else reversed(learners):
            subject, result = subjects[learner.name], results[learner.name]
            if "training" in arguments.parts:
                result.training.append(subject.train(arguments.steps))
            if "updates" in arguments.parts:
                result.peaks.append(peaks[learner.precision].measure(PEAK_SECONDS))
                result.updates.append(subject.update(arguments.steps))
    for subject in subjects.values():
        subject.env.close()
    return results


def print_goals(ratios: dict[str, dict[str, float]], place: Place) -> None:
    """Print the end-to-end ratios beside their goals, which are for 256 robots on CPUs, or for any GPU."""
    print(f"\n{'end to end':>16} {'learner':>16} {'ratio':>7} {'goal':>6}")
    gpu = jax.devices()[0].platform != "cpu"
    for case, by_learner in ratios.items():
        goal = GPU_GOAL if gpu else GOALS.get(case) if place.num_envs == GOAL_ROBOTS else None
        for learner, ratio in by_learner.items():
            wanted = "–" if goal is None else f"{goal:.1f}"
            print(f"{case:>16} {learner:>16} {ratio:7.2f} {wanted:>6}")


def layers(text: str) -> tuple[int, ...]:
    """Read hidden layer sizes such as 128,128."""
    return tuple(int(size) for size in text.split(","))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulator", default="mujoco", choices=["mujoco", "synthetic"])
    parser.add_argument("--num-envs", type=int, default=GOAL_ROBOTS)
    parser.add_argument("--threads", type=int, default=2, help="CPU threads for the physics")
    parser.add_argument("--buffer-steps", type=int, default=1024, help="steps of each robot in the replay buffer")
    parser.add_argument("--gradient-steps", type=int, default=8, help="per step of all robots; not of raffin_part2")
    parser.add_argument(
        "--policy-delay", type=int, default=4, help="critic updates per actor update; not of raffin_part2"
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument(
        "--networks", nargs="+", type=layers, help="hidden layers of other cases, such as 128,128 256,256"
    )
    parser.add_argument("--batch-size", type=int, default=256, help="for --networks")
    parser.add_argument("--precision", nargs="*", choices=list(FUSED), default=list(FUSED), help="of the fused learner")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--repeats", type=int, default=9, help="slices of each learner and part")
    parser.add_argument("--steps", type=int, default=40, help="environment steps in a slice")
    arguments = parser.parse_args()
    if arguments.gradient_steps % arguments.policy_delay:
        parser.error("--policy-delay must divide --gradient-steps: the fused learner updates in blocks of so many")
    return arguments


def main() -> None:
    arguments = parse()
    place = Place(arguments.simulator, arguments.num_envs, arguments.threads, arguments.buffer_steps)
    learners = [STOCK, *(FUSED[precision] for precision in arguments.precision)]
    cases = own_cases(arguments) if arguments.networks else named_cases(arguments)
    startups: dict[str, dict[str, Startups]] = {}
    if "startup" in arguments.parts:  # before this process reserves memory of a GPU
        startups = {
            case.name: {learner.name: measure_startups(case, learner, place, arguments.steps) for learner in learners}
            for case in cases
        }
    set_up()
    print(f"SAC on {place.describe()}; {describe_machine()}")
    print(f"medians of {arguments.repeats} slices of {arguments.steps} steps of all robots")
    ratios: dict[str, dict[str, float]] = {}
    for case in cases:
        print(f"\n{case.describe()}")
        results = measure(case, learners, place, arguments) if set(arguments.parts) - {"startup"} else {}
        if "training" in arguments.parts:
            print_training(results, place.num_envs)
            ratios[case.name] = ratios_to_first({name: result.training for name, result in results.items()})
        if "updates" in arguments.parts:
            print_updates(results)
        if "startup" in arguments.parts:
            print_startups(startups[case.name])
    if ratios:
        print_goals(ratios, place)


if __name__ == "__main__":
    main()
