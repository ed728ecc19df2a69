"""The record of each run in the storage, and who is refused because of it."""

from typing import Any

import optuna
import pytest

from tuner.clock import ManualClock, wall_time
from tuner.errors import TunerError, UserError
from tuner.storage import BusyError, Owner, RunRecord, check_not_running, runs_of, unlike


@pytest.fixture
def study() -> optuna.Study:
    return optuna.create_study(study_name="walk")


def record(study: optuna.Study, clock: ManualClock, **options: int) -> RunRecord:
    return RunRecord(study, **{"slots": 2, "threads": 3, **options}, clock=clock)


def claim(study: optuna.Study, *, seen_ago: float = 0.0, **changes: Any) -> None:
    """Write that a process claimed the study last."""
    owner = {**Owner.current().to_json(), **changes}
    run = {"owner": owner, "end": None, "seen_epoch_seconds": wall_time() - seen_ago, "started_epoch_seconds": 1.0}
    study.set_user_attr("runs", [*study.user_attrs.get("runs", []), run])


def test_a_run_is_written_when_it_begins_and_when_it_ends(study: optuna.Study) -> None:
    clock = ManualClock()
    clock.sleep(100.0)
    first = record(study, clock)
    (run,) = runs_of(study)
    assert run["owner"] == Owner.current().to_json()
    assert (run["slots"], run["threads"], run["wall_seconds"], run["end"]) == (2, 3, 0.0, None)
    clock.sleep(7.0)
    first.end("finished")
    record(study, clock)
    before, now = runs_of(study)
    assert (before["wall_seconds"], before["end"], now["end"]) == (7.0, "finished", None)


def test_it_is_kept_fresh_every_half_minute(study: optuna.Study) -> None:
    clock = ManualClock()
    run = record(study, clock)
    for seconds, written in ((29.0, 0.0), (1.0, 30.0), (29.0, 30.0), (1.0, 60.0)):
        clock.sleep(seconds)
        if run.due:
            run.renew()
        assert runs_of(study)[0]["wall_seconds"] == written
    assert run.wall_seconds == 60.0


def test_a_manager_that_was_considered_dead_stops_and_leaves_the_record_of_the_other_alone(
    study: optuna.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = record(study, ManualClock())
    monkeypatch.setattr("tuner.storage._runs.storage_time", lambda _: wall_time() + 121.0)
    monkeypatch.setattr(Owner, "current", lambda: Owner("elsewhere", "1", 7, 1.0))
    check_not_running(study)
    record(study, ManualClock())
    theirs = runs_of(study)[1]
    with pytest.raises(TunerError, match=r"Another process has taken over the study 'walk': .* more than 120 s"):
        mine.renew()
    mine.end("failed")
    assert runs_of(study)[1] == theirs
    assert runs_of(study)[0]["end"] == "lost"


def test_seconds_compare_on_one_machine_with_equal_threads() -> None:
    here = {"owner": {"host": "a"}, "threads": 2}
    assert unlike([], threads=2, host="a") is None
    assert unlike([here], threads=2, host="a") is None
    assert "on host a with 2 threads a worker, these are on host a with 4" in (
        unlike([here], threads=4, host="a") or ""
    )
    assert "on host a with 2 threads a worker, these are on host b with 2" in (
        unlike([here], threads=2, host="b") or ""
    )
    assert unlike([here], threads=2) is not None  # this machine is not called a


def test_a_run_says_what_makes_it_unlike_an_earlier_one(study: optuna.Study) -> None:
    clock = ManualClock()
    assert record(study, clock).unlike_earlier is None
    assert record(study, clock, threads=3).unlike_earlier is None
    assert "these are on host" in (record(study, clock, threads=1).unlike_earlier or "")


def test_what_another_version_left_out_is_filled_in(study: optuna.Study) -> None:
    study.set_user_attr("runs", [{"of_another_version": 1}])
    (run,) = runs_of(study)
    assert (run["slots"], run["wall_seconds"], run["end"], run["of_another_version"]) == (1, 0.0, None, 1)
    assert unlike(runs_of(study), threads=1) is None
    check_not_running(study)
    record(study, ManualClock())
    assert study.user_attrs["runs"][0]["of_another_version"] == 1  # what is written back is what was there


@pytest.mark.parametrize(("name", "doing"), [("walk", "run"), ("walk/confirm", "confirmed")])
def test_a_study_that_is_run_or_confirmed_elsewhere_is_refused(study: optuna.Study, name: str, doing: str) -> None:
    other = optuna.create_study(study_name=name, storage=study._storage, load_if_exists=True)
    claim(other, seen_ago=10.0, host="elsewhere", pid=7)
    with pytest.raises(
        BusyError, match=rf"'walk' is being {doing} by process 7 on host elsewhere, which wrote 1\d s ago"
    ):
        check_not_running(study)
    other.set_user_attr("runs", [])
    claim(other, seen_ago=121.0, host="elsewhere", pid=7)
    check_not_running(study)
    claim(other, host="elsewhere", pid=7, of_another_version=1)
    with pytest.raises(UserError, match="process 7 on host elsewhere"):
        check_not_running(study)


def test_an_owner_that_cannot_be_read_is_judged_by_its_silence(study: optuna.Study) -> None:
    study.set_user_attr("runs", [{"owner": {"host": "a"}, "seen_epoch_seconds": wall_time() - 5.0}])
    with pytest.raises(UserError, match=r"'walk' is being run by another process, which wrote [56] s ago"):
        check_not_running(study)


def test_this_process_is_not_in_its_own_way(study: optuna.Study) -> None:
    record(study, ManualClock())
    check_not_running(study)


def test_a_dead_owner_is_no_hindrance(study: optuna.Study) -> None:
    claim(study, pid=1, started=0.0)
    check_not_running(study)
