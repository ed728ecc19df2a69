"""What the dashboard says of a whole study, as Markdown."""

from tuner.analysis import BestConfiguration, StudyReport
from tuner.config import StudyConfig


def study_note(config: StudyConfig, report: StudyReport, *, storage: str) -> str:
    """Return what is searched for, how to read the numbers, the best trial so far and what to do with it.

    Args:
        config: the study file.
        report: the study as it is stored.
        storage: the storage's URL without its password, as commands need it.
    """
    parts = [f"# {report.study}", _task(config), "## Standing", _standing(report), "## How to read the values"]
    return "\n\n".join([*parts, _values(config), "## Next", _next(report, storage)]) + "\n"


def _task(config: StudyConfig) -> str:
    task, budget = config.task, config.budget
    objective = config.objective
    wanted = (
        f"reach a return of **{objective.target:g}** in the least training clock"
        if objective.kind == "time_to_return"
        else "the highest return at the end of the budget"
    )
    return (
        f"**{task.id}** ({task.simulator}, {task.num_envs} robots): {wanted}. {budget.trials} trials of "
        f"{budget.seconds:g} s from the search space `{config.search_space}`, by the sampler `{config.sampler.kind}` "
        f"and the pruner `{config.pruner.kind}`."
    )


def _standing(report: StudyReport) -> str:
    counted = ", ".join(f"{count} {kind}" for kind, count in report.outcomes.items())
    text = f"{report.finished} of {report.trials} trials finished" + (f": {counted}." if counted else ".")
    if report.running or report.waiting:
        text += f" {report.running} running, {report.waiting} waiting."
    if report.utilisation is not None:
        text += f" {report.utilisation:.0%} of the workers' time was training clock."
    return f"{text}\n\n{_best(report.best, report.target)}"


def _best(best: BestConfiguration | None, target: float | None) -> str:
    if best is None:
        return "No trial has finished yet."
    name = f"trial {best.number}" + (f" (`{best.warm_start}`)" if best.warm_start else "")
    if best.time_to_return is not None:
        return (
            f"**Best: {name}, time to return {best.time_to_return:.1f} s.** That is one run with one seed, and the "
            "best of many: part of it is luck until it is confirmed."
        )
    reached = "—" if best.best_return is None else f"{best.best_return:.2f}"
    missed = "" if target is None else ", short of the target"
    return f"**Best: {name}, return {reached}**{missed}."


def _values(config: StudyConfig) -> str:
    budget = config.budget
    ticks = (
        f"Intermediate values are the score at each of {budget.ticks} ticks, {budget.seconds / budget.ticks:g} s apart."
    )
    states = (
        "*Complete* is a trial that reached the target or spent its budget, *Pruned* one that was stopped early, "
        "*Fail* one that crashed, hung or was interrupted."
    )
    if config.objective.kind == "return_at_budget":
        return f"A trial's value is **minus its best return**: lower is better. {ticks}\n\n{states}"
    seconds = budget.seconds
    return (
        f"A trial's value is its **score in seconds, lower is better**: up to {seconds:g} it is the time to return, in "
        f"seconds of training clock; from {seconds:g} to {2 * seconds:g} the target was not reached, and the more of "
        f"the return was missing, the higher it is. {ticks}\n\n{states}"
    )


def _next(report: StudyReport, storage: str) -> str:
    where = f"{report.study} --storage '{storage}'"
    commands = [
        f"tuner show {where}      # every trial, in the terminal",
        f"tuner confirm {where}   # trains the best ones again, with fresh seeds",
        f"tuner export {where} --format json -o winner.json",
        "tuner train winner.json -o trained",
    ]
    return "\n".join(["~~~sh", *commands, "~~~"])
