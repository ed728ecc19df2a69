"""Compile the learning program of an agent before the agent is built."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from tuner.agents.fused._learner import FusedLearner
from tuner.config import AgentConfig


def compile_ahead(build: Callable[[], Any], config: AgentConfig) -> None:
    """Compile the learning program of an agent without making its arrays: JAX only derives their shapes.

    Building and learning take about equally long to compile. Of two processes that start with the same agent, one
    therefore begins here, and each finds on the disk what the other has compiled.

    Args:
        build: builds a fused agent that has no learner yet; called once more than
            for the real agent.
        config: what it is built from.
    """
    derived: list[Any] = []

    def derive() -> None:
        learner = FusedLearner(build(), config)
        shapes = jax.tree.map(_shape, learner.learning_arguments())
        derived.append((learner.programs, *shapes))

    jax.eval_shape(derive)
    ((programs, arguments, inputs),) = derived
    programs.compile_learn(*arguments, **inputs)


def _shape(leaf: Any) -> jax.ShapeDtypeStruct:
    array = jnp.asarray(leaf)
    return jax.ShapeDtypeStruct(array.shape, array.dtype)  # type: ignore[no-untyped-call]
