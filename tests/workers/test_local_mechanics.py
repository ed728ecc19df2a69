"""How the local pool handles processes that die, hang or send nonsense, shown with scripted ones."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.contracts.pool import INTERRUPT, PRUNE, outcomes, ticks, until_ended, until_ticked
from tests.workers import scripted_child
from tests.workers.trials import JumpingClock, point_mass
from tuner.config import TrialSpec, WorkersConfig
from tuner.errors import UserError
from tuner.records import Outcome, OutcomeKind
from tuner.workers import LocalPool, NoticeEvent
from tuner.workers._cpus import available_cpus

COMMAND = (sys.executable, scripted_child.__file__)
CONFIG = WorkersConfig(count=1, threads=1, launch_seconds=300.0, silence_seconds=60.0)


def do(*words: str) -> TrialSpec:
    spec = point_mass(1)
    return spec.model_copy(update={"task": spec.task.model_copy(update={"options": {"do": list(words)}})})


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture(autouse=True)
def shorter_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for processes to end in good order, because none of these does."""
    monkeypatch.setattr("tuner.workers._local_pool.GRACE_SECONDS", 0.2)
    monkeypatch.setattr("tuner.workers._local_pool.CLOSE_SECONDS", 0.5)


@pytest.fixture
def pool(clock: JumpingClock, tmp_path: Path) -> Iterator[LocalPool]:
    with LocalPool(CONFIG, log_dir=tmp_path, clock=clock, command=COMMAND) as pool:
        yield pool


def run(pool: LocalPool, spec: TrialSpec) -> Outcome:
    pool.submit(0, spec)
    [ended] = outcomes(until_ended(pool))
    assert pool.poll(0.0) == []
    return ended.outcome


def works_again(pool: LocalPool) -> bool:
    return run(pool, do("train", "end")).kind is OutcomeKind.EXHAUSTED


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "tick", "exit:0"], "the worker exited with code 0 without an outcome"),
        (["train", "tick", "exit:7"], "the worker exited with code 7 without an outcome"),
        (["train", "tick", "kill:SIGSEGV"], "the worker was killed by SIGSEGV"),
        (["train", "tick", "orphan", "exit:0"], "the worker exited with code 0 without an outcome"),
        (["train", "tick", "hang up", "hang"], "the worker closed its pipe without an outcome, and was killed"),
        (["train", "tick", "garbage:Warning!", "hang"], "not a message: 'Warning!' (JSONDecodeError)"),
        (["train", "tick", "half:{", "exit:0"], "the worker exited with code 0 without an outcome"),
    ],
)
def test_crashes(pool: LocalPool, words: list[str], message: str) -> None:
    outcome = run(pool, do("print:last words", *words))
    assert (outcome.kind, outcome.message) == (OutcomeKind.CRASHED, message)
    assert (outcome.clock_seconds, outcome.env_steps, outcome.updates) == (2.0, 10, 3)  # as of its tick
    assert outcome.details["phase"] == "train"
    assert outcome.details["log"][0] == "last words"
    assert works_again(pool)


def test_the_outcome_is_the_truth_whatever_the_process_does_then(pool: LocalPool) -> None:
    assert run(pool, do("train", "end", "kill:SIGKILL")).kind is OutcomeKind.EXHAUSTED
    assert works_again(pool)


def test_a_healthy_process_is_kept_and_a_broken_one_replaced(pool: LocalPool) -> None:
    first = run(pool, do("end")).details["pid"]
    assert run(pool, do("end")).details["pid"] == first == pool.pid(0)
    assert run(pool, do("end:diverged")).details["pid"] == first
    assert pool.pid(0) is None
    assert run(pool, do("end")).details["pid"] != first


def test_a_process_that_dies_between_trials_is_replaced(pool: LocalPool) -> None:
    first = run(pool, do("end", "exit:1")).details["pid"]
    with contextlib.suppress(psutil.NoSuchProcess):  # it may be gone already
        psutil.Process(first).wait(60)
    assert run(pool, do("end")).details["pid"] != first


def test_a_trial_that_met_a_dying_process_is_moved_to_a_fresh_one(pool: LocalPool) -> None:
    first = run(pool, do("end", "exit at the next")).details["pid"]
    pool.submit(0, do("train", "wait for a stop and end"))
    pool.stop(0, PRUNE)  # goes with it
    [ended] = outcomes(until_ended(pool))
    assert ended.outcome.details["pid"] != first
    assert (ended.outcome.kind, ended.outcome.rule) == (OutcomeKind.PRUNED, PRUNE.rule)


def test_one_that_kills_every_process_before_it_begins_is_a_crash(pool: LocalPool) -> None:
    run(pool, do("end"))
    outcome = run(pool, do("exit:0"))
    assert (outcome.kind, outcome.details["phase"]) == (OutcomeKind.CRASHED, "launch")


def test_declining_moves_the_trial_to_a_fresh_process(pool: LocalPool) -> None:
    first = run(pool, do("decline unless fresh", "end")).details["pid"]
    assert run(pool, do("decline unless fresh", "end")).details["pid"] != first


@pytest.mark.parametrize("voice", [[], ["deaf"]], ids=["listening", "deaf"])
def test_silence_in_training(pool: LocalPool, clock: JumpingClock, voice: list[str]) -> None:
    pool.submit(0, do(*voice, "train", "tick", "hang"))
    until_ticked(pool)
    clock.jump(50.0)  # and no more, because real seconds pass as well
    assert pool.poll(0.0) == []
    clock.jump(11.0)
    [ended] = outcomes(pool.poll(0.0))
    assert ended.outcome.kind is OutcomeKind.HUNG
    assert ended.outcome.message.startswith("no sign of life for 6")
    assert ended.outcome.details["silence_seconds"] >= 61.0
    assert ended.outcome.clock_seconds == 2.0
    assert works_again(pool)


