"""What holds for every bundled search space."""

import math

import numpy as np
import optuna
import pytest
from gymnasium import spaces

from tests.support.point_mass import PointMassEnv
from tuner.agents import build_agent, checked_arguments, policy_arguments
from tuner.clock import Ledger, ManualClock
from tuner.config import AgentConfig, TaskConfig
from tuner.simulators import JointTargets
from tuner.spaces import bundled_spaces, load_space

NUMBERS_OF_ROBOTS = (1, 10, 16, 64, 256, 1024, 4096)
SAMPLES = 50
"""For each number of robots; all have seeds of their own."""


def task(num_envs):
    return TaskConfig(id="PointMass", num_envs=num_envs)


class LeggedEnv(PointMassEnv):
    """Has one leg of three joints, and is never stepped."""

    def __init__(self, num_envs):
        super().__init__(num_envs)
        self.action_space = spaces.Box(-100.0, 100.0, (3,), np.float32)
        self.joint_targets = JointTargets(
            names=("hip", "thigh", "calf"), default=(0.0,) * 3, scale=(0.25,) * 3, lower=(-1.0,) * 3, upper=(1.0,) * 3
        )


def random_trials(name, num_envs, count=SAMPLES):
    """Random trials of a space and their agents."""
    space = load_space(name)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=num_envs))
    for _ in range(count):
        trial = study.ask()
        yield trial, space.configure(trial, task(num_envs))


@pytest.mark.parametrize("num_envs", NUMBERS_OF_ROBOTS)
@pytest.mark.parametrize("name", bundled_spaces())
def test_random_samples_are_agents_that_sbx_can_build(name, num_envs):
    for trial, agent in random_trials(name, num_envs):
        checked_arguments(agent, num_envs=num_envs)
        policy_arguments(agent)
        assert AgentConfig.model_validate_json(agent.model_dump_json()) == agent, trial.params


@pytest.mark.parametrize("num_envs", NUMBERS_OF_ROBOTS)
@pytest.mark.parametrize("name", ["sac_speed", "tqc_speed"])
def test_updates_divide_and_stay_within_bounds(name, num_envs):
    for trial, agent in random_trials(name, num_envs):
        arguments = agent.arguments
        steps, collected = arguments["gradient_steps"], num_envs * arguments["train_freq"]
        assert steps % arguments["policy_delay"] == 0, trial.params
        assert steps == 1 or steps * arguments["batch_size"] <= min(128 * collected, 2**19)
        assert arguments["use_sde"] == (trial.params["log2_noise_hold"] > 0)
        wanted = 2 ** trial.params["log2_gradient_steps_per_1024"] * collected / 1024
        cut = steps < wanted and steps * 2 * arguments["batch_size"] > min(128 * collected, 2**19)
        if (steps > 1 or arguments["train_freq"] < 16) and not cut:
            assert abs(math.log2(steps / wanted)) <= 0.5, trial.params


def test_replay_ratio_is_the_same_for_any_number_of_robots():
    space = load_space("sac_speed")
    ratios = set()
    for num_envs in (64, 256, 1024, 4096):
        parameters = space.warm_start("raffin_part2", task(num_envs))
        arguments = space.agent(parameters, task(num_envs)).arguments
        ratios.add(arguments["gradient_steps"] / (num_envs * arguments["train_freq"]))
    assert ratios == {32 / 1024}


@pytest.mark.parametrize("name", bundled_spaces())
def test_ppo_minibatches_divide_the_rollout(name):
    for _, agent in random_trials(name, 10, 100):
        if agent.algorithm == "ppo":
            assert agent.arguments["n_steps"] * 10 % agent.arguments["batch_size"] == 0
        else:
            assert agent.arguments["buffer_size"] % 10 == 0


@pytest.mark.parametrize("num_envs", NUMBERS_OF_ROBOTS)
@pytest.mark.parametrize("name", bundled_spaces())
def test_warm_starts_lie_within_the_space(name, num_envs):
    space = load_space(name)
    distributions = space.distributions(task(num_envs))
    assert space.warm_starts
    for label in space.warm_starts:
        parameters = space.warm_start(label, task(num_envs))
        assert list(parameters) == list(distributions), label
        for parameter, value in parameters.items():
            distribution = distributions[parameter]
            assert distribution._contains(distribution.to_internal_repr(value)), (label, parameter, value)


@pytest.mark.parametrize("name", bundled_spaces())
def test_cma_es_samples_every_parameter(name):
    space = load_space(name)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.CmaEsSampler(seed=0, warn_independent_sampling=False))
    for index in range(3):
        trial = study.ask()
        space.configure(trial, task(256))
        study.tell(trial, float(index))
    last = study.trials[-1]
    relative = study.sampler.infer_relative_search_space(study, study._storage.get_trial(last._trial_id))
    assert relative.keys() == space.distributions(task(256)).keys()
    assert not any(isinstance(d, optuna.distributions.CategoricalDistribution) for d in relative.values())


@pytest.mark.parametrize("name", bundled_spaces())
def test_agents_can_really_be_built(name):
    env = LeggedEnv(16)
    for trial, agent in random_trials(name, 16, 2):
        config = agent.resolved(env.action_space.low.tolist(), env.action_space.high.tolist(), env.joint_targets)
        built = build_agent(config, env, seed=0, ledger=Ledger(ManualClock()))
        assert built.batch_size == config.arguments["batch_size"], trial.params
