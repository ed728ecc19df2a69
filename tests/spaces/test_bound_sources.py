"""A study's bounds file in search spaces: taken as it is, or one of the sources that are sampled."""

import optuna
import pytest

from tuner.config import ActionBoundsFile, ActionBox, AgentConfig, BoundsTask, PercentileBox, TaskConfig
from tuner.errors import UserError
from tuner.spaces import ACTION_BOUNDS_SOURCES, SearchSpace, load_space

TASK = TaskConfig(id="Cartpole", num_envs=64)
NARROW, WIDE = ActionBox(low=(-1.0,), high=(2.0,)), ActionBox(low=(-3.0,), high=(4.0,))
LIMITS = ActionBox(low=(-5.0,), high=(5.0,))
BOUNDS = ActionBoundsFile(
    task=BoundsTask(id="Cartpole"),
    source="percentiles",
    percentiles=(0.5, 99.5),
    low=WIDE.low,
    high=WIDE.high,
    percentile_boxes=(PercentileBox(percentiles=(10.0, 90.0), low=NARROW.low, high=NARROW.high),),
    joint_limits=LIMITS,
)
WITHOUT_RECORDING = ActionBoundsFile(
    task=BoundsTask(id="Cartpole"), source="fraction", fraction=0.03, low=(-3.0,), high=(3.0,)
)


def sampling(sources):
    def function(trial):
        return AgentConfig(algorithm="sac", **trial.suggest_action_bounds(sources))

    def recipe(task):
        return {"action_bound_fraction": 0.25}

    return SearchSpace("mine", function, {"recipe": recipe}).with_action_bounds(BOUNDS)


def bounds_of(agent):
    return agent.action_box or agent.action_bound_fraction


def configure(space, **parameters):
    return bounds_of(space.agent(parameters, TASK))


@pytest.mark.parametrize("name", ["sac_speed", "tqc_speed", "ppo_speed", "sac_bounds"])
def test_without_a_file_bundled_spaces_sample_a_share_of_the_box(name):
    distribution = load_space(name).distributions(TASK)["action_bound_fraction"]
    assert (distribution.low, distribution.high, distribution.log) == (0.003, 1.0, True)


@pytest.mark.parametrize("name", ["sac_speed", "tqc_speed", "ppo_speed"])
def test_bundled_spaces_take_the_file(name):
    plain = load_space(name)
    space = plain.with_action_bounds(BOUNDS)
    assert set(plain.distributions(TASK)) - set(space.distributions(TASK)) == {"action_bound_fraction"}
    for start in space.warm_starts:
        parameters = space.warm_start(start, TASK)
        assert parameters.keys() == space.distributions(TASK).keys()
        agent = space.agent(parameters, TASK)
        assert (agent.action_box, agent.action_bound_fraction) == (WIDE, None)


def test_a_bundled_space_samples_the_source_and_starts_from_the_file():
    space = load_space("sac_bounds").with_action_bounds(BOUNDS)
    distributions = space.distributions(TASK)
    parameters = space.warm_start("raffin_part2", TASK)
    assert parameters.keys() == distributions.keys()
    # Sources: percentiles, joint limits, share. Pairs: 10 to 90, then 0.5 to 99.5, which is the file's own.
    assert (parameters["action_bounds_source_index"], parameters["action_bounds_percentiles_index"]) == (0, 1)
    assert configure(space, **parameters) == WIDE
    assert configure(space, **parameters | {"action_bounds_percentiles_index": 0}) == NARROW
    assert configure(space, **parameters | {"action_bounds_source_index": 1}) == LIMITS
    share = {"action_bounds_source_index": 2, "action_bound_fraction": 0.1}
    assert configure(space, **parameters | share) == 0.1


def test_sources_are_counted_in_the_order_given():
    space = sampling(["fraction", "joint_limits"])
    assert set(space.distributions(TASK)) == {"action_bounds_source_index", "action_bound_fraction"}
    assert configure(space, action_bounds_source_index=1, action_bound_fraction=0.5) == LIMITS
    assert configure(space, action_bounds_source_index=0, action_bound_fraction=0.5) == 0.5
    # The file's own source, percentiles, is not among them: a warm start takes the first.
    assert space.warm_start("recipe", TASK) == {"action_bound_fraction": 0.25, "action_bounds_source_index": 0}