def test_compiling_may_take_longer(pool: LocalPool, clock: JumpingClock) -> None:
    pool.submit(0, do("compile", "tick", "hang"))
    until_ticked(pool)
    clock.jump(270.0)
    assert pool.poll(0.0) == []
    clock.jump(31.0)
    [ended] = outcomes(pool.poll(0.0))
    assert (ended.outcome.kind, ended.outcome.details["phase"]) == (OutcomeKind.HUNG, "compile")


def test_a_launch_that_never_ends(pool: LocalPool, clock: JumpingClock) -> None:
    pool.submit(0, do("hang"))
    assert pool.poll(0.0) != []  # the phase "launch"
    clock.jump(270.0)
    assert pool.poll(0.0) == []
    clock.jump(31.0)
    [ended] = outcomes(pool.poll(0.0))
    assert (ended.outcome.kind, ended.outcome.details["phase"]) == (OutcomeKind.HUNG, "launch")


def test_a_manager_that_was_away_for_hours_blames_nobody(pool: LocalPool, clock: JumpingClock) -> None:
    pool.submit(0, do("train", "tick", "end", "exit:0"))
    process = psutil.Process(pool.pid(0))
    while process.status() != psutil.STATUS_ZOMBIE:
        clock.sleep(0.01)
    clock.jump(10_000.0)
    events = pool.poll(0.0)
    assert len(ticks(events)) == 1
    assert [event.outcome.kind for event in outcomes(events)] == [OutcomeKind.EXHAUSTED]


def test_a_pruning_that_is_not_obeyed(pool: LocalPool, clock: JumpingClock) -> None:
    pool.submit(0, do("train", "tick", "chatter"))
    until_ticked(pool)
    pool.stop(0, PRUNE)
    clock.jump(50.0)
    until_ticked(pool)  # its answer to the request: it is alive
    clock.jump(11.0)
    [ended] = outcomes(until_ended(pool))
    assert ended.outcome.kind is OutcomeKind.HUNG
    assert ended.outcome.message.startswith("asked to stop, but did not for 6")


def test_an_interruption_that_is_not_obeyed(pool: LocalPool, clock: JumpingClock) -> None:
    pool.submit(0, do("train", "tick", "deaf", "hang"))
    until_ticked(pool)
    pool.stop(0, PRUNE)
    pool.stop(0, INTERRUPT)  # the study ends before the trial has obeyed
    clock.jump(5.0)
    assert pool.poll(0.0) == []
    clock.jump(6.0)
    [ended] = outcomes(pool.poll(0.0))
    assert ended.outcome.kind is OutcomeKind.INTERRUPTED
    assert ended.outcome.message == "interrupted by force in phase 'train'"
    assert works_again(pool)


def test_a_worker_that_cannot_be_started(tmp_path: Path) -> None:
    with LocalPool(CONFIG, log_dir=tmp_path, command=["/no/such/python"]) as pool:
        outcome = run(pool, do("end"))
    assert outcome.kind is OutcomeKind.CRASHED
    assert outcome.message.startswith("Could not start a worker with '/no/such/python'")


def test_what_a_worker_must_tell_is_told_once(pool: LocalPool) -> None:
    told, pids = [], set()
    for notice in ("no GPU", "no GPU", "no memory"):
        pool.submit(0, do(f"ready:{notice}", "end:diverged"))  # after which the process is replaced
        events = until_ended(pool)
        told += [event.text for event in events if isinstance(event, NoticeEvent)]
        pids |= {event.outcome.details["pid"] for event in outcomes(events)}
    assert told == ["no GPU", "no memory"]
    assert len(pids) == 3


def test_what_a_trial_must_tell_is_told_once_by_all_workers(tmp_path: Path) -> None:
    with LocalPool(CONFIG.model_copy(update={"count": 2}), log_dir=tmp_path, command=COMMAND) as pool:
        told = []
        for slot, notice in ((0, "no BF16"), (1, "no BF16"), (0, "no BF16"), (1, "no box")):
            pool.submit(slot, do("train", f"notice:{notice}", "end"))
            told += [(event.slot, event.text) for event in until_ended(pool) if isinstance(event, NoticeEvent)]
    assert told == [(0, "no BF16"), (1, "no box")]


@pytest.mark.parametrize("surplus", [0, 1])
def test_trials_on_shared_cpus_are_contended(tmp_path: Path, surplus: int) -> None:
    config = WorkersConfig(count=len(available_cpus()) + surplus, threads=1)
    with LocalPool(config, log_dir=tmp_path, command=COMMAND) as pool:
        assert pool.oversubscribed is bool(surplus)
        assert run(pool, do("end")).contended is bool(surplus)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
def test_nothing_is_left_behind(tmp_path: Path) -> None:
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only
    children = psutil.Process().children()
    pool = LocalPool(CONFIG, log_dir=tmp_path / "new" / "folder", command=COMMAND)
    pids = [run(pool, do("end", "exit:0")).details["pid"], run(pool, do("orphan", "end")).details["pid"]]
    pool.submit(0, do("deaf", "train", "tick", "hang"))
    until_ticked(pool)
    pool.close()
    assert [event.outcome.kind for event in outcomes(pool.poll(0.0))] == [OutcomeKind.INTERRUPTED]
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert psutil.Process().children() == children


def test_a_folder_that_cannot_be_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        UserError, match=r"The folder runs in the current directory could not be created .* Run the com"
    ):
        LocalPool(CONFIG, log_dir=Path("runs/toy/workers"), command=COMMAND)
