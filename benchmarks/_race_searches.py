"""One search of a contestant in against_zoo.py: started, ended by the wall clock, and what it found until then."""

import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import optuna
import psutil
from _race_tasks import RAY_RESULTS, ZOO_STORAGE, ZOO_STUDY, Course
from _runs_file import read_lines

from tuner.analysis import summary_data
from tuner.errors import UserError
from tuner.machine import allowed_cpus
from tuner.storage import read_study
from tuner.workers import running_on

CPUS = 2
"""Every contestant has two workers of one CPU each, and nothing else."""
BENCHMARKS = Path(__file__).resolve().parent
STUDY = "race"
_MARK = "SAC_TUNER_RACE"
"""Environment variable by which all processes of a search are known, also those that have lost their parents."""
_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 30.0
_LOG_LINES = 20


@dataclass(frozen=True)
class Found:
    """What a search had found when it was ended."""

    started: int
    """Trials that began."""
    finished: int
    """Trials that ended, pruned ones among them; not those that the wall clock ended."""
    failed: int
    """Trials that ended with an error."""
    parameters: dict[str, Any] | None
    """The winner's free parameters; None if no trial has a result."""


NOTHING = Found(started=0, finished=0, failed=0, parameters=None)
"""It had not even begun to search."""


@dataclass(frozen=True)
class Assignment:
    """One search that a contestant is to make."""

    course: Course
    seconds: float
    """Wall clock from its launch."""
    seed: int
    folder: Path
    """Empty, its own, and deleted afterwards."""


@dataclass(frozen=True)
class Contestant:
    """A way to search."""

    commands: Callable[[Assignment], list[list[str]]]
    """Returns the command line of each of its processes. As many as there are CPUs get one each; fewer share them."""
    found: Callable[[Path], Found]
    """Reads what it found from its folder."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Modules that this package does not bring along, and what to install for each."""

    def missing(self) -> set[str]:
        """Return what has to be installed first."""
        return {package for module, package in self.needs.items() if find_spec(module) is None}


