from tuner.analysis import TaskMetrics, task_metrics
from tuner.records import Evaluation, Outcome, OutcomeKind, Tick

TICKS = [
    Tick(index=1, clock_seconds=5.0, metrics={"task/speed": 0.25, "actor_loss": 1.0}),
    Tick(index=2, clock_seconds=10.0, metrics={"task/speed": 0.5, "task/Episode_Reward/x": 2.0, "actor_loss": 1.0}),
    Tick(index=3, clock_seconds=15.0, metrics={"actor_loss": 1.0}),
]


def evaluation(seconds, metrics):
    return Evaluation(seconds, 1.0, 0.1, 8, 100.0, failed=0.25, metrics=metrics).to_json()


def ended(*evaluations):
    return Outcome(OutcomeKind.REACHED, evaluations=list(evaluations))


def test_the_last_evaluation_counts():
    outcome = ended(evaluation(7.0, {"speed": 0.3}), evaluation(12.0, {"speed": 0.75}))
    assert task_metrics(outcome, TICKS) == TaskMetrics("evaluation", 12.0, {"speed": 0.75}, failed=0.25)


def test_without_one_the_last_tick_that_measured_anything():
    expected = TaskMetrics("tick", 10.0, {"speed": 0.5, "Episode_Reward/x": 2.0})
    assert task_metrics(ended(), TICKS) == expected
    assert task_metrics(None, TICKS) == expected
    assert task_metrics(ended(evaluation(12.0, {})), TICKS) == expected


def test_an_evaluation_of_an_earlier_version_has_none():
    known = {"clock_seconds": 1.0, "mean": 2.0}
    assert task_metrics(ended(known), []) is None


def test_a_task_without_metrics():
    assert task_metrics(ended(), TICKS[2:]) is None
    assert task_metrics(None, []) is None


def test_json():
    found = TaskMetrics("evaluation", 12.0, {"speed": 0.75}, failed=0.25).to_json()
    assert found == {"source": "evaluation", "clock_seconds": 12.0, "values": {"speed": 0.75}, "failed": 0.25}
