"""Parameters are found for an agent by running the space, which declares nothing."""

import pytest

from tuner.config import AgentConfig, TaskConfig
from tuner.spaces import SearchSpace, bundled_spaces, load_space
from tuner.spaces.fitting._search import Wanted, come_near, influences
from tuner.spaces.fitting._traits import same, traits_of
from tuner.spaces.fitting._try_out import TryOut


def nearest(space, agent, task, pinned=()):
    try_out = TryOut(space, task)
    start = try_out.begin(dict(pinned))
    traits = traits_of(agent, task.num_envs)
    wanted = Wanted(traits, dict.fromkeys(traits, 1.0), {})
    return come_near(try_out, start, wanted, influences(try_out, start, pinned=dict(pinned)), pinned=dict(pinned))


CASES = [(name, start) for name in bundled_spaces() if name != "sac_bounds" for start in load_space(name).warm_starts]


@pytest.mark.parametrize(("name", "start"), CASES)
def test_the_agent_of_every_bundled_warm_start_is_found_again(name, start):
    space, task = load_space(name), TaskConfig(id="Toy", num_envs=256)
    agent = space.agent(space.warm_start(start, task), task)
    found, wanted = nearest(space, agent, task).traits, traits_of(agent, 256)
    assert {name: found[name] for name in wanted if not same(found[name], wanted[name])} == {}


def chained(trial):
    """The batch is a power of two, the critics' rate a multiple of the actor's, and steps are cut by the batch."""
    rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
    ratio = trial.suggest_float("ratio", 1.0, 10.0, log=True)
    batch = 2 ** trial.suggest_int("exponent", 4, 9)
    squared = trial.suggest_float("root", 0.01, 0.3)
    arguments = {
        "learning_rate": rate,
        "qf_learning_rate": rate * ratio,
        "batch_size": batch,
        "learning_starts": max(batch, trial.suggest_int("starts", 1, 5000)),
        "gamma": trial.suggest_one_minus("gamma", 0.001, 0.1),
        "tau": squared**2,
    }
    return AgentConfig(algorithm="sac", arguments=arguments)


def test_what_each_parameter_decides_is_seen():
    try_out = TryOut(SearchSpace("chained", chained), TaskConfig(id="Toy", num_envs=4))
    found = influences(try_out, try_out.begin({}))
    assert found["learning_rate"] == {"rate"}
    assert found["qf_learning_rate"] == {"rate", "ratio"}
    assert found["learning_starts"] == {"exponent", "starts"}
    assert influences(try_out, try_out.begin({}), pinned=["rate"])["qf_learning_rate"] == {"ratio"}


def test_chains_and_curves_are_solved():
    space, task = SearchSpace("chained", chained), TaskConfig(id="Toy", num_envs=4)
    arguments = {"learning_rate": 3e-4, "qf_learning_rate": 1.2e-3, "batch_size": 64, "learning_starts": 1234}
    agent = AgentConfig(algorithm="sac", arguments={**arguments, "gamma": 0.98, "tau": 0.02})
    found = nearest(space, agent, task)
    assert {name: found.traits[name] for name in arguments} == pytest.approx(arguments)
    assert found.parameters["one_minus_gamma"] == 0.02  # and not 0.020000000000000018, which is 1 - 0.98
    assert found.parameters["root"] == pytest.approx(0.02**0.5)
    assert found.parameters["exponent"] == 6


def test_what_cannot_be_reached_is_next_to_it_and_pinned_values_stay():
    space, task = SearchSpace("chained", chained), TaskConfig(id="Toy", num_envs=4)
    agent = AgentConfig(algorithm="sac", arguments={"batch_size": 300, "gamma": 0.5, "learning_rate": 3e-4})
    found = nearest(space, agent, task, pinned={"rate": 1e-2})
    # |log(300/256)| < |log(300/512)|; 0.1 is the farthest from one
    assert (found.parameters["exponent"], found.parameters["one_minus_gamma"]) == (8, 0.1)
    assert found.parameters["rate"] == 1e-2
