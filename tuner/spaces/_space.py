"""A search space: a function from a trial to an agent, and the configurations it can try first."""

import json
import traceback
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.exceptions import StorageInternalError, TrialPruned, UpdateFinishedTrialError
from optuna.samplers import RandomSampler
from optuna.study import Study
from optuna.trial import FixedTrial, FrozenTrial
from pydantic import ValidationError

from tuner.config import ActionBoundsFile, ActionBox, AgentConfig, Network, TaskConfig, describe_problems
from tuner.errors import UserError, unknown_name
from tuner.spaces._bound_sources import FRACTION, SuggestedBounds
from tuner.spaces._space_trial import SpaceTrial, Suggester
from tuner.tracebacks import described, with_users_line

SpaceFunction = Callable[[SpaceTrial], AgentConfig]
WarmStart = Callable[[TaskConfig], dict[str, Any]]
"""Returns the parameters, under the names that Optuna records, of one configuration for a task."""

_WARM_STARTS = "__warm_starts__"
_MODELS = {model.__name__: model for model in (AgentConfig, Network, ActionBox)}
"""What a space's function can build, by the title of pydantic's errors."""
_DRAWS = 200
"""Random draws to find a parameter or a combination that is trained: one in 50 is found with a probability of 98 %."""
_Function = TypeVar("_Function", bound=SpaceFunction)


def search_space(*, warm_starts: tuple[WarmStart, ...] = ()) -> Callable[[_Function], _Function]:
    """Mark a function as a search space and give it warm starts; marked functions of bundled files are listed.

    Args:
        warm_starts: functions, each giving the parameters of a configuration worth trying first; a study file names
            them by their function names.

    Raises:
        UserError: for a warm start that is no such function.
    """
    for start in warm_starts:
        if not hasattr(start, "__name__"):
            raise UserError(f"A warm start of a search space is a function of the task, but {start!r} was given.")

    def mark(function: _Function) -> _Function:
        setattr(function, _WARM_STARTS, {start.__name__: start for start in warm_starts})
        return function

    return mark


