"""A study in plain sentences, to be shown above its figures."""

import optuna

from tuner.analysis import BestConfiguration, StudyReport, summary_data
from tuner.figures._style import number
from tuner.storage import config_of


def study_sentences(study: optuna.Study) -> list[str]:
    """Return what a study searches for, what it found, and how to read its score, each in a sentence or two.

    Args:
        study: a study of this program.

    Raises:
        UserError: if another program made it.
    """
    report = summary_data(study)
    return [aim_sentence(study, report), result_sentence(report), score_sentence(report)]


def aim_sentence(study: optuna.Study, report: StudyReport) -> str:
    """Return what a study searches for, on which task."""
    config = config_of(study)
    task = "" if config is None else f" on {config.task.id} ({config.task.simulator}, {config.task.num_envs} robots)"
    clock = f"{number(report.budget_seconds)} s of training clock"
    if report.objective == "time_to_return":
        return (
            f"{report.study} searches for the configuration that reaches a return of {number(report.target or 0.0)}"
            f"{task} in the least time; each of {report.trials} trials has {clock}."
        )
    return (
        f"{report.study} searches for the configuration with the highest return{task} after {clock}, in "
        f"{report.trials} trials."
    )


def result_sentence(report: StudyReport) -> str:
    """Return what the study has found so far, before any confirmation."""
    if report.finished == 0:
        return "No trial has finished yet."
    every = f"{report.trials} trial{'s' * (report.trials > 1)}"
    done = f"{report.finished} of {every}" if report.finished < report.trials else every
    best = report.best
    if best is None:
        return f"Of {done}, none ended with a score: {_counts(report.outcomes)}."
    reached = report.outcomes.get("reached", 0)
    if report.objective != "time_to_return":
        return f"Of {done}, the best was {trial_name(best)}, with a return of {_return(best)}."
    if best.time_to_return is not None:
        return (
            f"Of {done}, {reached} reached the target; the fastest was {trial_name(best)}, after "
            f"{best.time_to_return:.1f} s."
        )
    return f"Of {done}, none reached the target; the best return, {_return(best)}, was that of {trial_name(best)}."


def score_sentence(report: StudyReport) -> str:
    """Return how to read the score."""
    if report.objective != "time_to_return":
        return "The score is minus the best return within the budget: lower is better."
    return (
        "The score is in seconds, and lower is better: the time to return of a trial that reached the target; "
        f"otherwise the budget of {number(report.budget_seconds)} s, stretched by what was missing, up to twice."
    )


def trial_name(best: BestConfiguration) -> str:
    """Return the name of the best trial."""
    return f"trial {best.number}" + (f" ({best.warm_start})" if best.warm_start else "")


def _return(best: BestConfiguration) -> str:
    return "unknown" if best.best_return is None else number(best.best_return)


def _counts(outcomes: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in outcomes.items())
