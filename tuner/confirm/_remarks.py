"""What to know about the runs of a confirmation before trusting its seconds, in sentences."""

from tuner.confirm._records import Confirmation


def remarks(confirmation: Confirmation) -> list[str]:
    """Return which runs count though they broke down, and how many shared their CPUs; nothing if all went well."""
    runs = [(candidate, run) for candidate in confirmation.candidates for run in candidate.runs]
    faults = [
        f"{candidate.label} {run.kind} on seed {confirmation.seeds.index(run.seed) + 1}"
        for candidate, run in runs
        if run.kind not in ("reached", "exhausted")
    ]
    lines = [f"Counted as not reached: {', '.join(faults)}."] if faults else []
    shared = sum(run.contended for _, run in runs)
    if shared:
        whose = "runs shared its" if shared == 1 else "runs shared their"
        lines.append(f"{shared} of {len(runs)} {whose} CPUs with other work; seconds of such runs do not compare.")
    return lines
