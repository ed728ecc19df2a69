"""What is compared in replays: pruners, with or without a sampler."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from tuner.config import BudgetConfig, ObjectiveConfig, PrunerConfig, SamplerConfig
from tuner.errors import UserError
from tuner.study import PatientPruner, create_pruner, create_sampler, pruner_names, rehearse

MakePruner = Callable[[ObjectiveConfig, BudgetConfig, int], BasePruner]
"""Makes a pruner for an objective, a budget and a seed."""
MakeSampler = Callable[[int], BaseSampler]
"""Makes a sampler for a seed."""
_WAITS = "n_startup_trials"
"""Option of Optuna's pruners: trials that end before the first that they stop."""


@dataclass(frozen=True)
class Arm:
    """One way to run a study."""

    name: str
    pruner: PrunerConfig | MakePruner
    """As in a study file, or what makes one that study files do not know."""
    by_steps: bool = False
    """Compares trials at equal environment steps instead of equal training clock."""
    sampler: SamplerConfig | MakeSampler | None = None
    """Proposes the configurations, as in a study file, or what makes one; None takes them in a random order."""

    proposal_seconds: float = 0.0
    """What its sampler takes for a proposal, which is charged to every trial."""

    def make_pruner(self, objective: ObjectiveConfig, budget: BudgetConfig, seed: int) -> BasePruner:
        """Return a fresh pruner.

        Raises:
            UserError: for unknown or wrong options.
        """
        if isinstance(self.pruner, PrunerConfig):
            return create_pruner(self.pruner, objective=objective, budget=budget, seed=seed)
        return self.pruner(objective, budget, seed)

    def make_sampler(self, seed: int) -> BaseSampler | None:
        """Return a fresh sampler, if the arm has one.

        Raises:
            UserError: for unknown or wrong options.
        """
        if isinstance(self.sampler, SamplerConfig):
            return create_sampler(self.sampler.model_copy(update={"seed": seed}))
        return self.sampler(seed) if self.sampler is not None else None


def parse_arm(text: str) -> Arm:
    """Return the arm that was given as `NAME=PRUNER,option=value,…`.

    The pruner may be left out and is `time_to_return` then. `by=steps` compares at equal environment steps;
    `sampler=KIND` and `sampler.OPTION=VALUE` let a sampler propose the configurations, `proposal_seconds` being what it
    takes for each. Values are YAML.

    Raises:
        UserError: for a text of another form, and as `create_pruner` and `create_sampler` do.
    """
    name, equals, rest = text.partition("=")
    parts = [part.strip() for part in rest.split(",") if part.strip()]
    if not equals or not name.strip():
        raise UserError(
            f"--arm is '{text}', but must be NAME=PRUNER,option=value,…: --arm late=median,n_warmup_steps=20"
        )
    kind = parts.pop(0) if parts and "=" not in parts[0] else "time_to_return"
    options: dict[str, Any] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise UserError(f"--arm {name} has '{part}', but its options are option=value. Pruners: {_pruners()}.")
        options[key.strip()] = _value(value, part)
    grid = options.pop("by", "time")
    if grid not in ("time", "steps"):
        raise UserError(f"--arm {name} compares by={grid}, but pruners compare by time or by steps.")
    sampler = _sampler(name, {key: options.pop(key) for key in list(options) if key.partition(".")[0] == "sampler"})
    seconds = _proposal_seconds(name, options.pop("proposal_seconds", 0.0), sampler)
    pruner = PrunerConfig(kind=kind, options=options)
    arm = Arm(name.strip(), pruner, by_steps=grid == "steps", sampler=sampler, proposal_seconds=seconds)
    if arm.by_steps and kind == "time_to_return":
        raise UserError(f"--arm {name} compares by=steps, but the ticks of time_to_return are seconds. Leave by out.")
    return arm


def check_arms(
    arms: Sequence[Arm],
    objective: ObjectiveConfig,
    budget: BudgetConfig,
    *,
    trials: int,
    free: Mapping[str, BaseDistribution] | None = None,
) -> None:
    """Refuse arms that cannot be replayed, before anything is.

    Args:
        arms: the arms.
        objective: of the recordings.
        budget: the same.
        trials: of each study.
        free: the parameters that samplers propose; with them, options that are used only then are tried as well.

    Raises:
        UserError: for a name that is used twice, wrong options, or a pruner that waits for more trials than there are.
    """
    names = [arm.name for arm in arms]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UserError(f"The arm '{twice[0]}' is given twice. Give each a name of its own.")
    for arm in arms:
        sampler = arm.make_sampler(0)
        if sampler is not None and free is not None and isinstance(arm.sampler, SamplerConfig):
            rehearse(sampler, arm.sampler, free)
        waits = trials_waited_for(arm, objective, budget)
        if trials <= waits:
            raise UserError(
                f"The arm '{arm.name}' stops no trial before {waits} others have ended, but a replayed study has "
                f"{trials} trials. Give more recordings or --trials, or a lower {_WAITS}: "
                f"--arm {arm.name}=…,{_WAITS}={max(0, trials // 2)}"
            )


def trials_waited_for(arm: Arm, objective: ObjectiveConfig, budget: BudgetConfig) -> int:
    """Return how many trials must have ended before an arm's pruner stops one; 0 if nobody knows.

    Raises:
        UserError: for wrong options.
    """
    pruner = arm.make_pruner(objective, budget, 0)
    return _pruner_waits(pruner, arm.pruner.options) if isinstance(arm.pruner, PrunerConfig) else 0


def _pruner_waits(pruner: BasePruner, options: Mapping[str, Any]) -> int:
    """Return how many trials must have ended before a pruner, or the one that it wraps, stops another one."""
    if isinstance(pruner, PatientPruner) and pruner.wrapped_pruner is not None:
        return _pruner_waits(pruner.wrapped_pruner, options["wrapped_pruner"].get("options") or {})
    return _waits(type(pruner), options)


def _waits(made: type, options: Mapping[str, Any]) -> int:
    known = inspect.signature(made).parameters
    count = options.get(_WAITS, known[_WAITS].default if _WAITS in known else 0)
    return count if isinstance(count, int) else 0


def _sampler(name: str, options: dict[str, Any]) -> SamplerConfig | None:
    if not options:
        return None
    if "sampler" not in options:
        raise UserError(f"--arm {name} has {', '.join(options)} without a sampler: add sampler=KIND, such as local.")
    kind = str(options.pop("sampler"))
    config = SamplerConfig(kind=kind, options={key.partition(".")[2]: value for key, value in options.items()})
    create_sampler(config)  # for its errors
    return config


def _proposal_seconds(name: str, value: Any, sampler: SamplerConfig | None) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value < math.inf:
        raise UserError(f"--arm {name} has proposal_seconds {value!r}, but it must be a number that is not negative.")
    if value and sampler is None:
        raise UserError(f"--arm {name} has proposal_seconds without a sampler: add sampler=KIND, such as local.")
    return float(value)


def _value(text: str, part: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"The option '{part}' of an --arm is no YAML: {error}") from error


def _pruners() -> str:
    return ", ".join(pruner_names())
