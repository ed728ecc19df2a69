"""The note of the dashboard about one trial, as Markdown."""

from collections.abc import Mapping
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from tuner.analysis import unmeasured_text
from tuner.clock import ACCOUNTS, TRAINING_ACCOUNTS
from tuner.config import BudgetConfig, ObjectiveConfig
from tuner.confirm import CANDIDATE, SEED
from tuner.records import Outcome, OutcomeKind, milestones_of
from tuner.storage import attributes, best_return_of, outcome_of

_RULES = {
    "dominated": "its clock had passed the best time to return by the pruner's margin, so it could no longer win",
    "behind": "its best return was low compared with those of other trials at the same time",
    "hopeless": "even the most optimistic continuation of its curve would not have reached the target in time",
}
"""Why a rule stops a trial; completes a sentence with "because"."""


def trial_note(
    trial: FrozenTrial,
    objective: ObjectiveConfig,
    budget: BudgetConfig,
    *,
    queued_again: bool = False,
    device: str | None = None,
    pictures: Mapping[str, str] | None = None,
) -> str:
    """Return how a trial went: its outcome in words, why it ended, its curve and where its seconds went.

    Args:
        trial: the stored trial.
        objective: the objective of its study.
        budget: the budget of its study.
        queued_again: whether another trial repeats this one.
        device: its device class, shown where the study has several.
        pictures: paths of its pictures under the dashboard's URL, if they exist: `curve`, and the interactive pages
            `curve_page` and `ledger_page`.
    """
    outcome = outcome_of(trial)
    paths = pictures or {}
    parts = [_ended(trial, outcome, objective, budget) if outcome else _so_far(trial, objective, budget)]
    parts += [_on_the_way(outcome)] if milestones_of(outcome) else []
    parts += [f"Trained on {device}: its seconds compare with those of trials on the same only."] if device else []
    parts += [" ".join(remarks)] if (remarks := _remarks(trial, outcome, queued_again)) else []
    parts += [f"![return over the training clock]({paths['curve']})"] if "curve" in paths else []
    pages = {"curve_page": "return", "ledger_page": "seconds"}
    links = [f"[{words}]({paths[name]})" for name, words in pages.items() if name in paths]
    parts += ["Interactive: " + ", ".join(links) + "."] if links else []
    if outcome is not None:
        parts += [_ledger(outcome)] if outcome.ledger else []
        parts += [_fenced(outcome.details["traceback"])] if outcome.details.get("traceback") else []
    directory = trial.user_attrs.get(attributes.SPEC, {}).get("directory")
    parts += [f"Files: `{directory}`"] if directory else []
    return "\n\n".join(parts) + "\n"


def _ended(trial: FrozenTrial, outcome: Outcome, objective: ObjectiveConfig, budget: BudgetConfig) -> str:
    clock = f"{outcome.clock_seconds:.1f} s"
    unmeasured = unmeasured_text(outcome)
    best = _best(outcome.best_return) if unmeasured is None else f" But {unmeasured}"
    match outcome.kind:
        case OutcomeKind.REACHED:
            seconds = outcome.clock_seconds if outcome.reached_seconds is None else outcome.reached_seconds
            final = "" if outcome.final_return is None else f", where its policy earned {outcome.final_return:.2f}"
            return (
                f"**Reached the target of {_target(objective)} after {seconds:.1f} s** of training clock; an "
                f"evaluation confirmed it{final}."
            )
        case OutcomeKind.EXHAUSTED if objective.kind == "time_to_return":
            return (
                f"**Did not reach the target of {_target(objective)}** within its budget of {budget.seconds:g} s."
                f"{best} Its time to return is only known to exceed {clock}."
            )
        case OutcomeKind.EXHAUSTED:
            return f"**Spent its budget** of {budget.seconds:g} s.{best}"
        case OutcomeKind.PRUNED:
            return f"**Stopped early, after {clock}**, {_why(outcome.rule)}.{best}"
        case OutcomeKind.TOO_LARGE:
            return f"**Too large for the memory**, so it was not trained.{_said(outcome)}{_worst(trial)}"
        case OutcomeKind.INTERRUPTED:
            return f"**Interrupted after {clock}** by the user or by the time limit of the study.{_said(outcome)}"
        case kind:
            verbs = {OutcomeKind.DIVERGED: "Diverged", OutcomeKind.CRASHED: "Crashed", OutcomeKind.HUNG: "Hung"}
            worst = _worst(trial) if kind is OutcomeKind.DIVERGED else ""
            return f"**{verbs[kind]} after {clock}** of training clock.{_said(outcome)}{worst}"