def search(contestant: Contestant, course: Course, *, seconds: float, seed: int, trials: int | None = None) -> Found:
    """Let a contestant search, and return what it found. No process of it is left behind, whatever happens.

    Args:
        contestant: who searches.
        course: what for.
        seconds: for how long, counted from its launch.
        seed: seeds it.
        trials: ends it sooner, once so many trials have ended and there is a winner; for tests.

    Raises:
        SystemExit: if it fails before any trial has ended. One that fails later has found what it had found by then.
    """
    folder = Path(tempfile.mkdtemp(prefix="race-"))  # of a short name: Ray's sockets lie in it

    def enough() -> bool:
        if trials is None:
            return False
        found = contestant.found(folder)
        return found.finished >= trials and found.parameters is not None

    try:
        assignment = Assignment(course, seconds, seed, folder)
        with _running(contestant.commands(assignment), folder) as processes:
            broke = _wait(processes, time.monotonic() + seconds, enough)
        found = contestant.found(folder)
        if broke and not found.finished:
            sys.exit(f"A search ended by itself, with an error.\n{_log(folder)}")
        if found.failed and not found.finished:
            sys.exit(f"{found.failed} of {found.started} trials failed.\n{_log(folder)}")
        if broke:
            print(f"A search ended by itself, with an error; what it had found counts.\n{_log(folder)}", flush=True)
        if found.parameters is None:
            return found
        return replace(found, parameters=course.free(found.parameters))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(commands: Sequence[Sequence[str]], folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start a contestant's processes, and end them and all that they started."""
    mark = uuid.uuid4().hex
    own_paths = filter(None, [os.environ.get("PYTHONPATH")])
    environment = {
        **os.environ,
        _MARK: mark,
        "PYTHONPATH": os.pathsep.join([str(BENCHMARKS), str(BENCHMARKS.parent), *own_paths]),
        "RAY_USAGE_STATS_ENABLED": "0",
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # files for TensorBoard, which nobody reads here
    }
    cpus = allowed_cpus()[:CPUS]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number, command in enumerate(commands):
            own = frozenset(cpus[number : number + 1] if len(commands) == len(cpus) else cpus)
            with (folder / f"{number}.log").open("wb") as log, running_on(own):
                processes.append(
                    subprocess.Popen(
                        command,
                        cwd=folder,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,  # Ctrl-C reaches this process only
                    )
                )
        yield processes
    finally:
        _end(processes, mark)


def _wait(processes: Sequence[subprocess.Popen[bytes]], deadline: float, enough: Callable[[], bool]) -> bool:
    """Wait until the deadline, until there is enough, or until all processes have ended; return whether one failed."""
    while time.monotonic() < deadline and any(process.poll() is None for process in processes) and not enough():
        if any(process.poll() for process in processes):
            break
        time.sleep(min(_POLL_SECONDS, max(deadline - time.monotonic(), 0.0)))
    return any(process.poll() for process in processes)


def _log(folder: Path) -> str:
    """Return the end of what its processes printed."""
    texts = [file.read_text(errors="replace").splitlines() for file in sorted(folder.glob("*.log"))]
    return "\n".join(line for lines in texts for line in lines[-_LOG_LINES:])


def _end(processes: Sequence[subprocess.Popen[bytes]], mark: str) -> None:
    """Kill the processes, all that they started, and all that bear the mark; return when none is left."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    family: set[psutil.Process] = set()
    while time.monotonic() < deadline:
        for process in processes:
            with suppress(psutil.Error):
                family |= {psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)}
        family = {each for each in family | set(_marked(mark)) if _alive(each)}
        if not family:
            break
        for each in family:
            with suppress(psutil.Error):
                each.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=1.0)
    for process in processes:
        process.wait(timeout=_PATIENCE_SECONDS)


def _marked(mark: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(_MARK) == mark:
                yield process


def _alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _tuner(assignment: Assignment, **changed: str) -> list[list[str]]:
    """Return the command line of `tuner run`, from a cold start and on a storage of its own."""
    settings = {
        "study": STUDY,
        "storage": _database(assignment.folder),
        "warm_start": "[]",
        "budget.seconds": assignment.course.study.budget.seconds,
        "budget.trials": 1_000_000,
        "budget.total_seconds": assignment.seconds,
        "sampler.seed": assignment.seed,
        "workers.count": CPUS,
        "workers.threads": 1,
        **changed,
    }
    set_all = [word for path, value in settings.items() for word in ("--set", f"{path}={value}")]
    return [[sys.executable, "-m", "tuner", "run", assignment.course.name, *set_all, "--no-confirm"]]


def _database(folder: Path) -> str:
    return f"sqlite:///{folder / 'tuner.db'}"


def _tuner_found(folder: Path) -> Found:
    try:
        study = read_study(_database(folder), STUDY)
        best = summary_data(study).best
    except UserError:  # there is no such study yet, or nothing in it
        return NOTHING
    return _counted(study, None if best is None else best.params)


def _zoo(assignment: Assignment) -> list[list[str]]:
    """Return two runners on one storage, which is how RL Zoo uses several CPUs, with random numbers of their own."""
    return [_script("_race_zoo", assignment, seed=CPUS * assignment.seed + runner) for runner in range(CPUS)]


def _zoo_found(folder: Path) -> Found:
    """Return the trial whose last evaluation is the best, which is what RL Zoo prints at the end of a search."""
    file = folder / ZOO_STORAGE
    if not file.exists():
        return NOTHING
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(file)))
    if ZOO_STUDY not in optuna.get_all_study_names(storage):
        return NOTHING
    study = optuna.load_study(study_name=ZOO_STUDY, storage=storage)
    complete = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    return _counted(study, study.best_trial.params if complete else None)


def _counted(study: optuna.Study, parameters: dict[str, Any] | None) -> Found:
    states = [trial.state for trial in study.get_trials(deepcopy=False)]
    state = optuna.trial.TrialState
    return Found(
        started=len(states) - states.count(state.WAITING),
        finished=states.count(state.COMPLETE) + states.count(state.PRUNED),
        failed=states.count(state.FAIL),
        parameters=parameters,
    )


def _ray(assignment: Assignment) -> list[list[str]]:
    return [_script("_race_ray", assignment, seed=assignment.seed)]


def _ray_found(folder: Path) -> Found:
    """Return the trial whose last result is the best, which is what Ray Tune's `get_best_result` returns."""
    lines = read_lines(folder / RAY_RESULTS)
    last = {line["trial"]: line for line in lines if line["event"] == "result" and math.isfinite(line["value"])}
    best = max(last.values(), key=lambda line: line["value"], default=None)
    events = [line["event"] for line in lines]
    return Found(
        events.count("started"),
        events.count("finished"),
        events.count("failed"),
        None if best is None else best["parameters"],
    )


def _script(module: str, assignment: Assignment, *, seed: int) -> list[str]:
    """Return the command line of a script beside this one; imported by its name, so that other processes can do so."""
    course = assignment.course
    given = (course.task.id, course.study.budget.seconds, assignment.folder, seed)
    return [sys.executable, "-c", f"import {module}; {module}.main()", *map(str, given)]


_STOCK_SPACE = f"{BENCHMARKS / '_race_space.py'}:sac_speed_stock"
CONTESTANTS = {
    "tuner": Contestant(_tuner, _tuner_found),
    "zoo": Contestant(_zoo, _zoo_found, needs={"rl_zoo3": "rl_zoo3"}),
    "ray": Contestant(_ray, _ray_found, needs={"ray": "'ray[tune]'", "pyarrow": "'ray[tune]'"}),
    "tuner-stock": Contestant(partial(_tuner, search_space=_STOCK_SPACE), _tuner_found),
}
"""By their names in the tables."""
