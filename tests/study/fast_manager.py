"""A manager of the toy as a program of its own, whose trials take a fraction of a second, so that a test can kill it.

    python -m tests.study.fast_manager CONFIG HOST LEASE PACE SLOTS

CONFIG is the study file as JSON. HOST is what the machine is called. After LEASE seconds of silence a manager counts as
dead. The clock of trials runs PACE times faster than that of the machine. Everything that happens is printed, one line
each; SIGINT stops in order.
"""

import json
import signal
import socket
import sys
import time

from tests.study.toy import play, space
from tuner.clock import ManualClock
from tuner.config import StudyConfig, TrialSpec
from tuner.errors import TunerError
from tuner.listener import SilentListener
from tuner.records import Outcome, Tick
from tuner.storage import StudySummary, _runs
from tuner.study import Manager
from tuner.workers import ReplayPool


class FastClock(ManualClock):
    """The machine's clock, but faster."""

    def __init__(self, pace: float) -> None:
        self._pace = pace

    def now(self) -> float:
        return self._pace * time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.02, seconds / self._pace))  # managers that wait leave the processor to the others


class Printer(SilentListener):
    """Says on stdout what happens."""

    def on_study_started(self, summary: StudySummary) -> None:
        print("joined", flush=True)

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        print(f"started {spec.number}", flush=True)

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        print(f"tick {spec.number} {tick.index}", flush=True)

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        print(f"ended {spec.number} {outcome.kind.value}", flush=True)

    def on_message(self, text: str) -> None:
        print(f"says {text}", flush=True)


def main(config_json: str, host: str, lease: str, pace: str, slots: str) -> int:
    """Run the study."""
    socket.gethostname = lambda: host
    _runs.LEASE_SECONDS = float(lease)
    clock, config = FastClock(float(pace)), StudyConfig.model_validate(json.loads(config_json))
    starts = {"slow": {"x": 0.7, "y": "a"}, "fast": {"x": 0.31, "y": "b"}}
    manager = Manager(config, space(**starts), ReplayPool(play, int(slots), clock), listener=Printer(), clock=clock)
    signal.signal(signal.SIGINT, lambda *_: manager.request_stop())
    try:
        print(manager.run().reason, flush=True)
    except TunerError as error:
        print(f"refused {error}", flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
