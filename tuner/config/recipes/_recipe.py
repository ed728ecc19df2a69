"""A configuration that somebody has, as a study keeps it."""

from typing import Any

from pydantic import Field, JsonValue

from tuner.config._types import Frozen, PositiveCount
from tuner.config.agent import AgentConfig, Algorithm
from tuner.config.recipes._vocabulary import agent_of, resolve
from tuner.errors import UserError


class Recipe(Frozen):
    """A configuration in the names of SBX's arguments: written in a study file, or read from another file.

    Arguments that it leaves out are as in SBX.
    """

    name: str = Field(min_length=1)
    """What it is called where trials are shown."""
    algorithm: Algorithm | None = None
    """None if that is not said; it is the search space's then."""
    values: dict[str, JsonValue] = Field(default_factory=dict)
    """What the user wrote: arguments of SBX, also those in `policy_kwargs`, settings of `AgentConfig`, or parameters of
    the search space."""
    file_values: dict[str, JsonValue] = Field(default_factory=dict)
    """What a file says, in the same names. It may have others, which are ignored; `values` win over it."""
    parameters: dict[str, bool | int | float | str | None] = Field(default_factory=dict)
    """The parameters, in its own search space, of a configuration that a study found."""
    num_envs: PositiveCount | None = None
    """Robots that it was written for, if that is known."""

    @property
    def all_values(self) -> dict[str, Any]:
        """Everything that it says, by name."""
        return {**self.file_values, **self.values}

    def values_for(self, algorithm: Algorithm, *, num_envs: int) -> dict[str, Any]:
        """Return everything that it says in names that mean the same for every algorithm and number of robots."""
        return resolve(algorithm, self.all_values, num_envs=num_envs)

    def agent(self, algorithm: Algorithm, *, num_envs: int) -> AgentConfig:
        """Return the agent that it describes.

        Args:
            algorithm: the search space's.
            num_envs: robots that it will learn from.

        Raises:
            UserError: if it is for another algorithm, or a value is one that SBX would fail on.
        """
        where = f"The configuration '{self.name}'"
        if self.algorithm not in (None, algorithm):
            raise UserError(
                f"{where} is one of {self.algorithm}, but the search space builds agents of {algorithm}. Name a search "
                f"space of {self.algorithm}, or leave the configuration out."
            )
        return agent_of(algorithm, self.values_for(algorithm, num_envs=num_envs), where)
