"""The comments at the top of an exported file."""

from collections.abc import Mapping
from typing import Any

import yaml

from tuner.config import linear_start
from tuner.export._agent import CLASSES
from tuner.export._configuration import ExportedConfiguration, Provenance


def story(configuration: ExportedConfiguration) -> list[str]:
    """Return what was found, where, and how well it did, in one sentence each; a missed target comes first."""
    task, provenance = configuration.task, configuration.provenance
    robots = "1 robot" if task.num_envs == 1 else f"{task.num_envs} robots at once"
    name = CLASSES[configuration.agent.algorithm]
    missed = configuration.missed_target
    return [
        *([] if missed is None else [missed]),
        f"{name} for {task.id} ({task.simulator}), {robots}: trial {provenance.trial} of the study {provenance.study}.",
        *_times(provenance, configuration),
        _machine(provenance),
        *_simulator(provenance),
        *_interface(provenance),
        f"Exported {provenance.created}.",
    ]


def differences(configuration: ExportedConfiguration) -> list[str]:
    """Return what differs when plain SBX trains the agent, in one sentence each."""
    agent = configuration.agent
    fused = agent.learner == "fused" and agent.algorithm in ("sac", "tqc")
    found = []
    if fused:
        found.append(
            "The study trained with tuner's fused learner. SBX makes the same updates but takes more seconds for them."
        )
    if agent.precision != "float32":
        found.append(f"The study computed matrix products in {agent.precision}; SBX computes them in float32.")
    if linear_start(agent.arguments.get("learning_rate")) is not None:
        found.append(
            f"The learning rate fell to zero over {configuration.budget_seconds:g} s of training in the study; here it "
            "falls over the environment steps."
        )
    if agent.target_entropy_schedule is not None and agent.target_entropy_schedule.start_return is not None:
        found.append(
            "The noise falls when episodes that have ended earned enough on average; the study estimated what all "
            "exploring robots earn, and noticed it sooner."
        )
    if configuration.task.num_envs > 1:
        found.append(
            "The study began with robots at random ages, so that their episodes do not all end by time at once; here "
            "all begin at age zero."
        )
    return found


def commented(lines: list[str], prefix: str = "#") -> str:
    """Return lines as comments of Python and YAML; line breaks in them become spaces."""
    return "\n".join(f"{prefix} {' '.join(line.splitlines())}".rstrip() for line in lines) + "\n"


def as_yaml(entries: dict[str, Any]) -> str:
    """Return plain values as YAML 1.1, which RL Zoo and Isaac Lab read."""
    return yaml.safe_dump(entries, sort_keys=False, default_flow_style=None, allow_unicode=True, width=120)


def steps_of(configuration: ExportedConfiguration) -> int:
    """Return the number of environment steps to train for: those of the trial, or a million if they are not known."""
    return configuration.provenance.env_steps or 1_000_000


def _times(provenance: Provenance, configuration: ExportedConfiguration) -> list[str]:
    target = configuration.objective.target
    goal = "its best return" if target is None else f"a return of {target:g}"
    reached = [time for time in provenance.times_seconds if time is not None]
    count = f"{len(reached)} of {len(provenance.seeds)} seeds"
    if provenance.confirmed and provenance.mean_seconds is not None:
        interval = provenance.mean_seconds_interval
        spread = f" ({interval[0]:.4g} to {interval[1]:.4g})" if interval else ""
        short = len(reached) < len(provenance.seeds)
        rest = f", counting the whole {configuration.budget_seconds:g} s for the others" if short else ""
        mean = f"{provenance.mean_seconds:.4g} s of training on average{spread}"
        return [f"Confirmed on fresh seeds: {goal} on {count}, in {mean}{rest}."]
    if configuration.missed_target is not None:  # which has been said
        return ["Not confirmed on fresh seeds."]
    best = "" if provenance.best_return is None else f" Best return: {provenance.best_return:.4g}."
    took = f"reached {goal} in {reached[0]:.4g} s of training" if reached else f"did not reach {goal}"
    return [f"Not confirmed on fresh seeds: its one training {took}.{best}"]


def _machine(provenance: Provenance) -> str:
    machine = provenance.machine
    where = "Trained on" if machine.recorded == "training" else "Exported on"
    accelerator = f", {machine.accelerator}" if machine.accelerator else ""
    versions = _listed(provenance.versions)
    return (
        f"{where} {machine.cpu}, {machine.cores} CPUs{accelerator}, {machine.system}{f'; {versions}' * bool(versions)}."
    )


def _simulator(provenance: Provenance) -> list[str]:
    facts = dict(provenance.simulator)
    versions = facts.pop("versions", None)
    named = [_listed(versions)] if isinstance(versions, dict) and versions else []
    others = [f"{name.replace('_', ' ')}: {value}" for name, value in facts.items()]
    lines = [f"Simulated with {'; '.join([*named, *others])}."] if named or others else []
    if provenance.joints:
        lines.append(f"The actions are targets of these joints, in this order: {', '.join(provenance.joints)}.")
    return lines


def _interface(provenance: Provenance) -> list[str]:
    """Say what the task takes and gives, where the agent sees it flat."""
    flattened = provenance.flattened
    lines = []
    if "observations" in flattened:
        wrapper = "gymnasium.wrappers.FlattenObservation"
        lines.append(f"The agent gets the task's observations flat, from {wrapper}: {flattened['observations']}.")
    if "actions" in flattened:
        function = "gymnasium.spaces.unflatten"
        lines.append(f"The agent gives its actions flat; {function} shapes them for the task: {flattened['actions']}.")
    return lines


def _listed(versions: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
