"""Where the results come from: the trials, the runs, machine, versions, seeds and the study file."""

from typing import Any

from tuner.analysis import device_lines, milestone_columns
from tuner.config import dump_study
from tuner.figures import OUTCOMES, RUNNING
from tuner.passwords import mask_passwords
from tuner.report._blocks import (
    Block,
    Section,
    duration,
    folded,
    heading,
    keyed,
    moment,
    optional,
    paragraph,
    preformatted,
    rows_of,
    table,
)
from tuner.report._study_data import Source
from tuner.storage import runs_of

_FOLDED_FROM = 12
"""Longer tables are folded."""


def trials_section(source: Source) -> Section:
    """Return every trial in one line."""
    reading = (
        "How each trial ended. A time after “>” is a lower bound, as the trial ended before it reached the target."
    )
    milestones = milestone_columns(source.trials)
    rows = [
        (
            f"{row.number}" + (f" ({row.warm_start})" if isinstance(row.warm_start, str) else ""),
            keyed(OUTCOMES[_outcome(row)].colour, _words(row)),
            *(optional(seconds, "{:.1f} s") for seconds in times),
            optional(row.time_to_return, "{:.1f} s")
            if row.time_to_return == row.time_to_return
            else (f"> {row.clock_seconds:.1f} s" if row.censored else "—"),
            optional(row.best_return, "{:.3g}"),
            optional(row.score, "{:.4g}"),
            optional(row.clock_seconds, "{:.1f} s"),
            f"{row.env_steps:,}",
            f"{row.updates:,}",
        )
        for row, times in zip(rows_of(source.trials), source.trials[[*milestones.values()]].to_numpy(), strict=True)
    ]
    devices = source.trials["device_class"]
    if devices.nunique() > 1:
        rows = [
            (*row, str(device) if isinstance(device, str) else "—") for row, device in zip(rows, devices, strict=True)
        ]
    goals = [f"to {label}" for label in milestones]
    rest = ("time to return", "best return", "score", "clock", "environment steps", "updates")
    numbers = range(2, 2 + len(goals) + len(rest))
    titles = ("trial", "outcome", *goals, *rest, *(["device"] * (devices.nunique() > 1)))
    if not rows:
        return Section("trials", "Trials", "Trials", reading, [paragraph("None yet.")])
    listed = table(titles, rows, numbers=numbers)
    block = folded(f"All {len(rows)} trials", listed) if len(rows) > _FOLDED_FROM else listed
    return Section("trials", "Trials", "Trials", reading, [block])


def _outcome(row: Any) -> str:
    return row.outcome if isinstance(row.outcome, str) else RUNNING


def _words(row: Any) -> str:
    outcome = _outcome(row)
    if outcome == RUNNING:
        return str(row.state).lower()
    return outcome.replace("_", " ") + (f" ({row.rule})" if isinstance(row.rule, str) else "")


def origin_section(source: Source) -> Section:
    """Return what is needed to repeat the study, and to judge whether its seconds compare with others."""
    reading = "Seconds are those of this machine with these versions. They do not compare with those of another."
    config = source.config
    facts = [
        ("task", f"{config.task.id}, {config.task.num_envs} robots"),
        ("simulator", config.task.simulator),
        ("search space", config.search_space),
        ("sampler, pruner", f"{config.sampler.kind} (seed {config.sampler.seed}), {config.pruner.kind}"),
        *machine_facts(source),
        (
            "workers",
            f"{config.workers.count}, with {config.workers.threads} CPU{'s' * (config.workers.threads > 1)} each",
        ),
    ]
    if source.confirmation is not None:
        facts.append(("confirming seeds", ", ".join(str(seed) for seed in source.confirmation.seeds)))
    best = source.summary.best
    if best is not None:
        facts.append((f"trial {best.number}", f"seed {best.seed}"))
    blocks: list[Block] = [table(("", ""), facts)]
    if devices := device_lines(source.summary):
        blocks += [heading("Device classes"), *map(paragraph, devices)]
    runs = [
        (
            moment(run["started_epoch_seconds"]),
            duration(run["wall_seconds"]),
            f"{run['slots']} × {run['threads']}",
            run["end"] or "not ended",
        )
        for run in runs_of(source.study)
    ]
    if runs:
        listed = table(("run", "length", "workers × CPUs", "end"), runs, numbers=(1, 2), narrow=True)
        blocks += [heading("Runs"), listed]
    blocks.append(folded("The study file", preformatted(_study_file(source)), printed=False))
    return Section("origin", "Provenance", "Provenance", reading, blocks)


def machine_facts(source: Source) -> list[tuple[str, str]]:
    """Return machine, device and versions, from the latest trial that recorded them."""
    for number in reversed(source.ended["number"].tolist()):
        outcome = source.outcome(number)
        details = outcome.details if outcome else {}
        if details.get("versions"):
            versions = ", ".join(f"{package} {version}" for package, version in details["versions"].items())
            return [*_machine(details), ("versions", versions)]
    return []


def machine_name(source: Source) -> str | None:
    """Return the processor that the trials ran on; None if that was not recorded."""
    return dict(machine_facts(source)).get("machine")


def _machine(details: dict[str, Any]) -> list[tuple[str, str]]:
    machine = details.get("machine") or {}
    known = [str(machine[key]) for key in ("cpu", "system") if machine.get(key)]
    if machine.get("cores"):
        known.insert(1, f"{machine['cores']} CPUs")
    found = [("machine", ", ".join(known))] if known else []
    device = machine.get("accelerator") or details.get("jax_backend")
    return [*found, ("JAX computes on", str(device))] if device else found


def _study_file(source: Source) -> str:
    """Return the study as YAML, without its storage, which is this machine's own, and without passwords."""
    lines = dump_study(source.config).splitlines()
    return mask_passwords("\n".join(line for line in lines if not line.startswith("storage:")))
