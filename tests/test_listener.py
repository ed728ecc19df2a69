"""What a run tells those who watch it."""

import inspect

import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.config import TrialSpec
from tuner.listener import Listeners, SilentListener, StudyListener
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.storage import StudySummary


@pytest.fixture
def lab() -> Lab:
    return Lab(None)


def test_the_listener_hears_everything_in_order(lab: Lab) -> None:
    heard: list[str] = []

    class Listener(SilentListener):
        def on_study_started(self, summary: StudySummary) -> None:
            heard.append(f"study {summary.finished}/{summary.trials}")

        def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
            heard.append(f"start {spec.number} {label}".rstrip())

        def on_phase(self, slot: int, spec: TrialSpec, phase: str) -> None:
            heard.append(phase)

        def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
            heard.append(f"{tick.index}: {score:.1f}")

        def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
            heard.append(f"{outcome.kind.value} {summary.finished}/{summary.trials}")

    config = lab.config(budget={"trials": 1}, warm_start=("known",))
    lab.run(config, toy.space(known={"x": 0.3, "y": "a"}), listener=Listener())
    # scores as in test_a_reached_score_is_carried_forward
    ticks = ["1: 142.9", "2: 133.3", "3: 120.0"]
    assert heard == ["study 0/1", "start 0 known", "launch", "train", *ticks, "reached 1/1"]


def test_the_silent_listener_hears_all_that_any_listener_does() -> None:
    calls = {name for name in vars(StudyListener) if name.startswith("on_")}
    assert len(calls) == 8
    for name in calls:
        own, wanted = (inspect.signature(getattr(kind, name)) for kind in (SilentListener, StudyListener))
        assert own.parameters.keys() == wanted.parameters.keys()


def test_what_happens_before_between_and_after_trials_is_told_in_order(lab: Lab) -> None:
    told: list[str] = []

    class Listener(SilentListener):
        def on_study_started(self, summary: StudySummary) -> None:
            told.append(f"study {summary.finished}")

        def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
            told.append(f"{spec.number} begins on {slot}")

        def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
            told.append(f"{spec.number} ends on {slot}, {summary.finished} done")

        def on_message(self, text: str) -> None:
            told.append(text)

    config = lab.config(budget={"trials": 1}, workers={"retries": 1})
    lab.run(config, recordings=toy.faulty(OutcomeKind.CRASHED, {0}), listener=Listener())
    assert told == [
        "study 0",
        "0 begins on 0",
        "0 ends on 0, 0 done",
        "Trial 0 is tried again.",
        "1 begins on 0",
        "1 ends on 0, 1 done",
    ]


def test_several_listeners_hear_everything_in_order():
    heard = []

    class Writer(SilentListener):
        def __init__(self, name):
            self._name = name

        def on_trial_started(self, slot, spec, label):
            heard.append((self._name, "started"))

        def on_tick(self, slot, spec, tick, score):
            heard.append((self._name, "tick"))

        def on_trial_finished(self, slot, spec, outcome, summary):
            heard.append((self._name, "finished"))

    lab = Lab(None)
    lab.run(lab.config(budget={"trials": 1}), listener=Listeners(Writer("a"), Writer("b")))
    assert heard[0::2] == [("a", what) for _, what in heard[0::2]]
    assert heard[1::2] == [("b", what) for _, what in heard[0::2]]
    assert {what for _, what in heard} == {"started", "tick", "finished"}


def test_listeners_have_every_method_of_a_listener():
    def methods(kind):
        return {name for name in vars(kind) if name.startswith("on_")}

    assert methods(Listeners) == methods(SilentListener) == methods(StudyListener)
