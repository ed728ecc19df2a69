"""Does the return monitor say what the policy earns? Its estimates beside exact returns of frozen policies.

First SAC and PPO are trained on both tasks of the embedded simulator, and keep snapshots of their policies on the way
from bad to good. Trials are as in a study, with the evaluations that they ask for, but train on when they have reached
the target. Each snapshot is evaluated, off the clock, on the trial's own robots. Ctrl-C keeps all snapshots; the same
command then goes on from the last one, with an empty replay buffer.

Then some snapshots of each training, spread over their returns, are measured. Their exact return is the mean of
thousands of whole episodes. The monitor watches the same robots as in training, which explore, but for the probes, and
start at spread ages; nothing is learned. After an episode's length and a window, its estimate and interval are read
many times, a window or more apart. SAC's estimates are compared with what the deterministic policy earns. PPO has no
probes: the monitor watches its exploring policy, and is compared with what that earns; the table has the distance from
the deterministic one, too. A trial translates it with what its evaluations have shown noise to cost, which is part of
when crossings are noticed.

The table has for each task and algorithm, beside the goals:

    median absolute error               of the estimates, in return and as a share of the target
    90 % intervals that cover           the exact return, with the 95 % binomial interval of the share; readings of one
                                        policy are alike, so it is rather too narrow
    claimed crossings denied            of 40 goals from 19.5 % of the target below each policy's exact return to 19.5 %
                                        above it, an estimate claims those up to its lower end; denied are those above
                                        the exact return
    evaluations, share of wall clock    of the training clock and the trial's own evaluations together, until it reached
                                        its target; launching and compiling left out
    crossings noticed after             how many ticks after 40, 60, 80 and 100 % of the target were crossed, a trial
                                        with that target would have had it confirmed: median. The true return lies on
                                        lines between the evaluations of the snapshots. Left out are goals that the
                                        first snapshot has reached

--probes and --windows measure the same policies under other settings of the monitor instead of its own, all from the
same steps. Everything measured is appended to the output file, which is all that --table needs; what it holds already
is not measured again, so give another one when the monitor has changed.

    python benchmarks/return_monitor.py --train runs/snapshots
    python benchmarks/return_monitor.py --measure runs/snapshots --output runs/return_monitor.jsonl
    python benchmarks/return_monitor.py --measure runs/snapshots --output runs/return_monitor.jsonl --probes 8 16 32 64
    python benchmarks/return_monitor.py --table runs/return_monitor.jsonl --each-policy
    python benchmarks/return_monitor.py --train runs/a1 --tasks Velocity-Flat-A1 --algorithms sac --seeds 1 --seconds 60
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from _monitor_tables import Exact, Measured, Reading, Snapshot, keep, print_tables, read
from record_curves import QUICKSTART, SOLVES_CARTPOLE
from stable_baselines3.common.callbacks import BaseCallback

from tuner.agents import enable_compilation_cache, finish_updates, save_agent, warm_up
from tuner.clock import Ledger, MonotonicClock
from tuner.config import AgentConfig, ObjectiveConfig, TaskConfig, TrialSpec, load_study
from tuner.policies import Policy, evaluate_policy
from tuner.simulators import TaskEnv, open_task
from tuner.spaces import load_space
from tuner.training import (
    Counters,
    NonFiniteError,
    ReturnMonitor,
    SilentChannel,
    TrialFiles,
    TrialParts,
    assemble,
    read_folder,
    window_steps,
)

ALGORITHMS = ("sac", "ppo")
TICKS_BETWEEN = 2
"""Ticks from one snapshot to the next."""
OTHER_SEEDS = 1000
"""Added to the seed of a training when its policies are measured."""
NO_LIMIT = 2**60
NORMAL_95 = 1.96
SNAPSHOTS = "snapshots.jsonl"
AS_IN_TRAINING = "as in training"


@dataclass(frozen=True)
class Case:
    """A task, and what learns it."""

    task: TaskConfig
    target: float
    seconds: Mapping[str, float]
    """Training clock of each algorithm's trainings."""
    recipes: Mapping[str, tuple[str, str]]
    """Search space and warm start of each algorithm; a warm start may also be one of `OWN_STARTS`."""

    def agent(self, algorithm: str) -> AgentConfig:
        """Return the configuration of an algorithm."""
        name, start = self.recipes[algorithm]
        space = load_space(name)
        return space.agent(OWN_STARTS.get(start) or space.warm_start(start, self.task), self.task)


