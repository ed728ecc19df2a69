import optuna
import pytest
from _race_tasks import STUDIES, Course, StockTrial
from optuna.trial import FixedTrial

from tuner.spaces import load_space

FREE = {
    "Cartpole": {"action_bound_fraction", "ent_coef", "target_entropy_std"},
    "Pendulum-v1": {"ent_coef", "target_entropy_std", "initial_std", "learning_rate", "one_minus_gamma", "tau"},
}


@pytest.mark.parametrize("task", STUDIES)
def test_rivals_suggest_what_the_study_searches_and_nothing_else(task):
    course = Course.of(task)
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    agent = course.suggest(trial)
    assert set(trial.params) == FREE[task]
    # The whole space's own function, with the study's pinned values and the same free ones, gives the same agent.
    whole = load_space("sac_speed").configure(FixedTrial({**course.study.fixed, **trial.params}), course.task)
    assert agent == whole == course.agent(trial.params)


@pytest.mark.parametrize("task", STUDIES)
def test_ranges_are_those_of_the_search_space(task):
    course = Course.of(task)
    trial = optuna.create_study().ask()
    course.suggest(trial)
    everything = load_space("sac_speed").distributions(course.task)
    assert trial.distributions == {name: everything[name] for name in FREE[task]}


def test_pinned_parameters_are_no_part_of_a_winner():
    assert Course.of("Cartpole").free({"tau": 0.05, "ent_coef": 0.1}) == {"ent_coef": 0.1}


def test_another_budget_changes_the_steps_of_rl_zoo():
    # 250,000 steps in the 24 s of the quickstart
    assert Course.of("Cartpole").zoo_steps == 250_000
    short = Course.of("Cartpole", 6.0)
    assert (short.zoo_steps, short.study.budget.seconds) == (62_500, 6.0)


def test_rivals_train_the_stock_learner_in_the_agents_own_box():
    course = Course.of("Cartpole")
    agent = course.agent({"action_bound_fraction": 0.05, "ent_coef": 0.03, "target_entropy_std": 0.28})
    trial = StockTrial(course, agent, seed=3)
    evaluation = trial.evaluation_robots(2)
    built = trial.build()
    box = agent.resolved([-100.0], [100.0]).action_box  # the task's own is ±100 N
    for robots in (trial.robots, evaluation):
        assert (robots.action_space.low, robots.action_space.high) == (pytest.approx(box.low), pytest.approx(box.high))
    assert (trial.robots.num_envs, evaluation.num_envs) == (course.task.num_envs, 2)
    assert not evaluation.venv.training
    assert not hasattr(built, "learner")
    assert built.batch_size == 256
    trial.robots.close()
    evaluation.close()
