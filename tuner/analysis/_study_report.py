"""A study in one record: its best configuration, how its trials ended, and how the time was spent."""

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import optuna
import scipy  # loads scipy.stats, which is slow to import, on first use
from optuna.trial import FrozenTrial

from tuner.clock import ACCOUNTS, TRAINING_ACCOUNTS
from tuner.config import BudgetConfig, ObjectiveConfig
from tuner.records import Milestone, Outcome, OutcomeKind, milestones_of
from tuner.storage import (
    BestTrial,
    DeviceClass,
    attributes,
    device_class_of,
    device_classes,
    outcome_of,
    runs_of,
    summarize,
)
from tuner.storage.attributes import objective_and_budget

_BEST = 3
"""How many of the highest returns are listed."""


def agent_rows(agent: dict[str, Any]) -> list[tuple[str, str]]:
    """Return an `AgentConfig` in JSON as names and values to be shown, without those that are None."""
    return [(name, _text(value)) for name, value in _flat(agent) if value is not None]


def _flat(agent: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in agent.items():
        if name == "action_box" and value is not None:
            yield name, _box_text(value)
        elif isinstance(value, dict):
            prefix = "" if name == "arguments" else f"{name}."
            yield from ((prefix + inner, setting) for inner, setting in _flat(value))
        elif isinstance(value, list):
            yield name, ", ".join(_text(item) for item in value)
        else:
            yield name, value


def _box_text(box: dict[str, list[float]]) -> str:
    bounds = zip(box["low"], box["high"], strict=True)
    pairs = [f"{_text(low)} … {_text(high)}" for low, high in bounds]
    if len(set(pairs)) > 1:
        return ", ".join(pairs)
    return pairs[0] if len(pairs) == 1 else f"{pairs[0]} in each of {len(pairs)} dimensions"


def _text(value: object) -> str:
    """Return a value; floats with four significant digits."""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return f"{value:.4g}"


@dataclass(frozen=True)
class BestConfiguration:
    """The best trial, and the configuration that repeats it."""

    number: int
    score: float
    time_to_return: float | None
    """Seconds; None when it did not reach the target."""
    pruned: bool
    """Whether it was stopped before it had spent its budget."""
    best_return: float | None
    milestones: tuple[Milestone, ...]
    """When it reached each milestone of the objective, in rising order."""
    warm_start: str | None
    params: dict[str, Any]
    """Parameters of the search space."""
    agent: dict[str, Any] | None
    """The `AgentConfig` with its action box in absolute numbers, as JSON."""
    seed: int | None
    directory: str | None
    """The folder of its files on the machine that trained it."""


@dataclass(frozen=True)
class ShadowReport:
    """How the trials ended that a rule would have stopped, but that were allowed to continue.

    Of an objective without a target nobody knows what would have been wrong, so none are counted.
    """

    trials: int
    """Shadow trials that ended as reached, exhausted or pruned (later, as dominated)."""
    reached: int
    """Those of them that reached the target."""
    became_best: int
    """Those of these that became the best of the study by it: stopping them would have been wrong."""

    @property
    def false_prune_rate(self) -> float | None:
        """The share of wrong verdicts; None if there is no shadow trial."""
        return self.became_best / self.trials if self.trials else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of that share, by Wilson's method; None if there is no shadow trial."""
        if not self.trials:
            return None
        found = scipy.stats.binomtest(self.became_best, self.trials).proportion_ci(0.95, method="wilson")
        return float(found.low), float(found.high)

    @property
    def doubt(self) -> str:
        """A sentence after a space, that there are too few to tell; empty if the interval is no wider than a half."""
        low, high = self.interval or (0.0, 0.0)
        return " Too few to tell; more trials tell more, or a higher shadow_share." if high - low > 0.5 else ""


@dataclass(frozen=True)
class DeviceReport:
    """One device class of a study."""

    name: str
    trials: int
    """Trials that ran on it and count."""
    compared: bool
    """Whether the study's best trial is looked for among them."""
    best_number: int | None
    """The trial of the class that reached the target first; None if none did."""
    best_seconds: float | None
    """Its time to return."""


@dataclass(frozen=True)
class StudyReport:
    """A study, as `tuner show` prints it."""

    study: str
    objective: str
    target: float | None
    budget_seconds: float
    """Training clock of one trial."""
    trials: int
    """Trials that are planned."""
    finished: int
    """Trials that count toward `trials`."""
    outcomes: dict[str, int]
    """The number of trials that count, by the kind of their outcome."""
    rules: dict[str, int]
    """The number of pruned trials, by rule."""
    retried: int
    """Attempts that ended with a fault or an interruption and were queued again."""
    running: int
    waiting: int
    contended: int
    """Trials whose clock is not comparable, because other work competed for their CPUs."""
    best: BestConfiguration | None
    best_returns: list[float]
    """The highest returns of trials, pruned ones among them, the highest first; three at most."""
    shadows: ShadowReport
    ledger: dict[str, float]
    """Seconds by account, over all trials and attempts."""
    training_seconds: float
    """Training clocks of all trials and attempts, added up."""
    wall_seconds: float
    """Length of all runs, added up."""
    slot_seconds: float
    """The sum over runs of length times number of workers."""
    runs: int
    overhead_seconds: float | None
    """Seconds of a trial's worker that are off the training clock, without evaluation: the median over trials; None
    before any trial.

    The first trial of a worker also waits for imports, the simulator and compilations. Later ones do not.
    """
    device_classes: tuple[DeviceReport, ...]
    """What the trials ran on, the class first in which the best trial is looked for; empty where it was not recorded.
    Seconds compare within a class only."""
    budget_warning: str | None
    """Why the budget may be too short for the target, as the latest run said; None if it did not."""

    @property
    def utilisation(self) -> float | None:
        """The workers' share of time on the training clock: `training_seconds / slot_seconds`; None before any run."""
        return self.training_seconds / self.slot_seconds if self.slot_seconds > 0 else None

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON-safe dictionary, `utilisation` and the shadows' rate and interval included."""
        data = asdict(self)
        data["shadows"]["interval"] = self.shadows.interval
        data["shadows"]["false_prune_rate"] = self.shadows.false_prune_rate
        return {**data, "utilisation": self.utilisation}


def summary_data(study: optuna.Study) -> StudyReport:
    """Read the report of a study from its storage.

    Training clocks are taken from outcomes, so a running trial does not count yet, while the length of its run does.
    The length of a run that was killed is known to within half a minute.

    Args:
        study: a study of this program.

    Raises:
        UserError: if another program made it.
    """
    objective, budget = objective_and_budget(study)
    trials = study.get_trials(deepcopy=False)
    ended = [(trial, outcome) for trial in trials if trial.state.is_finished() and (outcome := outcome_of(trial))]
    outcomes = [outcome for _, outcome in ended]
    returns = [value for outcome in outcomes if (value := outcome.best_return) is not None and math.isfinite(value)]
    runs = runs_of(study)
    states = Counter(trial.state.name for trial in trials)
    return StudyReport(
        **_standing(study, objective, budget),
        rules=dict(Counter(outcome.rule or "unknown" for outcome in outcomes if outcome.kind is OutcomeKind.PRUNED)),
        running=states["RUNNING"],
        waiting=states["WAITING"],
        contended=sum(outcome.contended for outcome in outcomes),
        best_returns=sorted(returns, reverse=True)[:_BEST],
        shadows=_shadows(ended if objective.kind == "time_to_return" else []),
        ledger={account: sum(outcome.ledger.get(account, 0.0) for outcome in outcomes) for account in ACCOUNTS},
        training_seconds=sum(outcome.clock_seconds for outcome in outcomes),
        wall_seconds=sum(run["wall_seconds"] for run in runs),
        slot_seconds=sum(run["wall_seconds"] * run["slots"] for run in runs),
        runs=len(runs),
        overhead_seconds=_overhead(outcomes),
        device_classes=tuple(_device_report(each, ended) for each in device_classes(trials)),
        budget_warning=study.user_attrs.get(attributes.BUDGET_WARNING),
    )


def device_lines(report: StudyReport) -> list[str]:
    """Return what there is to say of a study's device classes, one sentence each; nothing about a single one."""
    if len(report.device_classes) < 2:
        return []
    lines = ["The trials ran on several classes of devices, whose seconds do not compare; `tuner reprice` ranks them."]
    for device in report.device_classes:
        best = "none reached the target"
        if device.best_seconds is not None:
            best = f"trial {device.best_number} was the fastest, {device.best_seconds:.1f} s"
        here = ". The best trial is looked for here" if device.compared else ""
        lines.append(f"{device.name}: {device.trials} trial{'s' * (device.trials != 1)}, {best}{here}.")
    return lines


def _overhead(outcomes: Sequence[Outcome]) -> float | None:
    aside = {*TRAINING_ACCOUNTS, "evaluate"}
    ledgers = [outcome.ledger for outcome in outcomes if outcome.ledger]
    seconds = [sum(ledger.get(name, 0.0) for name in set(ACCOUNTS) - aside) for ledger in ledgers]
    return statistics.median(seconds) if seconds else None


def _standing(study: optuna.Study, objective: ObjectiveConfig, budget: BudgetConfig) -> dict[str, Any]:
    summary = summarize(study, trials=budget.trials)
    best = None
    if summary.best is not None:
        best = _configuration(study.get_trials(deepcopy=False)[summary.best.number], summary.best)
    return {
        "study": study.study_name,
        "objective": objective.kind,
        "target": objective.target,
        "budget_seconds": budget.seconds,
        "trials": summary.trials,
        "finished": summary.finished,
        "outcomes": summary.outcomes,
        "retried": summary.retried,
        "best": best,
    }


def _configuration(trial: FrozenTrial, best: BestTrial) -> BestConfiguration:
    outcome = outcome_of(trial)
    spec = trial.user_attrs.get(attributes.SPEC, {})
    return BestConfiguration(
        number=trial.number,
        score=best.score,
        pruned=best.pruned,
        time_to_return=outcome.reached_seconds if outcome else None,
        best_return=outcome.best_return if outcome else None,
        milestones=milestones_of(outcome),
        warm_start=trial.user_attrs.get(attributes.WARM_START),
        params=dict(trial.params),
        agent=(outcome.agent if outcome else None) or spec.get("agent"),
        seed=spec.get("seed"),
        directory=spec.get("directory"),
    )


def _device_report(found: DeviceClass, ended: list[tuple[FrozenTrial, Outcome]]) -> DeviceReport:
    times = [
        (outcome.reached_seconds, trial.number)
        for trial, outcome in ended
        if device_class_of(trial) == found.name and outcome.reached_seconds is not None
    ]
    seconds, number = min(times, default=(None, None))
    return DeviceReport(found.name, found.trials, found.compared, number, seconds)


def _shadows(ended: list[tuple[FrozenTrial, Outcome]]) -> ShadowReport:
    judged = (OutcomeKind.REACHED, OutcomeKind.EXHAUSTED, OutcomeKind.PRUNED)
    best, shadows, reached, became_best = math.inf, 0, 0, 0
    for trial, outcome in sorted(ended, key=lambda pair: pair[0].datetime_complete or datetime.max):
        seconds = outcome.reached_seconds if outcome.kind is OutcomeKind.REACHED else None
        if attributes.SHADOW in trial.user_attrs and outcome.kind in judged:
            shadows += 1
            reached += seconds is not None
            became_best += seconds is not None and seconds < best
        best = min(best, math.inf if seconds is None else seconds)
    return ShadowReport(trials=shadows, reached=reached, became_best=became_best)
