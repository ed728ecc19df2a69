"""A process that runs studies of the toy in a storage as the manager of one host among several would.

    python -m tests.storage.claimant URL HOST

For each line of its input, the name of a study, it tries to run the study. It prints `won` once the study is its own,
runs it when another line comes, and prints `finished`; or it prints why it was refused.
"""

import socket
import sys

from tests.study.toy import Lab, play, space
from tuner.clock import ManualClock
from tuner.errors import UserError
from tuner.storage import StudySummary
from tuner.study import Manager, SilentListener
from tuner.workers import ReplayPool


class _Waiting(SilentListener):
    def on_study_started(self, summary: StudySummary) -> None:
        print("won", flush=True)
        input()


def main(url: str, host: str) -> None:
    """Run the studies that are named on standard input."""
    socket.gethostname = lambda: host
    print("ready", flush=True)
    for line in sys.stdin:
        clock = ManualClock()
        config = Lab(None).config(study=line.strip(), storage=url, budget={"trials": 2})
        manager = Manager(config, space(), ReplayPool(play, 1, clock), listener=_Waiting(), clock=clock)
        try:
            print(manager.run().reason, flush=True)
        except UserError as error:
            print(error, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
