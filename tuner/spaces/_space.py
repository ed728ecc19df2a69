"""A search space: a function from a trial to an agent, and the configurations it can try first."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import StorageInternalError, TrialPruned
from pydantic import ValidationError

from tuner.config import ActionBoundsFile, ActionBox, AgentConfig, Network, TaskConfig, describe_problems
from tuner.errors import UserError
from tuner.spaces._bound_sources import FRACTION
from tuner.spaces._space_trial import SpaceTrial, Suggester

SpaceFunction = Callable[[SpaceTrial], AgentConfig]
WarmStart = Callable[[TaskConfig], dict[str, Any]]
"""Returns the parameters, under the names that Optuna records, of one configuration for a task."""

_WARM_STARTS = "__warm_starts__"
_MODELS = {model.__name__: model for model in (AgentConfig, Network, ActionBox)}
"""What a space's function builds, by the title of pydantic's errors."""
_Function = TypeVar("_Function", bound=SpaceFunction)


def search_space(*, warm_starts: tuple[WarmStart, ...] = ()) -> Callable[[_Function], _Function]:
    """Mark a function as a search space, which lists it where the file is a bundled one, and give it warm starts.

    Args:
        warm_starts: functions, each giving the parameters of a configuration worth trying first; a study file names
            them by their function names.
    """

    def mark(function: _Function) -> _Function:
        setattr(function, _WARM_STARTS, {start.__name__: start for start in warm_starts})
        return function

    return mark


@dataclass(frozen=True)
class SearchSpace:
    """A search space, loaded."""

    name: str
    function: SpaceFunction
    warm_starts: Mapping[str, WarmStart] = field(default_factory=dict)
    """Configurations worth trying first, by name; each gives the parameters for a task as Optuna records them."""
    source_hash: str = ""
    """Changes when the file that defines the space changes."""
    action_bounds: ActionBoundsFile | None = None
    """The study's bounds file; see `with_action_bounds`."""

    @classmethod
    def of(cls, function: SpaceFunction, *, name: str, source_hash: str) -> "SearchSpace":
        """Return the space of a function, with the warm starts that `search_space` gave it."""
        return cls(name, function, dict(getattr(function, _WARM_STARTS, {})), source_hash)

    def with_action_bounds(self, bounds: ActionBoundsFile) -> "SearchSpace":
        """Return the same space with a bounds file, which its agents and its warm starts use.

        The file wins over the share of the box that a warm start gives.
        """
        bounded = replace(self, action_bounds=bounds)
        starts = {name: partial(_bounded_parameters, bounded, start) for name, start in self.warm_starts.items()}
        return replace(bounded, warm_starts=starts)

    def configure(self, trial: Suggester, task: TaskConfig) -> AgentConfig:
        """Return the agent that the trial's parameters describe.

        Args:
            trial: an Optuna trial.
            task: what the agent is for.

        Raises:
            UserError: if the space's function raises, describes an agent that cannot be, or returns something else.
            TrialPruned: if the function raises it.
        """
        space_trial = SpaceTrial(trial, task, self.action_bounds)
        try:
            agent = self.function(space_trial)
        except (TrialPruned, StorageInternalError):
            raise  # not mistakes of the function: it gave the trial up, or the storage failed
        except (Exception, SystemExit) as error:  # sys.exit() in it would end the program without a word
            raise UserError(
                f"The search space '{self.name}' failed{self._place(error)}: {_described(error)}"
            ) from error
        if not isinstance(agent, AgentConfig):
            raise UserError(
                f"The search space '{self.name}'{self._definition()} returned {agent!r}, of type "
                f"{type(agent).__name__}, but must return an AgentConfig (from tuner.config)."
            )
        if self.action_bounds is not None and space_trial.suggested_bounds is None:
            raise UserError(
                f"The study names action_bounds, but the search space '{self.name}'{self._definition()} does not take "
                "them. Give its AgentConfig **trial.suggest_action_bounds() instead of action_bound_fraction or "
                "action_box."
            )
        return agent

    def distributions(self, task: TaskConfig) -> dict[str, BaseDistribution]:
        """Return the space's parameters and their ranges, in the order in which it asks for them.

        The function runs once, with the lowest or first value of everything; a parameter that it only asks for in
        other cases is missing.

        Raises:
            UserError: as `configure` does.
        """
        recorder = _Recorder()
        self.configure(recorder, task)
        return recorder.distributions

    def _place(self, error: BaseException) -> str:
        """Return " at FILE, line N", the last line of the space's own file that the error passed through."""
        file = getattr(getattr(self.function, "__code__", None), "co_filename", None)
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        return f" at {file}, line {lines[-1]}" if lines else self._definition()

    def _definition(self) -> str:
        """Return " at FILE, line N", where the space's function begins; nothing if it is some other callable."""
        code = getattr(self.function, "__code__", None)
        return f" at {code.co_filename}, line {code.co_firstlineno}" if code is not None else ""


def _bounded_parameters(space: SearchSpace, warm_start: WarmStart, task: TaskConfig) -> dict[str, Any]:
    """Return a warm start's parameters for a space with a bounds file: they stand for the file's own box."""
    parameters = warm_start(task)
    recorder = _Recorder(parameters)
    trial = SpaceTrial(recorder, task, space.action_bounds)
    space.function(trial)
    own = trial.suggested_bounds.own if trial.suggested_bounds is not None else {}
    kept = {name: value for name, value in parameters.items() if name != FRACTION or name in recorder.distributions}
    return {**kept, **own}


class _Recorder:
    """Answers every suggestion with the value given for it, else its lowest or first, and keeps the ranges."""

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        self.distributions: dict[str, BaseDistribution] = {}
        self._given = parameters or {}

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        self.distributions[name] = FloatDistribution(low, high, log=log, step=step)
        return float(self._given.get(name, low))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        self.distributions[name] = IntDistribution(low, high, log=log, step=step)
        return int(self._given.get(name, low))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        distribution = CategoricalDistribution(choices)
        self.distributions[name] = distribution
        return self._given.get(name, distribution.choices[0])


def _described(error: BaseException) -> str:
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, ValidationError):
        model = _MODELS.get(error.title)
        if model is not None:
            return "\n  ".join([f"not a valid {error.title}:", *describe_problems(error, model)])
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
