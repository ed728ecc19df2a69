import json

from tests.replay.recorded import run
from tuner.records import OutcomeKind
from tuner.replay import RecordedRun


def test_a_run_comes_back_from_json_with_six_digits():
    first = run("a", [1.23456789, 2.0], ledger={"launch": 1.23456789, "act": 3.0}, details={"versions": {}})
    back = RecordedRun.from_json(json.loads(json.dumps(first.to_json())))
    assert (back.configuration, back.origin, back.parameters, back.seed) == ("a", "random", {"x": 0.5}, 0)
    assert [tick.best for tick in back.ticks] == [1.23457, 2.0]
    assert [tick.env_steps for tick in back.ticks] == [100, 200]
    assert back.outcome.ledger == {"launch": 1.23457, "act": 3.0}
    assert back.outcome.details == {}


def test_a_tick_without_an_estimate_comes_back_without_one():
    first = run("a", [])
    with_gap = first.ended(run("a", [1.0]).ticks, first.outcome)
    data = json.loads(json.dumps(with_gap.to_json()))
    data["ticks"]["estimate"] = [None]
    assert RecordedRun.from_json(data).ticks[0].estimate is None


def test_a_run_that_a_pruner_stopped_is_cut():
    assert run("a", [1.0], kind=OutcomeKind.PRUNED, clock_seconds=10.0).cut
    assert not run("a", [1.0], kind=OutcomeKind.DIVERGED, clock_seconds=10.0).cut


def test_a_file_of_another_version_may_have_more_fields():
    data = run("a", [1.0]).to_json()
    data["ticks"]["mood"] = ["good"]
    assert RecordedRun.from_json(data).ticks == run("a", [1.0]).ticks
