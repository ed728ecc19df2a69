"""The loop of a run: it hands trials to workers, stops them, and ends in order whatever happens."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import optuna
import pytest

from tests.study import toy
from tests.study.toy import Lab, failing, faulty
from tuner.clock import ManualClock
from tuner.config import AgentConfig, TrialSpec
from tuner.errors import TunerError, UserError
from tuner.listener import SilentListener
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.storage import RunRecord, StudySummary, outcome_of, runs_of, summarize
from tuner.study import (
    FailedTrialsError,
    RunningTrial,
    StopSwitch,
    TrialLoop,
    Verdict,
    conclude_trial,
    trial_spec,
)
from tuner.training import StopRequest
from tuner.workers import Event, NoticeEvent, OutcomeEvent, PoolEvent, ReplayPool, TickEvent


def test_the_time_limit_does_the_same(lab: Lab) -> None:
    config = lab.config(budget={"total_seconds": 200.0})
    clock = ManualClock()
    summary = lab.run(config, clock=clock)
    assert (summary.reason, clock.now()) == ("time limit", pytest.approx(200.0))
    assert Counter(lab.states(config))["WAITING"] == 1
    assert lab.run(lab.config()).finished == 12


def test_a_second_request_does_not_wait_for_deaf_workers(lab: Lab) -> None:
    class Deaf(toy.ReplayPool):
        def stop(self, slot: int, request: Any) -> None:
            """Hear nothing."""

    config = lab.config()
    clock = ManualClock()
    listener = toy.Stopper(0, 2)
    manager = lab.manager(config, pool=Deaf, listener=listener, clock=clock)

    def twice() -> None:
        manager.request_stop()
        manager.request_stop()

    listener.stop = twice
    assert manager.run().reason == "interrupted"
    assert clock.now() == toy.LAUNCH_SECONDS + 10.0  # the second tick
    assert lab.states(config) == ["FAIL", "WAITING"]


def test_deaf_workers_are_ended_after_a_while(lab: Lab) -> None:
    class Deaf(toy.ReplayPool):
        def stop(self, slot: int, request: Any) -> None:
            """Hear nothing."""

    def endless(spec: TrialSpec) -> toy.Recording:
        return toy.Recording((Tick(1, 5.0),), Outcome(OutcomeKind.EXHAUSTED), closing_seconds=1e6)

    config = lab.config()
    clock = ManualClock()
    listener = toy.Stopper(0, 1)
    manager = lab.manager(config, recordings=endless, pool=Deaf, listener=listener, clock=clock)
    listener.stop = manager.request_stop
    assert manager.run().reason == "interrupted"
    assert clock.now() < 60.0
    assert lab.states(config) == ["FAIL", "WAITING"]


def test_ctrl_c_without_a_signal_handler(lab: Lab) -> None:
    def ctrl_c() -> None:
        raise KeyboardInterrupt

    config = lab.config()
    summary = lab.run(config, listener=toy.Stopper(1, 2, ctrl_c))
    assert summary.reason == "interrupted"
    assert lab.states(config) == ["COMPLETE", "FAIL", "WAITING"]


def test_the_clock_of_a_dead_worker_is_its_last_tick(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1}, workers={"retries": 0})
    lab.run(config, recordings=faulty(OutcomeKind.CRASHED, {0}))
    outcome = outcome_of(lab.trials(config)[0])
    assert outcome is not None
    assert outcome.clock_seconds == 20.0  # four ticks of 5 s


def test_nothing_but_failures_ends_the_study(lab: Lab) -> None:
    config = lab.config(workers={"retries": 0})
    with pytest.raises(
        TunerError, match="5 trials in a row failed in all their attempts, the last one, trial 4, crashed: crashed on"
    ):
        lab.run(config, recordings=faulty(OutcomeKind.CRASHED, set(range(20))))
    assert lab.states(config) == ["FAIL"] * 5
    assert lab.load(config).user_attrs["runs"][-1]["end"] == "failed"


def test_the_failure_says_which_trial_was_the_last_and_where_it_failed(lab: Lab) -> None:
    frame = 'File "/home/me/arm.py", line 4, in step\n  bend()'
    config = lab.config(workers={"retries": 0})
    with pytest.raises(FailedTrialsError, match=r"(?s)on purpose\n  File .*\n    bend\(\)\nFix the cause") as failed:
        lab.run(config, recordings=lambda spec: failing(OutcomeKind.CRASHED, spec, details={"user_frame": frame}))
    assert (failed.value.number, failed.value.user_frame) == (4, frame)
    assert failed.value.summary.endswith("the last one, trial 4, crashed")


def test_a_mistake_in_the_users_code_ends_the_study_with_its_line(lab: Lab) -> None:
    details = {"user_error": True, "user_frame": 'File "/home/me/arm.py", line 4, in __init__\n  bend()'}
    with pytest.raises(UserError, match=r"on purpose\n  File .*, line 4, in __init__\n    bend\(\)$"):
        lab.run(lab.config(), recordings=lambda spec: failing(OutcomeKind.CRASHED, spec, details=details))


def test_a_task_that_always_gives_nan_ends_the_study_but_agents_that_diverge_do_not(lab: Lab) -> None:
    def diverged(**details: Any) -> Any:
        return lambda spec: failing(OutcomeKind.DIVERGED, spec, details=details)

    config = lab.config(workers={"retries": 1}, budget={"trials": 7})
    with pytest.raises(TunerError, match="5 trials in a row failed in all their attempts, the last one, trial 9, div"):
        lab.run(config, recordings=diverged(task_broke=True))
    assert lab.states(config) == ["FAIL"] * 10
    another = lab.config(study="another", workers={"retries": 0}, budget={"trials": 7})
    assert lab.run(another, recordings=diverged()).finished == 7


def test_failures_between_successes_do_not(lab: Lab) -> None:
    config = lab.config(workers={"retries": 0})
    summary = lab.run(config, recordings=faulty(OutcomeKind.CRASHED, {0, 1, 2, 3, 5, 6, 7, 8, 10}))
    assert summary.finished == 12


def test_the_users_mistake_ends_the_study_and_others_are_queued_again(lab: Lab) -> None:
    def mistaken(spec: TrialSpec) -> Any:
        if spec.number != 1:
            return toy.play(spec)
        return toy.failing(OutcomeKind.CRASHED, spec, after_ticks=1, details={"user_error": True})

    config = lab.config()
    with pytest.raises(UserError, match=r"^crashed on purpose$"):
        lab.run(config, recordings=mistaken, slots=2)
    # trial 0 was running beside it: interrupted, and queued again as trial 2
    assert lab.states(config) == ["FAIL", "FAIL", "WAITING"]
    assert [trial.user_attrs.get("outcome") for trial in lab.trials(config)] == ["interrupted", "crashed", None]
    assert lab.run(config).finished == 12


def test_a_trial_that_reaches_the_target_while_it_is_told_to_stop_has_reached_it(lab: Lab) -> None:
    class Deaf(toy.ReplayPool):
        def stop(self, slot: int, request: Any) -> None:
            """Trials are over before the request arrives."""

    pruner = {"kind": "time_to_return", "options": {"shadow_share": 0.0}}
    config = lab.config(budget={"trials": 15}, pruner=pruner)
    summary = lab.run(config, pool=Deaf)
    assert "pruned" not in summary.outcomes
    stopped = [trial for trial in lab.trials(config) if "pruner_verdict" in trial.user_attrs]
    assert stopped
    assert all(trial.state.name == "COMPLETE" for trial in stopped)


class NoticingPool(ReplayPool):
    """One of its machines has left, and its second worker cannot use the GPU."""

    def submit(self, slot: int, spec: TrialSpec) -> None:
        super().submit(slot, spec)
        left: list[Event] = [PoolEvent("A machine has left.")]
        self.notices = [*left, NoticeEvent(slot, spec, "WARNING: no GPU")] if spec.number == 1 else []

    def poll(self, timeout_seconds: float) -> list[Event]:
        notices, self.notices = self.notices, []
        return notices or super().poll(timeout_seconds)


def test_what_a_worker_must_tell_reaches_the_user(lab: Lab) -> None:
    listener = toy.Stopper(-1, -1)
    lab.run(lab.config(budget={"trials": 3}), pool=NoticingPool, listener=listener)
    assert listener.messages == ["A machine has left.", "WARNING: no GPU"]


def test_seconds_of_other_threads_are_said_to_be_unlike(lab: Lab) -> None:
    lab.run(lab.config(budget={"trials": 1}))
    listener = toy.Stopper(-1, 0)
    lab.run(lab.config(budget={"trials": 2}), listener=listener)
    assert listener.messages == []
    lab.run(lab.config(budget={"trials": 3}, workers={"threads": 1}), listener=listener)
    (message,) = listener.messages
    assert "with 2 threads a worker" in message
    assert message.endswith("with 1: their seconds may not compare.")


def test_a_storage_that_fails_in_the_middle(disk: Lab) -> None:
    config = disk.config()
    storage = toy.open_storage(config.storage)
    backend = storage._backend  # type: ignore[attr-defined]
    clock = ManualClock()
    pool = toy.ReplayPool(toy.play, 2, clock)

    class Filler(SilentListener):
        """Lets the database grow no further once trial 3 runs."""

        def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
            if spec.number == 3:
                with backend.engine.connect() as connection:
                    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
                    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    manager = toy.Manager(config, toy.space(), pool, listener=Filler(), clock=clock, storage=storage)
    with pytest.raises(TunerError, match=r"database or disk is full\. Make room on the disk and run the same command"):
        manager.run()
    assert pool.idle() == []  # closed: nothing trains on
    complete = {trial.number: trial.value for trial in disk.trials(config) if trial.state.name == "COMPLETE"}
    assert complete
    assert disk.run(config, slots=2).finished == 12
    after = {trial.number: trial.value for trial in disk.trials(config)}
    assert {number: after[number] for number in complete} == complete
    assert "RUNNING" not in disk.states(config)


class Listed:
    """Gives out trials with given values of `x`; may refuse to go on, and stop all others once one has ended."""

    def __init__(self, lab: Lab, *values: float, refuse_after: int | None = None, first_wins: bool = False) -> None:
        self.config = lab.config(budget={"trials": len(values)})
        self.study = optuna.create_study(study_name="listed")
        self.values = list(values)
        self.refuse_after = refuse_after
        self.first_wins = first_wins
        self.given = 0
        self.ended: list[tuple[int, str]] = []
        """Trials that ended, and how."""
        self.asked: list[tuple[int, int]] = []
        """Trials and ticks at which it was asked whether to stop."""

    @property
    def finished(self) -> bool:
        return len(self.ended) == len(self.values)

    def next_trial(self, running: Mapping[int, RunningTrial]) -> RunningTrial | None:
        if self.given == self.refuse_after:
            raise UserError("no more")
        if self.given == len(self.values):
            return None
        trial = self.study.ask()
        agent = AgentConfig(algorithm="sac", arguments={"learning_rate": self.values[self.given]})
        self.given += 1
        spec = trial_spec(
            self.config, study="listed", number=trial.number, attempt=0, seed=1, agent=agent, runs_dir=None
        )
        return RunningTrial(trial, spec, "")

    def stop_at_tick(self, trial: RunningTrial, tick: Tick) -> StopRequest | None:
        self.asked.append((trial.spec.number, tick.index))
        return None

    def stop_unneeded(self, running: Mapping[int, RunningTrial]) -> dict[int, StopRequest]:
        return {slot: StopRequest(OutcomeKind.PRUNED, rule="late") for slot in running} if self.first_wins else {}

    def conclude(self, frozen: optuna.trial.FrozenTrial, outcome: Outcome) -> Verdict:
        self.ended.append((frozen.number, outcome.kind.value))
        return conclude_trial(self.study, frozen, outcome, self.config, requeue=False)

    def summary(self, *, reason: Any, wall_seconds: float, training_seconds: float) -> StudySummary:
        return summarize(
            self.study,
            trials=len(self.values),
            reason=reason,
            wall_seconds=wall_seconds,
            training_seconds=training_seconds,
        )

    def run(self, slots: int = 1, pool: type[ReplayPool] = ReplayPool) -> StudySummary:
        clock = ManualClock()
        workers = pool(toy.play, slots, clock)
        record = RunRecord(self.study, slots=slots, threads=1, clock=clock)
        loop = TrialLoop(
            self, self.study, record, self.config, workers, listener=SilentListener(), clock=clock, stop=StopSwitch()
        )
        with loop:
            return loop.to_the_end()


def test_trials_run_side_by_side_until_the_source_is_finished(lab: Lab) -> None:
    source = Listed(lab, 0.3, 0.4, 0.5)
    summary = source.run(slots=2)
    # They take 20, 24 and 36 s, and 3 s each to launch: the third begins at 23 s, when the first has ended.
    assert source.ended == [(0, "reached"), (1, "reached"), (2, "reached")]
    assert (summary.reason, summary.training_seconds, summary.wall_seconds) == ("finished", 80.0, 62.0)
    assert runs_of(source.study)[-1]["end"] == "finished"


def test_trials_that_anothers_end_makes_superfluous_are_stopped(lab: Lab) -> None:
    source = Listed(lab, 0.5, 0.3, first_wins=True)
    assert source.run(slots=2).reason == "finished"
    assert source.ended == [(1, "reached"), (0, "pruned")]
    outcome = outcome_of(source.study.trials[0])
    assert outcome is not None
    assert (outcome.rule, outcome.clock_seconds) == ("late", 20.0)  # its last tick, at the very time of the other's end


def test_a_source_that_refuses_ends_the_run_in_order(lab: Lab) -> None:
    source = Listed(lab, 0.5, 0.3, 0.4, refuse_after=2)
    with pytest.raises(UserError, match="no more"):
        source.run(slots=2)
    assert source.ended == [(1, "reached"), (0, "interrupted")]
    assert runs_of(source.study)[-1]["end"] == "failed"


def test_the_source_is_not_asked_at_the_last_tick(lab: Lab) -> None:
    source = Listed(lab, 1.0)  # 216 s, more than the budget of 20 ticks
    source.run()
    assert source.asked == [(0, tick) for tick in range(1, 20)]


class Echoing(ReplayPool):
    """Says everything twice, and speaks of a trial that nobody gave it."""

    def poll(self, timeout_seconds: float) -> list[Event]:
        events: list[Event] = []
        for event in super().poll(timeout_seconds):
            stranger = event.spec.model_copy(update={"number": 99})
            if isinstance(event, TickEvent):
                events += [TickEvent(event.slot, stranger, event.tick), event, event]
            elif isinstance(event, OutcomeEvent):
                events += [OutcomeEvent(event.slot, stranger, Outcome(OutcomeKind.CRASHED)), event, event]
            else:
                events.append(event)
        return events


def test_what_is_said_twice_or_by_strangers_counts_once(lab: Lab) -> None:
    source = Listed(lab, 0.3, 0.4)
    source.run(pool=Echoing)
    assert source.ended == [(0, "reached"), (1, "reached")]
    assert [trial.user_attrs["ticks"]["index"] for trial in source.study.trials] == [[1, 2, 3], [1, 2, 3, 4]]
