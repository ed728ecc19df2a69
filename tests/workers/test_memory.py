"""Between trials, garbage goes at once and compiled programs when they have grown too large."""

import gc
import weakref

import jax
import jax.numpy as jnp
import pytest

from tuner.workers._memory import Housekeeper


class Agent:
    """Something that only the garbage collector can free."""

    def __init__(self) -> None:
        self.myself = self


@pytest.fixture(autouse=True)
def no_chance_collection():
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def test_programs_stay_while_they_are_small() -> None:
    program = jax.jit(lambda x: x + 1.0)
    program(jnp.zeros(2))
    agent = weakref.ref(Agent())
    assert agent() is not None
    assert Housekeeper(growth_mib=1e6).tidy() is False
    assert agent() is None
    assert program._cache_size() == 1


def test_programs_go_once_the_process_has_grown() -> None:
    housekeeper = Housekeeper(growth_mib=100)
    assert housekeeper.tidy() is False  # the size to compare with
    program = jax.jit(lambda x: x + 2.0)
    program(jnp.zeros(2))
    ballast = b"x" * (200 * 2**20)
    assert housekeeper.tidy() is True
    assert program._cache_size() == 0
    assert housekeeper.tidy() is False  # the ballast is part of the new size
    assert len(ballast) == 200 * 2**20


def test_what_settled_is_no_longer_looked_through() -> None:
    garbage = weakref.ref(Agent())
    agent = Agent()
    Housekeeper().settle()
    assert garbage() is None  # garbage does not settle
    settled = weakref.ref(agent)
    del agent
    gc.collect()
    assert settled() is not None
