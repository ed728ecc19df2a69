import json
from functools import partial
from types import SimpleNamespace

import pytest
from _race_tasks import Course

pytest.importorskip("pyarrow", reason="pip install 'ray[tune]' to race against Ray Tune")
pytest.importorskip("ray", reason="pip install 'ray[tune]' to race against Ray Tune")
import _race_ray
from ray.tune.search.optuna import OptunaSearch


@pytest.mark.parametrize("task", ["Cartpole", "Pendulum-v1"])
def test_ray_tune_suggests_what_the_study_searches(task):
    course = Course.of(task)
    space = partial(_race_ray.suggest, task=task, budget_seconds=course.study.budget.seconds)
    searcher = OptunaSearch(space, metric=_race_ray.METRIC, mode="max", seed=0)
    config = searcher.suggest("a")
    (trial,) = searcher._ot_study.trials
    assert config == trial.params
    assert not set(config) & set(course.study.fixed)
    assert course.agent(config) == course.suggest(searcher._ot_trials["a"])


def test_what_trials_report_is_written_down_at_once(tmp_path):
    file = tmp_path / "ray.jsonl"
    written, trial = _race_ray.Written(file), SimpleNamespace(trial_id="a", config={"x": 1})
    written.on_trial_start(0, [], trial)
    written.on_trial_result(1, [], trial, {_race_ray.METRIC: 2.5, "time_total_s": 3.0})
    written.on_trial_result(2, [], trial, {"done": True})  # the end, without a return
    written.on_trial_complete(2, [], trial)
    written.on_trial_error(3, [], trial)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["started", "result", "finished", "failed"]
    assert lines[1] == {"trial": "a", "event": "result", "value": 2.5, "parameters": {"x": 1}}