OWN_STARTS = {"solves": SOLVES_CARTPOLE}
CASES = {
    case.task.id: case
    for case in (
        Case(
            QUICKSTART.task,
            target=QUICKSTART.objective.target,
            seconds=dict.fromkeys(ALGORITHMS, QUICKSTART.budget.seconds),
            recipes={"sac": ("sac_speed", "solves"), "ppo": ("ppo_speed", "isaaclab_ppo_small")},
        ),
        Case(
            TaskConfig(id="Velocity-Flat-A1", num_envs=256),
            target=25.0,
            seconds={"sac": load_study("a1_flat").budget.seconds, "ppo": load_study("a1_flat_ppo").budget.seconds},
            recipes={"sac": ("sac_legged", "a1_flat_winner"), "ppo": ("ppo_speed", "a1_flat_ppo_winner")},
        ),
    )
}


@dataclass(frozen=True)
class Training:
    """A training that is to be made, and where its snapshots go."""

    folder: Path
    spec: TrialSpec
    """Of all of it, with the whole budget."""
    target: float
    snapshots: int

    @property
    def seconds_between(self) -> float:
        """Training clock from one snapshot to the next."""
        return self.spec.budget_seconds / self.snapshots

    def kept(self) -> list[Snapshot]:
        """Return its snapshots so far; exit if they were made with other settings."""
        spec, (stored, _) = self.spec, read(self.folder / SNAPSHOTS)
        training = (spec.task.id, spec.agent.algorithm, spec.seed)
        mine = [each for each in stored if each.training == training]
        asked = (spec.task.num_envs, spec.budget_seconds, self.seconds_between / TICKS_BETWEEN)
        for each in mine:
            if (each.num_envs, each.budget_seconds, each.tick_seconds) != asked:
                sys.exit(
                    f"{self.folder} holds snapshots of {' '.join(map(str, training))} with {each.num_envs} robots, "
                    f"{each.budget_seconds:g} s and a snapshot every {TICKS_BETWEEN * each.tick_seconds:g} s. Ask for "
                    "the same, or give another folder."
                )
        return mine


class Keeper(BaseCallback):
    """Keeps the curve of estimates, and a snapshot whenever it is time for one."""

    def __init__(self, training: Training, parts: TrialParts, ledger: Ledger, before: Snapshot | None) -> None:
        """Go on after the last snapshot before, if there is one."""
        super().__init__()
        self._training = training
        self._parts = parts
        self._ledger = ledger
        self._offset = 0.0 if before is None else before.clock_seconds
        self._asked_before = 0.0 if before is None else before.asked_seconds
        self._reached_before = None if before is None else before.reached_seconds
        self._count = int(self._offset / training.seconds_between)
        self._curve: list[Reading] = []
        self._last = parts.callback.progress.watched

    @property
    def clock_seconds(self) -> float:
        """The training clock, from the beginning of the training."""
        return self._offset + self._ledger.training_seconds

    def _on_step(self) -> bool:
        said = self._parts.callback.progress.watched
        if said is not self._last and said is not None:
            self._curve.append(
                Reading(*(round(each, 4) for each in (self.clock_seconds, said.mean, said.low, said.high)))
            )
        self._last = said
        return True

    def _on_rollout_end(self) -> None:
        due = self._training.seconds_between * (self._count + 1)
        if due <= self.clock_seconds < self._training.spec.budget_seconds:
            self.take()

    def take(self) -> None:
        """Keep a snapshot. Call it between rollouts, or after the last."""
        finish_updates(self._parts.agent)
        clock_seconds, spec = self.clock_seconds, self._training.spec
        with self._ledger.account("report"):
            before = self._ledger.elapsed_seconds
            found, _ = self._parts.evaluator.evaluate(clock_seconds)
            seconds = self._ledger.elapsed_seconds - before
            if found is None:
                return
            self._count = max(self._count + 1, int(clock_seconds / self._training.seconds_between))
            name = f"{spec.task.id}-{spec.agent.algorithm}-{spec.seed}-{self._count:02d}"
            folder = self._training.folder / name
            save_agent(self._parts.agent, folder)
            resolved = spec.model_copy(update={"agent": self._parts.config})
            (folder / "spec.json").write_text(resolved.model_dump_json())
            reached = self._parts.callback.progress.goals.reached_seconds
            snapshot = Snapshot(
                folder=name,
                task=spec.task.id,
                num_envs=spec.task.num_envs,
                algorithm=spec.agent.algorithm,
                seed=spec.seed,
                target=self._training.target,
                budget_seconds=spec.budget_seconds,
                tick_seconds=self._training.seconds_between / TICKS_BETWEEN,
                clock_seconds=clock_seconds,
                evaluation=Exact(found.mean, found.standard_error, found.episodes),
                evaluation_seconds=seconds,
                asked_seconds=self._asked_before + self._ledger.totals()["evaluate"],
                reached_seconds=self._reached_before if reached is None else self._offset + reached,
                curve=self._curve,
            )
            keep(self._training.folder / SNAPSHOTS, snapshot)
            self._curve = []
        print(f"{name}: {found.mean:.2f} ± {found.standard_error:.2f} after {clock_seconds:.1f} s", flush=True)


