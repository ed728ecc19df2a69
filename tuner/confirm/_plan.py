"""The plan of a confirmation: its candidates and seeds, as stored."""

from dataclasses import asdict, dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from tuner.records import known_fields
from tuner.storage import attributes, check_schema_number, confirm_name, outcome_of

PLAN = "plan"
"""Attribute of a confirm study: the `Plan` as JSON."""
CANDIDATE = "candidate"
"""Attribute of its trials: the number of the trial in the study that is retrained, or the reference's name."""
SEED = "seed"
"""Attribute of its trials: the fresh seed."""
RULE = "race"
"""The rule that stops a run whose candidate was dropped meanwhile."""


def load_confirm(study: optuna.Study) -> optuna.Study | None:
    """Return the Optuna study that holds a study's confirm runs; None if there is none.

    Raises:
        UserError: if a newer version of this program wrote it.
    """
    try:
        confirm = optuna.load_study(study_name=confirm_name(study.study_name), storage=study._storage)
    except KeyError:
        return None
    check_schema_number(confirm)
    return confirm


@dataclass(frozen=True)
class Entrant:
    """A candidate at the start of the race."""

    number: int | None
    """Its trial in the study; None for the reference."""
    label: str
    promised_seconds: float | None
    agent: dict[str, Any]
    """The `AgentConfig` as JSON."""
    shares: int | None = None
    """If the reference is one of the study's best trials: that trial's number. They share their runs."""

    @property
    def key(self) -> int | str:
        """The value of `CANDIDATE` of its runs."""
        number = self.shares if self.number is None else self.number
        return self.label if number is None else number


@dataclass(frozen=True)
class Plan:
    """Who runs on which seeds."""

    entrants: tuple[Entrant, ...]
    """Best promise first, the reference last."""
    seeds: tuple[int, ...]
    target: float
    budget_seconds: float
    race_reference: bool = False
    """Whether the reference, too, gets no further seeds when it is clearly slower."""

    @property
    def kept(self) -> frozenset[int | str]:
        """Keys of those that are never dropped."""
        return frozenset(entrant.key for entrant in self.entrants if entrant.number is None and not self.race_reference)

    @property
    def contenders(self) -> frozenset[int | str]:
        """Keys of those that can win."""
        return frozenset(entrant.key for entrant in self.entrants if entrant.number is not None)

    @property
    def labels(self) -> dict[int | str, str]:
        """Labels of those that race, in their order; a reference that shares runs has the label of the trial."""
        found: dict[int | str, str] = {}
        for entrant in self.entrants:
            found.setdefault(entrant.key, entrant.label)
        return found

    def write(self, confirm: optuna.Study) -> None:
        """Write the plan to the study of the confirm runs."""
        confirm.set_user_attr(PLAN, asdict(self))

    @classmethod
    def read(cls, confirm: optuna.Study) -> "Plan | None":
        """Return the plan of a study of confirm runs; None if it was killed before it had one."""
        data = confirm.user_attrs.get(PLAN)
        if data is None:
            return None
        entrants = tuple(Entrant(**known_fields(Entrant, entrant)) for entrant in data["entrants"])
        return cls(**{**known_fields(cls, data), "entrants": entrants, "seeds": tuple(data["seeds"])})


def run_of(trial: FrozenTrial) -> tuple[int | str, int] | None:
    """Return the candidate and the seed of a confirm run; None if it was killed before that was written."""
    if CANDIDATE not in trial.user_attrs or SEED not in trial.user_attrs:
        return None
    return trial.user_attrs[CANDIDATE], trial.user_attrs[SEED]


def agent_of(trial: FrozenTrial) -> dict[str, Any] | None:
    """Return the agent of a study's trial as JSON, its action box in absolute numbers if it was trained."""
    outcome = outcome_of(trial)
    agent: dict[str, Any] | None = (outcome.agent if outcome else None) or trial.user_attrs.get(
        attributes.SPEC, {}
    ).get("agent")
    return agent
