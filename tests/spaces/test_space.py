import asyncio
import math
import sys

import numpy as np
import optuna
import pytest
import sqlalchemy.exc
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tuner.config import ActionBox, AgentConfig, Network, TaskConfig
from tuner.errors import UserError, unknown_name
from tuner.spaces import SearchSpace, SpaceTrial, search_space

TASK = TaskConfig(id="PointMass", num_envs=32)


def space_of(function):
    return SearchSpace.of(function, name="mine", source_hash="0")


def configure(function, **parameters):
    return space_of(function).agent(parameters, TASK)


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
        '  return AgentConfig(algorithm="sacc", initial_std=-1)',
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


@pytest.mark.parametrize(
    "raised",
    [
        optuna.TrialPruned(),
        optuna.exceptions.StorageInternalError("database is locked"),
        sqlalchemy.exc.OperationalError("UPDATE trials", {}, Exception("database is locked")),
        KeyboardInterrupt(),
    ],
)
def test_what_is_no_mistake_of_the_function_passes(raised):
    """Given up, the database failed, or the user stops the program: the same in a trial and in an exploration."""

    def raising(trial):
        raise raised

    with pytest.raises(type(raised)):
        space_of(raising).configure(optuna.trial.FixedTrial({}), TASK)
    if not isinstance(raised, optuna.TrialPruned):
        with pytest.raises(type(raised)):
            space_of(raising).explore(TASK)


@pytest.mark.parametrize("error", [ValueError("odd"), SystemExit("odd"), asyncio.CancelledError("odd")])
def test_whatever_else_is_raised_is_its_mistake(error):
    def raising(trial):
        trial.suggest_int("a", 0, 1)
        raise error

    space = space_of(raising)
    for call in (lambda: space.agent({"a": 1}, TASK), lambda: space.distributions(TASK), lambda: space.explore(TASK)):
        with pytest.raises(UserError, match=rf"'mine' failed at {__file__}, line \d+: {type(error).__name__}: odd"):
            call()


def test_given_parameters_may_lie_outside_their_ranges(recwarn):
    assert configure(good, learning_rate=1.0, algorithm="sac").arguments["learning_rate"] == 1.0
    assert space_of(good).explore(TASK, given={"learning_rate": 1.0}).got_through
    assert not recwarn.list


def test_a_parameter_that_is_not_given():
    with pytest.raises(UserError, match=r"'mine' failed at .*'algorithm' is not found"):
        configure(good, learning_rate=1e-3)


def picky(trial):
    """Gives up an even `a`, its lowest value among them, and asks for `b` afterwards."""
    if trial.suggest_int("a", 0, 9) % 2 == 0:
        raise optuna.TrialPruned
    trial.suggest_float("b", 0.0, 1.0)
    return AgentConfig(algorithm="sac")


def test_given_values_that_are_given_up():
    with pytest.raises(UserError, match=r"'mine' at .* gives this combination up.*TrialPruned for \{'a': 4\}\. Give"):
        configure(picky, a=4)


def test_where_the_lowest_values_are_given_up_random_ones_are_tried():
    found = space_of(picky).explore(TASK)
    assert found.distributions == {"a": IntDistribution(0, 9), "b": FloatDistribution(0.0, 1.0)}
    assert found.got_through
    assert found.runs > 1
    assert space_of(picky).explore(TASK) == found  # the same values every time
    assert space_of(picky).distributions(TASK) == found.distributions


def test_one_run_is_enough_where_the_lowest_values_are_trained():
    assert space_of(good).explore(TASK).runs == 1


def test_a_space_that_gives_everything_up():
    def never(trial):
        trial.suggest_int("a", 0, 9)
        raise optuna.TrialPruned("too dear")

    asked = space_of(never).explore(TASK)
    assert (asked.got_through, asked.runs, list(asked.distributions)) == (False, 201, ["a"])
    with pytest.raises(UserError, match=r"'mine' at .* gives up everything.*TrialPruned for 201 combinations"):
        space_of(never).distributions(TASK)


def test_nothing_is_tried_twice():
    def never(trial):
        trial.suggest_int("a", 0, 9)
        raise optuna.TrialPruned

    assert space_of(never).explore(TASK, given={"a": 3}).runs == 1
    with pytest.raises(UserError, match="TrialPruned for its only combination"):
        space_of(lambda trial: gives_up(trial)).distributions(TASK)


def gives_up(trial):
    raise optuna.TrialPruned


def test_given_values_hold_in_every_run():
    seen = []

    def watched(trial):
        seen.append(trial.suggest_int("a", 0, 9))
        return picky(trial)

    found = space_of(watched).explore(TASK, given={"a": 4, "unknown": 1}, wanted=["b"])
    assert (found.got_through, set(seen), set(found.distributions)) == (False, {4}, {"a"})
    assert space_of(watched).explore(TASK, given={"a": 5}).got_through


def test_parameters_that_are_wanted_are_looked_for():
    def rare(trial):
        if trial.suggest_int("layers", 0, 9) >= 7:
            trial.suggest_float("dropout", 0.0, 0.5)
        return AgentConfig(algorithm="sac")

    assert set(space_of(rare).explore(TASK, wanted=["dropout"]).distributions) == {"layers", "dropout"}
    missing = space_of(rare).explore(TASK, wanted=["dropuot"])
    assert (missing.runs, set(missing.distributions)) == (201, {"layers", "dropout"})


def test_decorator_gives_warm_starts_by_function_name():
    def slow_but_sure(task):
        return {"learning_rate": 1e-4 * task.num_envs}

    @search_space(warm_starts=(slow_but_sure,))
    def decorated(trial):
        return good(trial)

    space = space_of(decorated)
    assert list(space.warm_starts) == ["slow_but_sure"]
    assert space.warm_start("slow_but_sure", TASK) == {"learning_rate": 1e-4 * 32}
    assert space_of(good).warm_starts == {}


def test_decorator_refuses_warm_starts_that_are_no_functions():
    with pytest.raises(UserError, match="is a function of the task, but 'slow' was given"):
        search_space(warm_starts={"slow": {"learning_rate": 1e-4}})


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (
            lambda task: 1 / 0,
            r"'odd' of search space 'mine' failed at .*, line \d+: ZeroDivisionError",
        ),
        (lambda task: sys.exit(3), r"'odd' of search space 'mine' failed at .*: SystemExit: 3"),
        (lambda task: gives_up(task), "'odd' .* raised optuna.TrialPruned at .*only the search space itself can give"),
        (lambda task: None, "'odd' .* returned None, but must return a dictionary"),
        (lambda task: [("a", 1)], r"'odd' .* returned \[.*\], but must return a dictionary"),
        (lambda task: {1: 2}, r"'odd' .* returned \{1: 2\}, but must return a dictionary"),
        (lambda task: {"a": np.int64(3)}, "'odd' .* cannot be stored: .*int64.* Give plain numbers"),
    ],
)
def test_a_warm_start_that_fails(start, message):
    space = SearchSpace("mine", good, {"odd": start})
    with pytest.raises(UserError, match=message):
        space.warm_start("odd", TASK)


def test_an_unknown_warm_start():
    with pytest.raises(UserError, match=r"Unknown warm start 'odd' of search space 'mine'. Did you mean 'old'\?"):
        SearchSpace("mine", good, {"old": dict}).warm_start("odd", TASK)
