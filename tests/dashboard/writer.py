"""A process that runs a study of the toy without end, one trial in some seconds, until it is killed.

python -m tests.dashboard.writer URL STUDY
"""

import sys
from dataclasses import replace

from tests.study import toy
from tests.study.toy import Lab
from tuner.clock import MonotonicClock
from tuner.config import TrialSpec
from tuner.study import Manager
from tuner.workers import Recording, ReplayPool

SPEED = 25.0
"""Seconds of the toy in one second."""


def play(spec: TrialSpec) -> Recording:
    """Return a trial of the toy that takes a fraction of its time."""
    played = toy.play(spec)
    ticks = tuple(replace(tick, clock_seconds=tick.clock_seconds / SPEED) for tick in played.ticks)
    outcome = replace(played.outcome, clock_seconds=played.outcome.clock_seconds / SPEED)
    return Recording(ticks, outcome)


def main(url: str, name: str) -> None:
    """Run the study."""
    config = Lab(None).config(study=name, storage=url, budget={"trials": 100_000})
    Manager(config, toy.space(), ReplayPool(play, 2, MonotonicClock())).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
