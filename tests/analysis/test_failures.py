"""Trials that failed alike, together."""

from tests.study import toy
from tests.study.toy import Lab
from tuner.analysis import failures_of
from tuner.config import TrialSpec
from tuner.records import Outcome, OutcomeKind
from tuner.workers import Recording

FRAME = 'File "/home/me/arm.py", line 4, in step'


def test_failures_are_grouped_by_their_messages_without_numbers(lab: Lab) -> None:
    endings = {
        0: Outcome(OutcomeKind.DIVERGED, message="a reward was NaN after 1.5 s"),
        1: Outcome(OutcomeKind.CRASHED, message="KeyError: 'a'", details={"user_frame": FRAME}),
        2: Outcome(OutcomeKind.DIVERGED, message="a reward was NaN after 12 s"),
    }

    def play(spec: TrialSpec) -> Recording:
        return Recording((), endings[spec.number]) if spec.number in endings else toy.play(spec)

    config = lab.config(budget={"trials": 4}, workers={"retries": 0})
    lab.run(config, recordings=play)
    crashed, diverged = failures_of(lab.load(config))
    assert (crashed.kind, crashed.numbers, crashed.user_frame) == (OutcomeKind.CRASHED, (1,), FRAME)
    assert (diverged.kind, diverged.numbers) == (OutcomeKind.DIVERGED, (0, 2))
    assert (diverged.message, diverged.user_frame) == ("a reward was NaN after 12 s", None)


def test_a_study_without_failures_has_none(lab: Lab) -> None:
    config = lab.config(budget={"trials": 2})
    lab.run(config)
    assert failures_of(lab.load(config)) == []
