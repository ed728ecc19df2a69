"""The process that speaks to Ray for a pool. Started by `RayPool`, never by hand.

    python -m tuner.workers.ray_driver --connection FD --parent PID

It is a process of its own because Ray prints what it likes, reads settings when it is imported, and ends its process
when it loses the cluster's head for good. None of this may happen to the manager.
"""

import argparse
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import NoReturn

import ray

from tuner.errors import TunerError
from tuner.workers._pipe import die_with
from tuner.workers._ray_cluster import RayCluster
from tuner.workers._ray_messages import Begin, Close, Connected, Failed, Status, StopTrial, Submit
from tuner.workers._ray_slots import RaySlots

_LOOK_SECONDS = 0.1
"""How often commands are looked for while no answer comes in."""
_SAY_SECONDS = 1.0
"""How often this process gives a sign of life."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Serve a pool until it closes, or dies."""
    parser = argparse.ArgumentParser(prog="tuner.workers.ray_driver", description="Speak to Ray for a pool.")
    parser.add_argument("--connection", type=int, required=True, help="descriptor of the connection to the pool")
    parser.add_argument("--parent", type=int, help="exit when this process exits")
    given = parser.parse_args(arguments)
    if given.parent is not None:
        die_with(given.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the manager's business
    os.set_inheritable(given.connection, False)
    code = 0
    try:
        _serve(Connection(given.connection))
    except EOFError:  # the pool has gone
        code = 1
    except BaseException:  # the last line is what the pool tells the user
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve(connection: Connection) -> None:
    begin: Begin = connection.recv()
    try:
        cluster = RayCluster(begin.config, begin.folders, begin.scratch)
        connection.send(Connected())
        _work(connection, RaySlots(cluster))
    except TunerError as error:
        connection.send(Failed(str(error), users_mistake=error.exit_code == 2))
    finally:
        ray.shutdown()  # a Ray that was started here ends


def _work(connection: Connection, slots: RaySlots) -> None:
    """Carry out commands, and report what happens, until `Close`."""
    said, ready = time.monotonic(), frozenset[int]()
    while True:
        while connection.poll():
            match connection.recv():
                case Submit(slot, spec):
                    slots.submit(slot, spec)
                case StopTrial(slot, request):
                    slots.stop(slot, request)
                case Close():
                    connection.send(Status(frozenset(), tuple(slots.close())))
                    return
        events = slots.poll(_LOOK_SECONDS)
        if events or slots.ready != ready or time.monotonic() - said > _SAY_SECONDS:
            said, ready = time.monotonic(), slots.ready
            connection.send(Status(ready, tuple(events)))


if __name__ == "__main__":
    main()
