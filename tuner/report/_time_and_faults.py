"""What the search cost: trials stopped early, seconds by account, faults and retries."""

from tuner.clock import TRAINING_ACCOUNTS
from tuner.figures import (
    ACCOUNT_COLOURS,
    OUTCOMES,
    ledgers_data,
    ledgers_figure,
    seconds_data,
    stops_data,
    stops_figure,
)
from tuner.records import OutcomeKind
from tuner.report._blocks import (
    Block,
    Figure,
    Section,
    duration,
    folded,
    keyed,
    note,
    optional,
    paragraph,
    percent,
    rows_of,
    shorten,
    table,
)
from tuner.report._study_data import Source

_FAULTS = (
    OutcomeKind.CRASHED,
    OutcomeKind.HUNG,
    OutcomeKind.DIVERGED,
    OutcomeKind.TOO_LARGE,
    OutcomeKind.INTERRUPTED,
)


def stops_section(source: Source) -> Section:
    """Return which trials were stopped when, by which rule, and how often wrongly."""
    reading = (
        "Each mark is a pruning rule's verdict. Crosses were stopped at that moment; open marks ran on, to find out "
        "how often a rule is wrong."
    )
    data = stops_data(source.study)
    if data.empty:
        return Section("stops", "Stopped", "Stopped early", reading, [note("No trial was stopped early.")])
    best = source.summary.best
    figure = stops_figure(
        data,
        budget_seconds=source.summary.budget_seconds,
        best_seconds=best.time_to_return if best is not None else None,
    )
    rows = [
        (
            f"trial {row.number}",
            row.rule,
            f"{row.clock_seconds:.1f} s",
            optional(row.best_return, "{:.3g}"),
            f"ran on: {row.outcome}" if row.shadow else "stopped",
        )
        for row in rows_of(data)
    ]
    listed = table(("trial", "rule", "at", "best return", ""), rows, numbers=(2, 3))
    blocks: list[Block] = [Figure("stops", figure), paragraph(_false_stops(source)), folded("Every verdict", listed)]
    return Section("stops", "Stopped", "Stopped early", reading, blocks)


def _false_stops(source: Source) -> str:
    shadows = source.summary.shadows
    if shadows.interval is None:
        return "No trial ran on against a rule's verdict, so the share of wrong stops is not known."
    rate = percent(shadows.false_prune_rate or 0.0)
    low, high = map(percent, shadows.interval)
    return (
        f"Trials that ran on against a rule's verdict: {shadows.trials}; of these, {shadows.reached} reached the "
        f"target, {shadows.became_best} as the best so far: a false-prune rate of {rate} (95 % interval {low} … "
        f"{high}).{shadows.doubt}"
    )


def ledger_section(source: Source) -> Section:
    """Return where the seconds went."""
    reading = (
        "Every second of every trial belongs to one account. Act, simulate and learn are the training clock; the rest "
        "is overhead."
    )
    data, total = ledgers_data(source.study), seconds_data(source.study)
    if data["seconds"].sum() <= 0:
        return Section("seconds", "Seconds", "Where the seconds went", reading, [note("No trial has a ledger yet.")])
    rows = [
        (
            keyed(ACCOUNT_COLOURS.get(row.account, "#D8D8D8"), row.account),
            f"{row.seconds:,.1f} s",
            percent(row.share, 1),
            "training clock" if row.account in TRAINING_ACCOUNTS else "",
        )
        for row in rows_of(total)
    ]
    blocks: list[Block] = [Figure("seconds", ledgers_figure(data, total))]
    summary = source.summary
    if summary.utilisation is not None:
        blocks.append(
            paragraph(
                f"Utilisation: {percent(summary.utilisation)} of the workers' time was training clock "
                f"({duration(summary.training_seconds)} of {duration(summary.slot_seconds)})."
            )
        )
    blocks.append(table(("account", "seconds", "share", ""), rows, numbers=(1, 2), narrow=True))
    return Section("seconds", "Seconds", "Where the seconds went", reading, blocks)


def faults_section(source: Source) -> Section:
    """Return which trials failed, and what happened to them then."""
    reading = (
        "A fault is not counted as a bad configuration: the trial ends with the name of the fault, and is tried again "
        "as often as the study file says."
    )
    faulty = source.ended[source.ended["outcome"].isin([kind.value for kind in _FAULTS])]
    contended = source.summary.contended
    beside = (
        f"{contended} trial{'s' * (contended > 1)} ran beside other work on the same CPUs; their seconds do not "
        "compare with the others'."
    )
    blocks: list[Block] = [note(beside)] if contended else []
    if faulty.empty:
        return Section(
            "faults",
            "Faults",
            "Faults and retries",
            reading,
            [*blocks, paragraph("No trial crashed, hung, diverged, was too large or was interrupted.")],
        )
    retries = {int(row.retry_of): int(row.number) for row in rows_of(source.trials.dropna(subset=["retry_of"]))}
    rows = [
        (
            f"trial {row.number}",
            keyed(OUTCOMES[row.outcome].colour, OUTCOMES[row.outcome].words),
            str(row.attempt + 1),
            f"queued again as trial {retries[row.number]}"
            if row.number in retries
            else ("counts" if row.counts else "does not count"),
            shorten(row.message),
        )
        for row in rows_of(faulty)
    ]
    titles = ("trial", "outcome", "attempt", "what happened then", "message")
    return Section("faults", "Faults", "Faults and retries", reading, [*blocks, table(titles, rows)])
