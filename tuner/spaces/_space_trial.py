"""The trial that a search space receives: it knows the task and suggests what such spaces need."""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, Literal, Protocol, TypeVar

from tuner.config import ActionBoundsFile, BoundsSource, TaskConfig
from tuner.errors import UserError
from tuner.machine import may_have_bfloat16
from tuner.spaces._bound_sources import SuggestedBounds, suggest_bounds

Choice = TypeVar("Choice")


class Suggester(Protocol):
    """The part of an Optuna trial that search spaces use."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Suggest a number."""
        ...

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Suggest a whole number."""
        ...

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """Suggest one of several values without an order."""
        ...


class SpaceTrial:
    """An Optuna trial and the task it is for.

    Every suggestion except `suggest_categorical` is a number to Optuna, so that CMA-ES and GP can sample it too. The
    parameter's name says what the number means: `log2_batch_size` 9 is a batch of 512, `n_steps_index` 2 the third of
    the choices, `one_minus_gamma` 0.03 a discount of 0.97. These names are what `fixed` pins and warm starts give.
    """

    def __init__(self, trial: Suggester, task: TaskConfig, action_bounds: ActionBoundsFile | None = None) -> None:
        """Wrap a trial.

        Args:
            trial: suggests values.
            task: what the agent is for.
            action_bounds: the study's bounds file, if it names one.
        """
        self._trial = trial
        self._ranges: dict[str, str] = {}
        self._action_bounds = action_bounds
        self.suggested_bounds: SuggestedBounds | None = None
        """What `suggest_action_bounds` returned; None before it is called."""
        self.task = task

    @property
    def num_envs(self) -> int:
        """Robots simulated at once."""
        return self.task.num_envs

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Suggest a number between `low` and `high`, as Optuna does.

        Raises:
            UserError: if the bounds are not finite or not in order, or the parameter was suggested with another range.
        """
        self._check_bounds(name, low, high, log)
        self._check_repeat(name, _described("a number", float(low), float(high), step, log))
        return self._trial.suggest_float(name, low, high, step=step, log=log)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Suggest a whole number between `low` and `high`, as Optuna does."""
        self._check_bounds(name, low, high, log)
        self._check_repeat(name, _described("a whole number", int(low), int(high), None if step == 1 else step, log))
        return self._trial.suggest_int(name, low, high, step=step, log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Suggest one of `choices`, as Optuna does; CMA-ES cannot sample it, so prefer `suggest_ordinal`."""
        self._check_repeat(name, f"one of {list(choices)}")
        return self._trial.suggest_categorical(name, choices)

    def suggest_power_of_two(self, name: str, low_exponent: int, high_exponent: int) -> float:
        """Suggest 2^k for a whole k; recorded as `log2_<name>` = k. Negative exponents give 1/2, 1/4, …"""
        return float(2.0 ** self.suggest_int(f"log2_{name}", low_exponent, high_exponent))

    def suggest_one_minus(self, name: str, low: float, high: float) -> float:
        """Suggest a number close to one by its logarithmic distance from one; recorded as `one_minus_<name>`.

        Args:
            name: what the returned number is called, such as "gamma".
            low: smallest distance from one.
            high: largest distance from one.
        """
        return 1.0 - self.suggest_float(f"one_minus_{name}", low, high, log=True)

    def suggest_ordinal(self, name: str, choices: Sequence[Choice]) -> Choice:
        """Suggest one of several values that have an order; recorded as `<name>_index`, counted from 0."""
        return choices[self.suggest_int(f"{name}_index", 0, len(choices) - 1)]

    def suggest_switch(self, name: str) -> bool:
        """Suggest yes or no; recorded as `name` = 1 or 0."""
        return bool(self.suggest_int(name, 0, 1))

    def suggest_precision(self, *, bfloat16: bool | None = None) -> Literal["float32", "bfloat16"]:
        """Suggest `AgentConfig.precision`; recorded as `bfloat16` = 1 or 0.

        Where agents cannot compute in bfloat16 the range is 0 to 0, so samplers never draw it. Optuna allows ranges of
        numbers that differ within a study, so the study may move to another machine.

        Args:
            bfloat16: whether agents can compute in bfloat16; by default, whether this machine may have units for it.
        """
        usable = may_have_bfloat16() if bfloat16 is None else bfloat16
        return "bfloat16" if self.suggest_int("bfloat16", 0, 1 if usable else 0) else "float32"

    def suggest_action_bounds(
        self, sources: Sequence[BoundsSource] = (), *, fraction: tuple[float, float] = (0.003, 1.0)
    ) -> dict[str, Any]:
        """Suggest the agent's action bounds, as arguments for `AgentConfig(**…)`.

        Without a bounds file in the study they are a share of the task's own box, recorded as `action_bound_fraction`.
        With one they are the file's box, without a parameter, unless `sources` names several sources: then
        `action_bounds_source_index` counts those that the file has numbers for, in the given order,
        `action_bounds_percentiles_index` the file's pairs of percentiles from the narrowest to the widest, and
        `action_bound_fraction` is the share. Warm starts then use the file's own box.

        Args:
            sources: what to choose from if the study has a bounds file, such as `ACTION_BOUNDS_SOURCES`.
            fraction: the smallest and the largest share.

        Raises:
            UserError: for an unknown source, or if the bounds file has numbers for none of them.
        """
        self.suggested_bounds = suggest_bounds(self, self._action_bounds, sources, fraction)
        return dict(self.suggested_bounds.arguments)

    def _check_bounds(self, name: str, low: float, high: float, log: bool) -> None:
        """Refuse bounds that Optuna fails on much later, or with a message that does not name the parameter."""
        given = f"The parameter '{name}' is suggested from {low!r} to {high!r}"
        if not (_is_finite(low) and _is_finite(high)):
            raise UserError(f"{given}, but both bounds must be finite numbers.")
        if low > high:
            raise UserError(f"{given}, but the first bound, the lowest, must not be above the second.")
        if log and low <= 0:
            raise UserError(f"{given} on a logarithmic scale, but the lowest bound must then be above 0.")

    def _check_repeat(self, name: str, wanted: str) -> None:
        """Refuse a parameter that is suggested again with another range; Optuna would answer from the first."""
        before = self._ranges.setdefault(name, wanted)
        if before != wanted:
            raise UserError(
                f"The parameter '{name}' is suggested twice in one trial with different ranges: {before}, then "
                f"{wanted}. Give each parameter a name of its own."
            )


def _is_finite(bound: object) -> bool:
    return isinstance(bound, Real) and not isinstance(bound, bool) and math.isfinite(bound)


def _described(kind: str, low: float, high: float, step: float | None, log: bool) -> str:
    by = f" in steps of {step!r}" if step is not None else ""
    return f"{kind} from {low!r} to {high!r}{by}{' on a logarithmic scale' if log else ''}"
