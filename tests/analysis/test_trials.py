"""The table of trials, against the formulas of `tests/study/toy.py`."""

import math
from copy import deepcopy
from typing import Any

import optuna
import pandas as pd
import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.analysis import milestone_columns, trials_data
from tuner.config import TrialSpec
from tuner.errors import UserError
from tuner.records import OutcomeKind
from tuner.storage.attributes import TICKS


def test_reached_and_exhausted(lab: Lab) -> None:
    # x = 0.3 reaches the target of 10 after 20 s; x = 0.8 would take 120 s, so at 100 s its return is 10 · 100 / 120
    config = lab.config(budget={"trials": 2}, warm_start=("fast", "slow"))
    lab.run(config, toy.space(fast={"x": 0.3, "y": "a"}, slow={"x": 0.8, "y": "b"}))
    table = trials_data(lab.load(config))
    assert table["number"].tolist() == [0, 1]
    assert table["outcome"].tolist() == ["reached", "exhausted"]
    assert table["time_to_return"][0] == 20.0
    assert math.isnan(table["time_to_return"][1])
    assert table["censored"].tolist() == [False, True]
    assert table["clock_seconds"].tolist() == [20.0, 100.0]
    assert table["best_return"].tolist() == pytest.approx([10.0, 8.3333], abs=1e-4)
    # gap 1.6667 over itself plus 10: 1 / 7, so the score is 100 · 8 / 7
    assert table["score"].tolist() == pytest.approx([20.0, 114.2857], abs=1e-4)
    assert table["params.x"].tolist() == [0.3, 0.8]
    assert table["params.y"].tolist() == ["a", "b"]
    assert table["ledger.launch"].tolist() == [3.0, 3.0]
    assert table["ledger.simulate"].tolist() == [20.0, 100.0]
    assert table["env_steps"].tolist() == [20000, 100000]
    assert table["warm_start"].tolist() == ["fast", "slow"]
    assert table["counts"].tolist() == [True, True]


def test_pruned_and_shadow_trials(lab: Lab) -> None:
    config = lab.config(
        budget={"trials": 40}, pruner={"kind": "time_to_return", "options": {"shadow_share": 0.3, "min_peers": 3}}
    )
    lab.run(config)
    table = trials_data(lab.load(config))
    pruned = table[table["outcome"] == "pruned"]
    assert len(pruned) > 0
    assert set(pruned["rule"]) <= {"dominated", "behind", "hopeless"}
    assert (table.loc[table["outcome"] != "pruned", "rule"].isna()).all()
    assert pruned["censored"].all()
    shadows = table[table["shadow"].notna()]
    assert len(shadows) > 0
    assert set(shadows["shadow"]) <= {"behind", "hopeless"}
    assert (shadows["shadow_tick"] * 5.0 <= shadows["clock_seconds"]).all()  # ticks of 5 s


def test_faults_and_retries(lab: Lab) -> None:
    def play(spec: TrialSpec) -> Any:
        return toy.failing(OutcomeKind.CRASHED, spec) if spec.number < 2 else toy.play(spec)

    config = lab.config(budget={"trials": 2})
    lab.run(config, recordings=play)
    table = trials_data(lab.load(config))
    # 0 crashed, its retry 1 crashed too and counts; 2 is the second trial that counts
    assert table["outcome"].tolist()[:2] == ["crashed", "crashed"]
    assert table["attempt"].tolist() == [0, 1, 0]
    assert table["retry_of"].tolist() == [pd.NA, 0, pd.NA]
    assert table["counts"].tolist() == [False, True, True]
    assert table["message"].tolist()[:2] == ["crashed on purpose"] * 2
    assert table["state"].tolist() == ["FAIL", "FAIL", "COMPLETE"]


def test_running_and_waiting_trials(lab: Lab) -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    config = lab.config(warm_start=("slow", "fast"))
    search_space = toy.space(fast={"x": 0.3, "y": "a"}, slow={"x": 0.8, "y": "b"})
    with pytest.raises(Killed):
        lab.run(config, search_space, listener=toy.Stopper(0, 4, die))
    table = trials_data(lab.load(config))
    assert table["state"].tolist() == ["RUNNING", "WAITING"]
    assert table["outcome"].isna().all()
    # tick 4 stands at 20 s, where the return is 10 · 20 / 120
    assert table["clock_seconds"].tolist() == [20.0, 0.0]
    assert table["best_return"][0] == pytest.approx(1.6667, abs=1e-4)
    assert not table["counts"].any()


def test_a_study_without_trials(lab: Lab) -> None:
    config = lab.config()
    manager = lab.manager(config)
    manager.request_stop()
    manager.run()
    table = trials_data(lab.load(config))
    assert table.empty
    assert "time_to_return" in table.columns


def test_a_study_of_another_program() -> None:
    study = optuna.create_study(study_name="theirs")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), 1)
    with pytest.raises(UserError, match="The study 'theirs' was not made by this program"):
        trials_data(study)


def test_return_at_budget_censors_nothing(lab: Lab) -> None:
    config = lab.config(objective={"kind": "return_at_budget", "target": None}, budget={"trials": 1}, fixed={"x": 0.8})
    lab.run(config)
    table = trials_data(lab.load(config))
    assert table["censored"].tolist() == [False]
    assert table["score"].tolist() == pytest.approx([-8.3333], abs=1e-4)


def test_milestones_have_a_column_each(lab: Lab) -> None:
    # Straight lines: at 20 s and 120 s to the target of 10, 2.5 is reached after a quarter, 9 after nine tenths of it.
    config = lab.config(budget={"trials": 1}, warm_start=("fast",))
    space = toy.space(fast={"x": 0.3, "y": "a"}, slow={"x": 0.8, "y": "b"})
    lab.run(config, space)
    assert milestone_columns(trials_data(lab.load(config))) == {}
    more = lab.config(budget={"trials": 2}, warm_start=("slow",), objective={"milestones": [2.5, 9.0]})
    lab.run(more, space)  # the same study goes on, as no score depends on milestones
    table = trials_data(lab.load(config))
    columns = milestone_columns(table)
    assert columns == {"2.5": "milestones.2.5", "9": "milestones.9"}
    assert table[[*columns.values()]].isna().to_numpy().tolist() == [[True, True], [False, True]]
    assert table["milestones.2.5"][1] == pytest.approx(30.0)


def test_what_the_task_measured_has_a_column_each(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1}, warm_start=("fast",))
    lab.run(config, toy.space(fast={"x": 0.3, "y": "a"}))
    study = lab.load(config)
    table = trials_data(study)
    assert "failed" in table.columns
    assert not [name for name in table.columns if name.startswith("metrics.")]
    measured = deepcopy(study.trials[0])
    ticks = measured.user_attrs[TICKS]
    ticks["metrics"] = [{"task/speed": 0.5, "loss": 1.0} for _ in ticks["index"]]
    study.add_trial(measured)
    table = trials_data(study)
    assert table["metrics.speed"].isna().tolist() == [True, False]
    assert table["metrics.speed"][1] == 0.5
    assert "metrics.loss" not in table.columns