def train(training: Training) -> None:
    """Train what is missing of a training."""
    spec, kept = training.spec, training.kept()
    last = kept[-1] if kept else None
    left = spec.budget_seconds - (0.0 if last is None else last.clock_seconds)
    if left < 1e-3 * spec.budget_seconds:
        return
    changed = {"budget_seconds": left, "ticks": max(1, round(TICKS_BETWEEN * left / training.seconds_between))}
    if last is not None:
        changed["start_from"] = str(training.folder / last.folder)
        if last.reached_seconds is not None:
            changed["objective"] = ObjectiveConfig(kind="return_at_budget")
    env = open_task(spec.task, seed=spec.seed, threads=spec.threads)
    try:
        ledger = Ledger(MonotonicClock(), "compile")
        parts = assemble(spec.model_copy(update=changed), env, SilentChannel(), ledger, TrialFiles(None))
        warm_up(parts.agent)
        keeper = Keeper(training, parts, ledger, last)
        with ledger.account("act"):
            parts.agent.learn(NO_LIMIT, [parts.callback, keeper], log_interval=NO_LIMIT)
        keeper.take()
    except NonFiniteError as error:
        print(f"{spec.task.id} {spec.agent.algorithm} seed {spec.seed} ended: {error} was NaN or infinite", flush=True)
    finally:
        env.close()


def train_all(arguments: argparse.Namespace) -> None:
    """Train all algorithms on all tasks, seed by seed."""
    for number in range(arguments.seeds):
        for case in (CASES[task] for task in arguments.tasks):
            for algorithm in arguments.algorithms:
                seed = arguments.first_seed + number
                spec = TrialSpec(
                    study="return-monitor",
                    number=seed,
                    seed=seed,
                    task=case.task.model_copy(update={"num_envs": arguments.num_envs or case.task.num_envs}),
                    agent=case.agent(algorithm),
                    objective=ObjectiveConfig(target=case.target),
                    budget_seconds=arguments.seconds or case.seconds[algorithm],
                    ticks=TICKS_BETWEEN * arguments.snapshots,
                    threads=arguments.threads,
                    stop_at_target=False,
                )
                train(Training(arguments.train, spec, case.target, arguments.snapshots))


class Reader(BaseCallback):
    """Shows every step to monitors, and reads them from time to time."""

    def __init__(self, parts: TrialParts, monitors: Mapping[str, ReturnMonitor], moments: Sequence[int]) -> None:
        """Read at the given moments.

        Args:
            parts: of a trial that learns nothing.
            monitors: beside the trial's own, by their settings; without any, the trial's own is read.
            moments: steps after which to read, in rising order.
        """
        super().__init__()
        self.readings: dict[str, list[Reading | None]] = {name: [] for name in monitors or (AS_IN_TRAINING,)}
        self._parts = parts
        self._monitors = monitors
        self._moments = frozenset(moments)
        self._last = moments[-1]

    def _on_step(self) -> bool:
        meter, progress = self._parts.meter, self._parts.callback.progress
        for monitor in self._monitors.values():
            monitor.observe(progress.episodes.ages, meter.rewards, meter.terminated)
        progress.observe(meter.rewards, meter.dones, meter.terminated, meter.metrics)
        if self.n_calls in self._moments:
            for name, readings in self.readings.items():
                readings.append(self._read(name))
        return self.n_calls < self._last

    def _read(self, name: str) -> Reading | None:
        if name in self._monitors:
            said = self._monitors[name].estimate()
        else:
            self._parts.callback.progress.check(0.0, Counters(0, 0), {})
            said = self._parts.callback.progress.watched
        return (
            None
            if said is None
            else Reading(self.n_calls, *(round(each, 4) for each in (said.mean, said.low, said.high)))
        )


