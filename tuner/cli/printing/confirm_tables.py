"""How a confirmation is printed: a table of the candidates, and the result in sentences."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.analysis import Estimated, ratio_of_means, restricted
from tuner.cli.printing.study_tables import print_configuration
from tuner.cli.printing.text import number_text
from tuner.confirm import Candidate, Confirmation, remarks


def print_confirmation(out: Console, confirmation: Confirmation, *, agent: bool = True) -> None:
    """Print the candidates as a table, then who won and by how much.

    Args:
        out: where to.
        confirmation: the confirmation, finished or not.
        agent: print the winner's configuration too.
    """
    if agent and confirmation.winner is not None:
        print_configuration(out, "Confirmed configuration", confirmation.winner.agent)
    out.print(Text("Confirmed on fresh seeds", style="bold"))
    out.print(candidates_table(confirmation))
    if any(candidate.milestones for candidate in confirmation.candidates):
        out.print(milestones_table(confirmation))
    for line in confirmation_lines(confirmation):
        out.print(Text(line))


def candidates_table(confirmation: Confirmation) -> Table:
    """Return one row for each candidate: its seeds, how often it reached the target, and how long it took."""
    table = Table(box=None, header_style="dim")
    for title in ("candidate", "seeds", "reached", "mean time to return", "promised", "gap", "in the race"):
        table.add_column(title, justify="left" if title in ("candidate", "in the race") else "right", overflow="fold")
    for candidate in confirmation.candidates:
        runs = len(candidate.runs)
        table.add_row(
            candidate.label + (" (reference)" if candidate.number is None else ""),
            f"{runs} of {len(confirmation.seeds)}",
            f"{candidate.success_rate:.0%}" if runs else "—",
            _mean_text(candidate, confirmation.budget_seconds) if runs else "—",
            number_text(candidate.promised_seconds, 1),
            _gap_text(candidate.gap_seconds),
            "to the end" if candidate.dropped is None and confirmation.finished else candidate.dropped or "yes",
        )
    return table


def milestones_table(confirmation: Confirmation) -> Table:
    """Return one row for each candidate and milestone: how often and how fast it was reached, seed by seed."""
    table = Table(box=None, header_style="dim")
    for title in ("candidate", "milestone", "reached", "mean time", "seed by seed"):
        table.add_column(title, justify="left" if title in ("candidate", "seed by seed") else "right", overflow="fold")
    for candidate in confirmation.candidates:
        for milestone in candidate.milestones:
            reached = sum(seconds is not None for seconds in milestone.seconds)
            table.add_row(
                candidate.label,
                milestone.label,
                f"{reached} of {len(milestone.seconds)}",
                _restricted_text(milestone.mean_seconds, confirmation.budget_seconds, reached=reached > 0),
                ", ".join(number_text(seconds, 1) for seconds in milestone.seconds),
            )
    return table


def confirmation_lines(confirmation: Confirmation) -> list[str]:
    """Return the result of a confirmation, one sentence for each line."""
    lines = []
    if confirmation.outdated is not None:
        changed = "; ".join(confirmation.outdated.splitlines())
        lines += [f"WARNING: this no longer belongs to the study: {changed}."]
    lines += remarks(confirmation)
    winner = confirmation.winner
    if winner is None:
        return [*lines, _without_winner(confirmation)]
    return [*lines, _winner_line(winner, confirmation), *_reference_line(winner, confirmation)]


def _without_winner(confirmation: Confirmation) -> str:
    if not confirmation.finished:
        return "Not finished, so there is no winner yet; `tuner confirm` continues it."
    return f"No winner: no candidate reached {confirmation.target:g} on any fresh seed."


def _winner_line(winner: Candidate, confirmation: Confirmation) -> str:
    reached = sum(run.reached_seconds is not None for run in winner.runs)
    mean = _mean_text(winner, confirmation.budget_seconds)
    line = f"Winner: {winner.label}, mean time to return {mean}, reached on {reached} of {len(winner.runs)} seeds."
    if winner.promised_seconds is None or winner.gap_seconds is None:
        return f"{line} In the study it did not reach the target."
    gap = winner.gap_seconds
    how = "the same" if abs(gap) < 0.05 else f"{abs(gap):.1f} s {'less' if gap > 0 else 'more'}"
    return f"{line} The study promised {winner.promised_seconds:.1f} s, {how}."


def _reference_line(winner: Candidate, confirmation: Confirmation) -> list[str]:
    """Compare with the reference. If only the reference was cut off by the budget, the ratio is a lower bound."""
    reference = confirmation.reference
    if reference is None or not reference.runs or reference.runs == winner.runs:
        return []
    budget = confirmation.budget_seconds
    slow, fast = (restricted([run.reached_seconds for run in one.runs], budget) for one in (reference, winner))
    ratio = ratio_of_means(slow, fast)
    if winner.success_rate < 1:
        counted = f"counting {budget:g} s for each run that did not reach the target"
        return [f"The reference {reference.label} takes {_times(ratio)} as long, {counted}."]
    least = "at least " if reference.success_rate < 1 else ""
    return [f"The reference {reference.label} takes {least}{_times(ratio)} as long."]


def _times(ratio: Estimated) -> str:
    interval = "" if ratio.low is None or ratio.high is None else f" ({ratio.low:.2f} … {ratio.high:.2f})"
    return f"{ratio.value:.2f}{interval} times"


def _gap_text(seconds: float | None) -> str:
    if seconds is None:
        return "—"
    return "0.0" if abs(seconds) < 0.05 else f"{seconds:+.1f}"


def _mean_text(candidate: Candidate, budget_seconds: float) -> str:
    return _restricted_text(candidate.mean_seconds, budget_seconds, reached=candidate.success_rate > 0)


def _restricted_text(mean: Estimated, budget_seconds: float, *, reached: bool) -> str:
    """Return a restricted mean with its interval; the budget as a lower bound if no run got there."""
    if not reached:
        return f"> {budget_seconds:.1f} s"
    interval = "" if mean.low is None or mean.high is None else f" ({mean.low:.1f} … {mean.high:.1f})"
    return f"{mean.value:.1f}{interval} s"
