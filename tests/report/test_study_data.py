"""What the page is written from."""

from dataclasses import replace

import optuna
import pytest

from tuner.errors import UserError
from tuner.records import OutcomeKind
from tuner.report._study_data import read_source


def test_a_study_is_read_once(pruned):
    assert pruned.config.study == pruned.summary.study == "toy"
    assert pruned.trials["number"].tolist() == [0, 1]
    assert pruned.outcome(1).kind is OutcomeKind.PRUNED
    assert pruned.params(0) == {"x": 0.3, "y": "a"}
    assert pruned.confirmation is None
    assert pruned.winner is None


def test_only_trials_with_an_outcome_have_ended(pruned):
    running = pruned.trials.copy()
    running.loc[1, "outcome"] = None
    assert replace(pruned, trials=running).ended["number"].tolist() == [0]


def test_a_winner_counts_as_long_as_the_study_is_the_same(confirmed):
    assert confirmed.winner.label == "trial 1"
    changed = replace(confirmed.confirmation, outdated="task.num_envs: 4 before, 8 now")
    assert replace(confirmed, confirmation=changed).winner is None


def test_a_study_of_another_program():
    study = optuna.create_study(study_name="theirs")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), 1)
    with pytest.raises(UserError, match="'theirs' was not made by this program"):
        read_source(study, top=3)