def settings_of(arguments: argparse.Namespace, snapshot: Snapshot) -> dict[str, tuple[int | None, int | None]]:
    """Return the settings that are asked for, as numbers of probes and of steps in the window; None is the own one."""
    probes = arguments.probes if snapshot.algorithm == "sac" else [None]
    named = {}
    for count in probes or [None]:
        for window in arguments.windows or [None]:
            words = ([f"{count} probes"] if count else []) + ([f"a window of {window} steps"] if window else [])
            named[", ".join(words) or AS_IN_TRAINING] = count, window
    return named


def measure_all(arguments: argparse.Namespace) -> None:
    """Measure the chosen snapshots of every training."""
    folder, output = arguments.measure, arguments.output
    snapshots = read(folder / SNAPSHOTS)[0]
    if not snapshots:
        sys.exit(f"{folder} holds no snapshots: make some with --train {folder}.")
    stored = {each.folder for each in read(output)[0]}
    for each in snapshots:
        if each.folder not in stored:
            keep(output, each)
    for training in dict.fromkeys(each.training for each in snapshots):
        if training[0] in arguments.tasks and training[1] in arguments.algorithms:
            for each in chosen([each for each in snapshots if each.training == training], arguments.policies):
                measure(each, arguments)


def chosen(snapshots: Sequence[Snapshot], count: int) -> list[Snapshot]:
    """Return so many snapshots, or all there are, whose returns are spread evenly from the worst to the best."""
    left = sorted(snapshots, key=lambda each: each.evaluation.mean)
    found = []
    for level in np.linspace(left[0].evaluation.mean, left[-1].evaluation.mean, min(count, len(left))):
        found.append(min(left, key=lambda each: abs(each.evaluation.mean - level)))
        left.remove(found[-1])
    return found


def measure(snapshot: Snapshot, arguments: argparse.Namespace) -> None:
    """Measure a snapshot under the settings under which the output file does not have it."""
    stored = [each for each in read(arguments.output)[1] if each.folder == snapshot.folder]
    asked = settings_of(arguments, snapshot)
    settings = {name: asked[name] for name in asked if name not in {each.setting for each in stored}}
    if not settings:
        return
    folder = arguments.measure / snapshot.folder
    spec = read_folder(folder).spec
    env = open_task(spec.task, seed=spec.seed, threads=arguments.threads)
    try:
        same = [each for each in stored if each.deterministic.episodes == arguments.episodes]
        if same:
            deterministic, exploring = same[0].deterministic, same[0].exploring
        else:
            policy, seed = Policy.load(folder), spec.seed + OTHER_SEEDS
            deterministic = exact(policy, env, arguments.episodes, seed, deterministic=True)
            explores = not spec.agent.off_policy
            exploring = exact(policy, env, arguments.episodes, seed, deterministic=False) if explores else None
        readings = read_monitors(folder, spec, env, settings, arguments)
    finally:
        env.close()
    for name, found in readings.items():
        measured = Measured(
            snapshot.folder, spec.task.id, snapshot.algorithm, snapshot.target, name, deterministic, exploring, found
        )
        keep(arguments.output, measured)
        middle = np.median([said.mean for said in measured.estimates]) if measured.estimates else np.nan
        print(f"{snapshot.folder}, {name}: {middle:.2f}, exactly {measured.exact.mean:.2f}", flush=True)


def exact(policy: Policy, env: TaskEnv, episodes: int, seed: int, *, deterministic: bool) -> Exact:
    """Return what a policy earns in many whole episodes."""
    found = evaluate_policy(policy, env, episodes=episodes, seed=seed, deterministic=deterministic)
    width = 0.0 if found.low is None or found.high is None else found.high - found.low
    return Exact(found.mean, width / 2 / NORMAL_95, found.episodes)