@dataclass(frozen=True)
class Exploration:
    """What a search space asks for, found by running its function with made-up values."""

    distributions: dict[str, BaseDistribution]
    """Its parameters and their ranges, in the order in which it asked for them."""
    bounds: SuggestedBounds | None
    """The action bounds it got; None if it did not ask for them."""
    runs: int
    got_through: bool
    """Whether it returned an agent; if not, every run gave the combination up by raising `optuna.TrialPruned`."""


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

    def with_action_bounds(self, bounds: ActionBoundsFile | None) -> "SearchSpace":
        """Return the same space with a study's bounds file, if it has one, which its agents and its warm starts use.

        The file wins over the share of the box that a warm start gives.
        """
        return self if bounds is None else replace(self, action_bounds=bounds)

    def configure(self, trial: Suggester, task: TaskConfig) -> AgentConfig:
        """Return the agent that the trial's parameters describe.

        Args:
            trial: an Optuna trial.
            task: what the agent is for.

        Raises:
            UserError: if the space's function raises, describes an invalid agent, or returns something else.
            TrialPruned: if the function raises it.
        """
        return self._agent(SpaceTrial(trial, task, self.action_bounds))

    def agent(self, parameters: Mapping[str, Any], task: TaskConfig) -> AgentConfig:
        """Return the agent that given parameters describe; they may lie outside of their ranges.

        Raises:
            UserError: as `configure` does, and if the function asks for a parameter that is not given, or gives this
                combination up.
        """
        try:
            return self.configure(FixedTrial(dict(parameters)), task)
        except TrialPruned as error:
            raise UserError(
                f"The search space '{self.name}'{_definition(self.function)} gives this combination up: it raised "
                f"optuna.TrialPruned for {dict(parameters)}. Give other values."
            ) from error

    def warm_start(self, name: str, task: TaskConfig) -> dict[str, Any]:
        """Return the parameters of a warm start; with a bounds file they stand for the file's own box.

        Raises:
            UserError: for an unknown name, or if its function, or the space's for these parameters, fails.
        """
        if name not in self.warm_starts:
            raise unknown_name("warm start", name, self.warm_starts, where=f"of search space '{self.name}'")
        parameters = self._checked_start(name, task)
        if self.action_bounds is None:
            return parameters
        asked = self.explore(task, given=parameters)
        own = asked.bounds.own if asked.bounds is not None else {}
        kept = {key: value for key, value in parameters.items() if key != FRACTION or key in asked.distributions}
        return {**kept, **own}

    def distributions(self, task: TaskConfig) -> dict[str, BaseDistribution]:
        """Return the space's parameters and their ranges, in the order in which it asks for them.

        A parameter that it only asks for in some cases may be missing; see `explore`.

        Raises:
            UserError: as `configure` does, and if the function gives up every combination.
        """
        found = self.explore(task)
        if not found.got_through:
            raise self.gives_all_up(found.runs)
        return found.distributions

    def explore(
        self, task: TaskConfig, *, given: Mapping[str, Any] | None = None, wanted: Collection[str] = ()
    ) -> Exploration:
        """Run the function to see what it asks for, with the lowest or first value of everything.

        While it gives the combination up, or has not asked for a parameter that is wanted, it runs again with random
        values, always the same ones, up to 200 times.

        Args:
            task: what the agents are for.
            given: parameters that have these values in every run.
            wanted: names of parameters that should be among those found.

        Raises:
            UserError: as `configure` does.
        """
        pinned = dict(given or {})
        study = optuna.create_study(sampler=_LowestFirst(seed=0))
        found: dict[str, BaseDistribution] = {}
        bounds, got_through, runs = None, False, 0
        while runs <= _DRAWS:
            runs += 1
            study.enqueue_trial(pinned)
            trial = study.ask()
            space_trial = SpaceTrial(trial, task, self.action_bounds)
            try:
                self._agent(space_trial)
                got_through = True
            except TrialPruned:
                pass  # what it asked for before that counts all the same
            found |= trial.distributions
            bounds = space_trial.suggested_bounds or bounds
            nothing_left_to_vary = trial.distributions.keys() <= pinned.keys()
            if nothing_left_to_vary or (got_through and found.keys() >= set(wanted)):
                break
        return Exploration(found, bounds, runs, got_through)

    def gives_all_up(self, runs: int, pinned: Mapping[str, Any] | None = None) -> UserError:
        """Return the error for a space that gave up every combination that was tried.

        Args:
            runs: how many were tried.
            pinned: the parameters that had one value in all of them.
        """
        given = f" with {dict(pinned)} pinned" if pinned else ""
        tried = "its only combination" if runs == 1 else f"{runs} combinations, the lowest values and random ones"
        remedy = "Pin other values, or let it return" if pinned else "Let it return"
        return UserError(
            f"The search space '{self.name}'{_definition(self.function)} gives up everything{given}: it raised "
            f"optuna.TrialPruned for {tried}, and no trial would be trained. {remedy} an AgentConfig for more of them."
        )

    def _agent(self, trial: SpaceTrial) -> AgentConfig:
        try:
            with warnings.catch_warnings():
                # Given parameters may lie outside the space's ranges on purpose; Optuna warns of each of them.
                warnings.filterwarnings(
                    "ignore", message="Fixed parameter|The value .* is out of", category=UserWarning
                )
                agent = self.function(trial)
        except (TrialPruned, KeyboardInterrupt):
            raise  # not a mistake of the function: it gave the combination up, or the user stops the program
        except BaseException as error:  # sys.exit() in it would end the program without a word
            if _is_of_storage(error):
                raise
            raise _failure(f"The search space '{self.name}'", self.function, error) from error
        definition = _definition(self.function)
        if not isinstance(agent, AgentConfig):
            raise UserError(
                f"The search space '{self.name}'{definition} returned {agent!r}, of type {type(agent).__name__}, but "
                "must return an AgentConfig (from tuner.config)."
            )
        if self.action_bounds is not None and trial.suggested_bounds is None:
            raise UserError(
                f"The study names action_bounds, but the search space '{self.name}'{definition} does not take them. "
                "Give its AgentConfig **trial.suggest_action_bounds() instead of action_bound_fraction or action_box."
            )
        return agent

    def _checked_start(self, name: str, task: TaskConfig) -> dict[str, Any]:
        """Call a warm start's function and check what it returns, which is stored with a study."""
        start = self.warm_starts[name]
        label = f"The warm start '{name}' of search space '{self.name}'"
        try:
            parameters: Any = start(task)
        except KeyboardInterrupt:
            raise
        except TrialPruned as error:
            raise UserError(
                f"{label} raised optuna.TrialPruned{_place(start, error)}, but only the search space itself can give a "
                "combination up. Let it return its parameters, or take it out of the study file."
            ) from error
        except BaseException as error:
            raise _failure(label, start, error) from error
        label += _definition(start)
        if not isinstance(parameters, Mapping) or not all(isinstance(key, str) for key in parameters):
            raise UserError(f"{label} returned {parameters!r}, but must return a dictionary from parameters to values.")
        try:
            json.dumps(dict(parameters))
        except (TypeError, ValueError) as error:
            raise UserError(
                f"{label} returned {parameters!r}, which cannot be stored: {error}. Give plain numbers and strings."
            ) from error
        return dict(parameters)


class _LowestFirst(RandomSampler):
    """Proposes the lowest or first value of everything in a study's first trial, and random values afterwards."""

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        if trial.number > 0:
            return super().sample_independent(study, trial, param_name, param_distribution)
        if isinstance(param_distribution, CategoricalDistribution):
            return param_distribution.choices[0]
        return param_distribution.low  # type: ignore[attr-defined]  # a FloatDistribution or an IntDistribution


def _is_of_storage(error: BaseException) -> bool:
    """Return whether the database failed, or has no such running trial, while it was asked for a parameter."""
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, StorageInternalError | UpdateFinishedTrialError | SQLAlchemyError)


def _failure(label: str, function: Callable[..., Any], error: BaseException) -> UserError:
    """Return the error for a user's function that raised, with the line of the user's code that did."""
    message = f"{label} failed{_place(function, error)}: {_described(error)}"
    return UserError(with_users_line(message, error))


def _place(function: Callable[..., Any], error: BaseException) -> str:
    """Return " at FILE, line N", the last line of the function's own file that the error passed through."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" at {file}, line {lines[-1]}" if lines else _definition(function)


def _definition(function: Callable[..., Any]) -> str:
    """Return " at FILE, line N", where a function begins; nothing if it is some other callable."""
    code = getattr(function, "__code__", None)
    return f" at {code.co_filename}, line {code.co_firstlineno}" if code is not None else ""


def _described(error: BaseException) -> str:
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, ValidationError):
        model = _MODELS.get(error.title)
        if model is not None:
            return "\n  ".join([f"not a valid {error.title}:", *describe_problems(error, model)])
    return described(error)
