"""How the search went: curves, scores and parameters."""

from tuner.figures import (
    MINIMUM_TRIALS,
    history_data,
    history_figure,
    importances_data,
    importances_figure,
    least_width,
    parallel_figure,
    returns_data,
    returns_figure,
    searched_parameters,
)
from tuner.report._blocks import Block, Figure, Section, heading, note, paragraph
from tuner.report._study_data import Source

_WIDEST = 10
"""More coordinates than this are not legible, so the most important ones are drawn, if that is known."""


def returns_section(source: Source) -> Section:
    """Return the returns of all trials over the training clock."""
    reading = (
        "Each line is one trial's estimated return, and its mark is where it ended. Only collecting and learning move "
        f"the clock. {_standing_out(source.top)}"
    )
    data = returns_data(source.study, top=source.top)
    if data.empty:
        return Section(
            "returns", "Returns", "Returns over the training clock", reading, [note("No trial has a return yet.")]
        )
    figure = returns_figure(data, target=source.summary.target)
    return Section("returns", "Returns", "Returns over the training clock", reading, [Figure("returns", figure)])


def _standing_out(top: int) -> str:
    if top < 1:
        return ""
    return "The best trial is thick." if top == 1 else f"The {top} best trials are thick."


def history_section(source: Source) -> Section:
    """Return the scores in the order of trials."""
    if source.summary.objective == "time_to_return":
        reading = (
            "Lower is better. Below the dashed line the score is the time to return; above it the target was missed, "
            "and the score is the budget, stretched by how much was missing. The line is the best so far."
        )
    else:
        reading = "Higher is better: the best return within the budget. The line is the best so far."
    data = history_data(source.study)
    if data.empty:
        return Section("scores", "Scores", "Scores, trial by trial", reading, [note("No trial has a score yet.")])
    return Section(
        "scores", "Scores", "Scores, trial by trial", reading, [Figure("scores", history_figure(data, source.study))]
    )


def parameters_section(source: Source) -> Section:
    """Return which values were tried, and which parameters mattered."""
    reading = (
        "Each line is a complete trial; follow it from its score through its parameters. Only parameters that differ "
        "between trials are drawn, and trials that were stopped early are not."
    )
    names = searched_parameters(source.study)
    importances = importances_data(source.study)
    blocks: list[Block] = []
    if names:
        shown = _most_telling(names, list(importances["parameter"]))
        if len(shown) < len(names):
            blocks.append(paragraph(f"{len(shown)} of {len(names)} parameters are drawn.", kind="reading"))
        figure = parallel_figure(source.study, shown)
        blocks.append(Figure("parameters", figure, least_width=least_width(shown)))
    else:
        blocks.append(
            note("There are not two complete trials with different parameters yet, so there is nothing to compare.")
        )
    blocks += [heading("What set the best trials apart")]
    if importances.empty:
        complete = int((source.trials["state"] == "COMPLETE").sum())
        blocks.append(
            note(
                f"Importances need at least {MINIMUM_TRIALS} complete trials; there are {complete}. Trials that were "
                "stopped early do not count."
            )
        )
    else:
        blocks += [
            paragraph(
                "How much each parameter separates the best quarter of the complete trials from all of them.",
                kind="reading",
            ),
            Figure("importances", importances_figure(importances)),
        ]
    return Section("parameters", "Parameters", "Parameters", reading, blocks)


def _most_telling(names: list[str], by_importance: list[str]) -> list[str]:
    if len(names) <= _WIDEST:
        return names
    return (by_importance or names)[:_WIDEST]