def read_monitors(
    folder: Path,
    spec: TrialSpec,
    env: TaskEnv,
    settings: Mapping[str, tuple[int | None, int | None]],
    arguments: argparse.Namespace,
) -> dict[str, list[Reading | None]]:
    """Let a policy explore as in training without learning anything, and return what the monitors say.

    Args:
        folder: of the policy.
        spec: of its training.
        env: its task.
        settings: from `settings_of`; monitors with fewer probes than the most watch some of these.
        arguments: how often to read.
    """
    counts = [count for count, _ in settings.values() if count]
    if counts and max(counts) >= env.num_envs:
        sys.exit(f"{max(counts)} probes of {env.num_envs} robots leave none to explore. Ask for fewer --probes.")
    probes = spread_evenly(max(counts), np.arange(env.num_envs)) if counts else None
    seed = spec.seed + OTHER_SEEDS
    spec = spec.model_copy(update={"start_from": str(folder), "seed": seed})
    parts = assemble(spec, env, SilentChannel(), Ledger(MonotonicClock(), "idle"), TrialFiles(None), probes=probes)
    watched = getattr(parts.agent, "probes", np.arange(env.num_envs))
    monitors, widest = {}, 0
    for name, (count, window) in settings.items():
        rows = spread_evenly(count or len(watched), watched)
        widest = max(widest, window or window_steps(len(rows), env.max_episode_steps))
        if name != AS_IN_TRAINING:
            monitors[name] = ReturnMonitor(rows, env.max_episode_steps, np.random.default_rng(seed), window=window)
    spacing = arguments.spacing or widest
    if spacing < widest:
        sys.exit(f"Readings every {spacing} steps overlap in a window of {widest}. Ask for a longer --spacing.")
    first = env.max_episode_steps + widest
    reader = Reader(parts, monitors, [first + spacing * number for number in range(arguments.readings)])
    normalizer = parts.agent.get_vec_normalize_env()
    if normalizer is not None:
        normalizer.training = False
    parts.agent.train = lambda *_, **__: None
    parts.agent.learn(NO_LIMIT, reader, log_interval=NO_LIMIT)
    return reader.readings


def spread_evenly(count: int, robots: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return so many of the robots, evenly spread, shape (count,)."""
    return robots[np.arange(count) * len(robots) // count]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--train", type=Path, metavar="FOLDER", help="train, and keep snapshots in a folder")
    what.add_argument("--measure", type=Path, metavar="FOLDER", help="measure snapshots in such a folder")
    what.add_argument("--table", type=Path, metavar="FILE", help="only print what a file holds")
    parser.add_argument("--tasks", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--algorithms", nargs="+", choices=ALGORITHMS, default=list(ALGORITHMS))
    parser.add_argument("--threads", type=count, default=2, help="CPU threads of the simulator")
    training = parser.add_argument_group("with --train")
    training.add_argument("--seeds", type=count, default=2, help="number of seeds")
    training.add_argument("--first-seed", type=int, default=0)
    training.add_argument("--seconds", type=float, help="training clock of each training instead of the task's own")
    training.add_argument("--num-envs", type=count, help="robots instead of the task's own")
    training.add_argument("--snapshots", type=count, default=20, help="of each training, two ticks apart")
    measuring = parser.add_argument_group("with --measure")
    measuring.add_argument("--output", type=Path, metavar="FILE", help="file to append to, one JSON object a line")
    measuring.add_argument("--policies", type=count, default=5, help="snapshots of each training to measure")
    measuring.add_argument("--episodes", type=count, default=2000, help="behind an exact return")
    measuring.add_argument("--readings", type=count, default=40, help="of each policy")
    measuring.add_argument("--spacing", type=count, help="steps between readings instead of a window")
    measuring.add_argument("--probes", nargs="+", type=count, help="numbers of probes instead of SAC's own")
    measuring.add_argument("--windows", nargs="+", type=count, help="steps in the window instead of the monitor's own")
    parser.add_argument("--each-policy", action="store_true", help="print a line for each policy, too")
    arguments = parser.parse_args()
    if arguments.measure is not None and arguments.output is None:
        parser.error("--measure needs --output FILE")
    return arguments


def count(text: str) -> int:
    """Return a number of at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def main() -> None:
    arguments = parse()
    enable_compilation_cache()
    try:
        if arguments.train is not None:
            train_all(arguments)
        if arguments.measure is not None:
            measure_all(arguments)
    except KeyboardInterrupt:
        sys.exit("Interrupted. Everything up to here is kept; the same command goes on.")
    file = arguments.table or arguments.output or arguments.train / SNAPSHOTS
    print_tables(*read(file), policies=arguments.each_policy)


if __name__ == "__main__":
    main()
