"""Whether times predicted for another machine come true: a study with some threads, ranked and retrained with others.

It runs a study with `--threads` CPUs a worker, unless its storage has it already, ranks its trials for workers of
`--other` CPUs as `tuner reprice` does, trains the first of the new ranking there on fresh seeds, and prints measured
beside predicted times. Two things can be wrong with a prediction, and the table tells them apart:

    price    what the retrained runs' own steps and updates cost, divided by what the prediction says that these cost
    steps    how many steps they took to the target, divided by how many the study's trial took: luck, and the fastest
             trials of a study are those that had it

    python benchmarks/reprice.py --threads 1 --other 2 --top 3 --seeds 3
    python benchmarks/reprice.py --trials 6 --seconds 10 --top 1 --seeds 1
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from tuner import run_study
from tuner.analysis import Repriced, reprice
from tuner.config import StudyConfig, TrialSpec, load_study
from tuner.errors import UserError
from tuner.records import Outcome
from tuner.storage import attributes, read_study, study_names, trial_of
from tuner.workers import LocalPool, OutcomeEvent, measure_here


def is_stored(config: StudyConfig) -> bool:
    """Return whether the study is in its storage."""
    try:
        return config.study in study_names(config.storage)
    except UserError:  # there is no such storage yet
        return False


def train(specs: list[TrialSpec], config: StudyConfig, folder: Path) -> list[Outcome]:
    """Train configurations one after the other, so that none disturbs another."""
    outcomes = []
    with LocalPool(config.workers.model_copy(update={"count": 1}), log_dir=folder / "workers") as pool:
        for spec in specs:
            pool.submit(0, spec)
            while not (ended := [event for event in pool.poll(1.0) if isinstance(event, OutcomeEvent)]):
                continue
            outcomes.append(ended[0].outcome)
    return outcomes


def show(trial: Repriced, outcomes: list[Outcome]) -> None:
    """Print one row."""
    times = [outcome.reached_seconds for outcome in outcomes if outcome.reached_seconds is not None]
    ratios = [mean(times) / trial.predicted_seconds] if times else []
    measured = f"{mean(times):.1f}" if times else "—"
    cells = [text(ratios), text([price(trial, outcome) for outcome in outcomes])]
    cells.append(text([steps_to_target(outcome) / trial.env_steps for outcome in outcomes if outcome.reached_seconds]))
    ranks = f"{trial.new_rank:8} {trial.rank:8} {trial.number:6}"
    print(
        f"{ranks} {trial.seconds:8.1f} {trial.predicted_seconds:10.1f} {measured:>10} "
        + " ".join(f"{cell:>8}" for cell in cells)
        + f" {len(times)} of {len(outcomes)} seeds",
        flush=True,
    )


def price(trial: Repriced, outcome: Outcome) -> float:
    """Return the clock of a run, divided by what its steps and updates cost at the predicted prices."""
    return outcome.clock_seconds / (outcome.env_steps * trial.step_seconds + outcome.updates * trial.update_seconds)


def steps_to_target(outcome: Outcome) -> float:
    """Return the steps until a run reached its target, in proportion to the training clock."""
    return outcome.env_steps * (outcome.reached_seconds or 0.0) / outcome.clock_seconds


def text(ratios: Sequence[float]) -> str:
    """Return the mean of some ratios."""
    return f"{mean(ratios):.2f}" if ratios else "—"


def main() -> None:
    """Run, rank, retrain and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="quickstart", help="a study file or a bundled study")
    parser.add_argument("--storage", help="where the study is, or will be; by default it is thrown away")
    parser.add_argument("--threads", type=int, default=1, help="CPUs of a worker in the study")
    parser.add_argument("--other", type=int, default=2, help="CPUs of a worker to rank for")
    parser.add_argument("--trials", type=int, help="trials of the study, if not as in its file")
    parser.add_argument("--seconds", type=float, help="budget of a trial, if not as in its file")
    parser.add_argument("--top", type=int, default=3, help="trials of the new ranking that are retrained")
    parser.add_argument("--seeds", type=int, default=3, help="fresh seeds for each")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reprice-") as name:
        folder = Path(name)
        changes = {
            "storage": given.storage or f"sqlite:///{folder}/tuner.db",
            "workers.count": 1,
            "workers.threads": given.threads,
            "confirm": None,
            **({} if given.trials is None else {"budget.trials": given.trials}),
            **({} if given.seconds is None else {"budget.seconds": given.seconds}),
        }
        config = load_study(given.study, [f"{path}={json.dumps(value)}" for path, value in changes.items()])
        if not is_stored(config):
            run_study(given.study, changes)
        other = config.model_copy(update={"workers": config.workers.model_copy(update={"threads": given.other})})
        study = read_study(config.storage, config.study)
        result = reprice(study, measure_here(other.task, other.workers))
        titles = ("new rank", "old rank", "trial", "old, s", "predicted", "measured", "ratio", "price", "steps")
        widths = (8, 8, 6, 8, 10, 10, 8, 8, 8)
        print(" ".join(f"{title:>{width}}" for title, width in zip(titles, widths, strict=True)))
        for trial in result.trials[: given.top]:
            stored = TrialSpec.model_validate(trial_of(study, trial.number).user_attrs[attributes.SPEC])
            fresh = {"threads": given.other, "directory": None, "calibrate": False}
            specs = [stored.model_copy(update={**fresh, "seed": 1000 + seed}) for seed in range(given.seeds)]
            show(trial, train(specs, other, folder))


if __name__ == "__main__":
    main()
