import math
import sys

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tuner.config import ActionBox, AgentConfig, Network, TaskConfig
from tuner.errors import UserError, unknown_name
from tuner.spaces import SearchSpace, SpaceTrial, search_space

TASK = TaskConfig(id="PointMass", num_envs=32)


def space_of(function):
    return SearchSpace.of(function, name="mine", source_hash="0")


def configure(function, **parameters):
    return space_of(function).configure(optuna.trial.FixedTrial(parameters), TASK)


def good(trial: SpaceTrial) -> AgentConfig:
    rate = trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True)
    kind = trial.suggest_categorical("algorithm", ["sac", "tqc"])
    return AgentConfig(algorithm=kind, arguments={"learning_rate": rate, "gradient_steps": trial.num_envs})


def test_configure_gives_the_agent():
    agent = configure(good, learning_rate=1e-3, algorithm="tqc")
    assert agent == AgentConfig(algorithm="tqc", arguments={"learning_rate": 1e-3, "gradient_steps": 32})


def test_distributions_in_the_order_asked():
    found = space_of(good).distributions(TASK)
    assert list(found.items()) == [
        ("learning_rate", FloatDistribution(1e-4, 1e-2, log=True)),
        ("algorithm", CategoricalDistribution(["sac", "tqc"])),
    ]


def test_conditional_parameters_may_be_missing():
    def conditional(trial):
        if trial.suggest_int("wide", 0, 1):
            trial.suggest_int("width", 1, 2)
        return AgentConfig(algorithm="sac")

    assert space_of(conditional).distributions(TASK) == {"wide": IntDistribution(0, 1)}


def test_a_space_that_raises_is_named_with_its_line():
    def broken(trial):
        trial.suggest_float("a", 0, 1)
        return 1 / 0

    line = broken.__code__.co_firstlineno + 2
    with pytest.raises(UserError, match=f"'mine' failed at {__file__}, line {line}: ZeroDivisionError: division by"):
        configure(broken, a=0.5)


def test_line_is_the_spaces_own_even_where_optuna_raises():
    def stepping(trial):
        return trial.suggest_float("a", 0, 1, step=-1)

    line = stepping.__code__.co_firstlineno + 1
    with pytest.raises(UserError, match=rf"test_space.py, line {line}: ValueError: .*step"):
        configure(stepping, a=0.5)


@pytest.mark.parametrize("stop", ["sys.exit(3)", "raise SystemExit"])
def test_a_space_cannot_end_the_program(stop):
    names = {"sys": sys}
    exec(f"def leaving(trial):\n    {stop}\n", names)
    with pytest.raises(UserError, match=r"'mine' failed at <string>, line 2: SystemExit"):
        configure(names["leaving"])
    with pytest.raises(UserError, match="SystemExit"):
        space_of(names["leaving"]).distributions(TASK)


def test_invalid_agent_says_what_is_wrong():
    def invalid(trial):
        return AgentConfig(algorithm="sacc", initial_std=-1)

    with pytest.raises(UserError) as error:
        configure(invalid)
    line = invalid.__code__.co_firstlineno + 1
    head, *problems = str(error.value).splitlines()
    assert head == f"The search space 'mine' failed at {__file__}, line {line}: not a valid AgentConfig:"
    assert problems == [
        "  algorithm: needs 'sac', 'tqc', 'ppo', 'td3' or 'crossq', but 'sacc' was given. Did you mean 'sac'?",
        "  initial_std: needs more than 0, but -1 was given.",
    ]


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (
            lambda: Network(pii=(64,)),
            "Network:\n  pii: there is no such key. Did you mean 'pi'? Allowed: kind, pi, qf,",
        ),
        (lambda: AgentConfig(algorithm="sac", pi=(64,)), "pi: there is no such key. Did you mean 'network.pi'?"),
        (
            lambda: AgentConfig(algorithm="sac", network={"qf": (0,)}),
            "network.qf.0: needs at least 1, but 0 was given.",
        ),
        (lambda: AgentConfig(algorithm="sac", arguments={"tau": math.nan}), "arguments.tau: needs a finite number"),
        (lambda: AgentConfig(algorithm="sac", arguments={"tau": [1, object()]}), "\n  arguments.tau.1: "),
        (
            lambda: ActionBox(low=(1.0,), high=(0.0,)),
            "ActionBox:\n  all of it: dimension 0 has low 1.0 which is not below",
        ),
    ],
)
def test_what_is_wrong_inside_an_agent_is_named_with_its_place(build, problem):
    with pytest.raises(UserError) as error:
        configure(lambda trial: build())
    assert problem in str(error.value)


@pytest.mark.parametrize("nonsense", [None, {"algorithm": "sac"}, 3])
def test_a_space_that_returns_nonsense(nonsense):
    with pytest.raises(
        UserError, match=rf"'mine' at .* returned .*{type(nonsense).__name__}, but must return an AgentConfig"
    ):
        configure(lambda trial: nonsense)
    with pytest.raises(UserError, match=rf"'mine' at {__file__}, line \d+ returned"):
        configure(lambda trial: nonsense)


def test_user_errors_keep_their_message():
    def refusing(trial):
        raise unknown_name("robot", "A11", ["A1"])

    with pytest.raises(UserError, match=r"'mine' failed at .*: Unknown robot 'A11'. Did you mean 'A1'\?"):
        configure(refusing)


def test_pruning_and_storage_errors_are_not_the_spaces():
    def gives_up(trial):
        raise optuna.TrialPruned

    def storage_fails(trial):
        raise optuna.exceptions.StorageInternalError("database is locked")

    with pytest.raises(optuna.TrialPruned):
        configure(gives_up)
    with pytest.raises(optuna.exceptions.StorageInternalError, match="locked"):
        configure(storage_fails)


def test_decorator_gives_warm_starts_by_function_name():
    def slow_but_sure(task):
        return {"learning_rate": 1e-4 * task.num_envs}

    @search_space(warm_starts=(slow_but_sure,))
    def decorated(trial):
        return good(trial)

    space = space_of(decorated)
    assert list(space.warm_starts) == ["slow_but_sure"]
    assert space.warm_starts["slow_but_sure"](TASK) == {"learning_rate": 1e-4 * 32}
    assert space_of(good).warm_starts == {}