def _on_the_way(outcome: Outcome | None) -> str:
    times = {each.label: each.reached_seconds for each in milestones_of(outcome)}
    told = [f"{label} " + ("not" if at is None else f"after {at:.1f} s") for label, at in times.items()]
    return f"Reached on the way: {', '.join(told)}."


def _so_far(trial: FrozenTrial, objective: ObjectiveConfig, budget: BudgetConfig) -> str:
    if trial.state is TrialState.WAITING:
        return "**Waiting** to be trained."
    if trial.state is not TrialState.RUNNING:
        return f"**{trial.state.name.capitalize()}**, but nothing else is known about it."
    last = trial.last_step or 0
    score = trial.intermediate_values.get(last)
    best = None if score is None else best_return_of(score, objective, budget_seconds=budget.seconds)
    clock = last * budget.seconds / budget.ticks
    return f"**Running**: {clock:.1f} of {budget.seconds:g} s of training clock.{_best(best)}"


def _why(rule: str | None) -> str:
    if rule is None:
        return "by the pruner"
    return f"by the rule *{rule}*: {_RULES[rule]}" if rule in _RULES else f"by the pruner *{rule}*"


def _remarks(trial: FrozenTrial, outcome: Outcome | None, queued_again: bool) -> list[str]:
    facts: dict[str, Any] = trial.user_attrs
    remarks = []
    if CANDIDATE in facts:
        candidate = facts[CANDIDATE]
        name = f"trial {candidate}" if isinstance(candidate, int) else str(candidate)
        remarks.append(f"It trains {name} again, on the fresh seed {facts.get(SEED)}.")
    if attributes.WARM_START in facts:
        remarks.append(f"Its configuration is the warm start `{facts[attributes.WARM_START]}`.")
    if facts.get(attributes.RETRY_OF) is not None:
        remarks.append(f"It repeats trial {facts[attributes.RETRY_OF]}.")
    if queued_again:
        remarks.append("Another trial repeats it, and counts in its place.")
    if attributes.SHADOW in facts:
        shadow = facts[attributes.SHADOW]
        remarks.append(
            f"The rule *{shadow['rule']}* would have stopped it at {shadow['clock_seconds']:.1f} s; it was allowed to "
            "continue, to measure how often the rule is wrong."
        )
    if outcome is not None and outcome.contended:
        remarks.append("Other work competed for its CPUs: **its seconds do not compare** with other trials'.")
    return remarks


def _ledger(outcome: Outcome) -> str:
    total = sum(outcome.ledger.values())
    rows = [(account, outcome.ledger[account]) for account in ACCOUNTS if outcome.ledger.get(account)]
    lines = ["| where the seconds went | s | share | training clock |", "|---|--:|--:|:-:|"]
    for account, seconds in rows:
        share = f"{seconds / total:.0%}" if total > 0 else "—"
        lines.append(f"| {account} | {seconds:.1f} | {share} | {'✓' if account in TRAINING_ACCOUNTS else ''} |")
    training = sum(seconds for account, seconds in rows if account in TRAINING_ACCOUNTS)
    lines.append(f"| **all** | **{total:.1f}** | | {training:.1f} s |")
    return "\n".join(lines)


def _target(objective: ObjectiveConfig) -> str:
    return "—" if objective.target is None else f"{objective.target:g}"


def _best(value: float | None) -> str:
    return "" if value is None else f" Its best return was {value:.2f}."


def _worst(trial: FrozenTrial) -> str:
    return "" if trial.value is None else f"\n\nIt got the worst score, {trial.value:g}."


def _said(outcome: Outcome) -> str:
    return f"\n\n{_fenced(outcome.message)}" if outcome.message else ""


def _fenced(text: str) -> str:
    """Return text as a block that Markdown does not interpret."""
    return f"~~~\n{text.strip().replace('~~~', '~ ~ ~')}\n~~~"
