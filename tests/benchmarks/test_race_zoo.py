import sys

import optuna
import pytest
from _race_tasks import ZOO_STEPS, Course

pytest.importorskip("rl_zoo3", reason="pip install rl_zoo3 to race against RL Zoo")
import _race_zoo
import rl_zoo3.train
import yaml

COURSE = Course.of("Cartpole", 2.4)


@pytest.fixture
def installed(monkeypatch):
    """Give RL Zoo what the race gives it, for one test."""
    for module, name in ((_race_zoo.HYPERPARAMS_SAMPLER, "sac"), (rl_zoo3.ALGOS, "sac")):
        monkeypatch.setitem(module, name, module[name])
    monkeypatch.setattr(_race_zoo.ExperimentManager, "create_envs", _race_zoo.ExperimentManager.create_envs)
    _race_zoo.install(COURSE, seed=7)
    yield
    del _race_zoo.gym.registry[COURSE.task.id]  # other tests look for tasks there


def test_rl_zoo_is_asked_for_its_own_search_with_its_defaults(installed, tmp_path, monkeypatch):
    asked = {}

    class Manager(_race_zoo.ExperimentManager):
        def __init__(self, *given, **named):
            super().__init__(*given, **named)
            self.setup_experiment()
            asked["manager"] = self
            raise SystemExit

    monkeypatch.setattr(rl_zoo3.train, "ExperimentManager", Manager)
    (tmp_path / "zoo.yml").write_text(yaml.safe_dump(_race_zoo.configuration(COURSE)))
    monkeypatch.setattr(sys, "argv", ["rl_zoo3", *_race_zoo.arguments(COURSE, tmp_path, 7)])
    with pytest.raises(SystemExit):
        rl_zoo3.train.train()
    manager = asked["manager"]
    assert (manager.optimize_hyperparameters, manager.seed, manager.algo) == (True, 7, "sac")
    a_tenth = ZOO_STEPS["Cartpole"] // 10  # as of the budget
    assert (manager.n_envs, manager.n_timesteps) == (COURSE.task.num_envs, a_tenth)
    assert (manager.storage, manager.study_name) == (str(tmp_path / "zoo.log"), "zoo")
    # As documented: TPE after ten random trials, the median pruner, five episodes every 100,000 steps, at least once.
    assert (manager.sampler, manager.pruner, manager.n_startup_trials) == ("tpe", "median", 10)
    assert (manager.n_evaluations, manager.n_eval_episodes, manager.n_eval_envs) == (1, 5, 1)


def test_trials_of_rl_zoo_train_what_the_search_space_suggests(installed):
    trial, robots = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1)).ask(), COURSE.task.num_envs
    assert _race_zoo.HYPERPARAMS_SAMPLER["sac"](trial, 1, robots, {}) == {}
    manager = _race_zoo.ExperimentManager.__new__(_race_zoo.ExperimentManager)
    training = manager.create_envs(robots, no_log=True)
    agent = rl_zoo3.ALGOS["sac"](env=training, tensorboard_log=None, seed=None, verbose=0, device="auto", policy="Mlp")
    evaluation = manager.create_envs(n_envs=1, eval_env=True)
    expected = COURSE.agent(trial.params)
    assert agent.get_env() is training
    assert agent.ent_coef_init == expected.arguments["ent_coef"] == f"auto_{trial.params['ent_coef']!r}"
    assert training.action_space.high == pytest.approx(100 * expected.action_bound_fraction)
    assert (training.num_envs, evaluation.num_envs) == (robots, 1)
    training.close()
    evaluation.close()