def test_what_the_file_has_no_numbers_for_is_not_sampled():
    space = SearchSpace("mine", sampling(ACTION_BOUNDS_SOURCES).function).with_action_bounds(WITHOUT_RECORDING)
    assert set(space.distributions(TASK)) == {"action_bound_fraction"}  # one source and no pairs: nothing to choose


def test_a_warm_start_takes_the_share_of_a_file_made_of_a_share():
    plain = sampling(ACTION_BOUNDS_SOURCES)
    space = SearchSpace("mine", plain.function, {"recipe": lambda task: {"action_bound_fraction": 0.25}})
    space = space.with_action_bounds(WITHOUT_RECORDING)
    assert space.warm_start("recipe", TASK) == {"action_bound_fraction": 0.03}


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        (["percentile"], "Unknown source of action bounds 'percentile'. Did you mean 'percentiles'?"),
        (
            ["percentiles", "joint_limits"],
            "from percentiles, joint_limits, but the study's bounds file has numbers for none",
        ),
    ],
)
def test_sources_that_cannot_be(sources, problem):
    space = SearchSpace("mine", sampling(sources).function).with_action_bounds(WITHOUT_RECORDING)
    with pytest.raises(UserError) as refused:
        space.distributions(TASK)
    assert problem in str(refused.value)


def test_a_space_that_ignores_the_file_is_refused():
    def ignoring(trial):
        return AgentConfig(algorithm="sac", action_bound_fraction=trial.suggest_float("share", 0.1, 1))

    space = SearchSpace("mine", ignoring)
    assert configure(space, share=0.5) == 0.5
    with pytest.raises(UserError, match=r"'mine' at .* does not take them. Give its AgentConfig \*\*trial"):
        configure(space.with_action_bounds(BOUNDS), share=0.5)


def test_a_warm_start_is_asked_in_its_own_branch():
    def branching(trial):
        bounds = trial.suggest_action_bounds(["joint_limits", "percentiles"]) if trial.suggest_int("use", 0, 1) else {}
        return AgentConfig(algorithm="sac", **bounds)

    def recipe(task):
        return {"use": 1, "action_bound_fraction": 0.5}

    space = SearchSpace("mine", branching, {"recipe": recipe}).with_action_bounds(BOUNDS)
    expected = {"use": 1, "action_bounds_source_index": 1, "action_bounds_percentiles_index": 1}
    assert space.warm_start("recipe", TASK) == expected


def test_a_warm_start_that_is_given_up_keeps_its_parameters():
    def picky(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        bounds = trial.suggest_action_bounds(["joint_limits", "percentiles"])
        if x < 0.5:
            raise optuna.TrialPruned
        return AgentConfig(algorithm="sac", **bounds)

    def recipe(task):
        return {"x": 0.1, "action_bound_fraction": 0.5}

    own = {"action_bounds_source_index": 1, "action_bounds_percentiles_index": 1}
    space = SearchSpace("mine", picky, {"recipe": recipe}).with_action_bounds(BOUNDS)
    assert space.warm_start("recipe", TASK) == {"x": 0.1, **own}
    # One that leaves open what decides is tried with other values: with the lowest it would not get to the bounds.
    early = SearchSpace("mine", early_prune, {"recipe": lambda task: {"action_bound_fraction": 0.5}})
    assert early.with_action_bounds(BOUNDS).warm_start("recipe", TASK) == own


def early_prune(trial):
    if trial.suggest_float("x", 0.0, 1.0) < 0.5:
        raise optuna.TrialPruned
    return AgentConfig(algorithm="sac", **trial.suggest_action_bounds(["joint_limits", "percentiles"]))


def test_a_space_that_fails_with_a_warm_starts_parameters_is_named():
    def broken(trial):
        trial.suggest_action_bounds()
        return 1 / 0

    space = SearchSpace("mine", broken, {"recipe": lambda task: {}}).with_action_bounds(BOUNDS)
    with pytest.raises(UserError, match=f"^The search space 'mine' failed at {__file__}, line .*: ZeroDivisionError"):
        space.warm_start("recipe", TASK)
