"""A backend of NumPy alone: robots on a line that step by their action, and every way in which a simulator misbehaves.

It also plays what only Isaac Sim does: it prints to stdout, hangs when it is closed, exits 0 after failing.
"""

import ctypes
import os
import signal
import sys
import time

import numpy as np
from server_side.task import Backend, Facts, RefusedError, ServedTask

FAULTS = {
    "dies": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfaults": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "exits 0": lambda: os._exit(0),
    "raises": lambda: 1 / 0,
    "lacks a module": lambda: __import__("no_such_engine"),
    "hangs": lambda: time.sleep(3600),
    "takes 6 s": lambda: time.sleep(6),
    "holds the lock": lambda: ctypes.PyDLL(None).sleep(3600),
    "works on with the lock": lambda: _burn(ctypes.PyDLL(None), 4.0),
}


def create():
    return LineBackend()


class LineBackend(Backend):
    def tasks(self):
        return ["Line"]

    def open(self, task, *, seed, threads):
        print("Kit prints what it likes to stdout")
        options = task["options"]
        if task["id"] != "Line":
            raise RefusedError(f"There is no task '{task['id']}'. Known: Line.")
        if "opening" in options:
            FAULTS[options["opening"]]()
        if options.get("children"):
            _start_children()
        for _ in range(options.get("orphans", 0)):
            _start_an_orphan()
        self.reopens = options.get("reopens", True)
        return Line(task["num_envs"], options)


class Line(ServedTask):
    def __init__(self, robots, options):
        self._options = options
        self._steps = 0
        self._random = np.random.default_rng(0)
        self._place = np.zeros(robots, np.float32)
        self.facts = Facts(
            observation_dim=1,
            action_low=[-1.0],
            action_high=[None],
            max_episode_steps=100,
            control_period_seconds=None,
            provenance={"versions": {"line": "1.0"}},
            restarts=options.get("restarts", True),
            fault_markers=("physics is invalid",),
            metrics=("distance",),
        )

    def seed(self, seed):
        self._random = np.random.default_rng(seed)

    def reset(self, buffer, *, spread_ages):
        self._place = self._random.uniform(-1, 1, len(self._place)).astype(np.float32)
        buffer.observations[:, 0] = self._place

    def step(self, buffer):
        self._steps += 1
        if self._steps == self._options.get("at", 1) and "stepping" in self._options:
            FAULTS[self._options["stepping"]]()
        if self._steps == self._options.get("complains_at"):
            print("[Error] physics is invalid", file=sys.stderr, flush=True)
        self._place = self._place + buffer.actions[:, 0]
        buffer.observations[:, 0] = self._place
        buffer.rewards[:] = -np.abs(self._place)
        buffer.metrics[0] = np.abs(self._place)
        buffer.terminated[:] = np.abs(self._place) > 10
        buffer.truncated[:] = False
        buffer.final_observations[:] = buffer.observations
        buffer.observations[buffer.terminated, 0] = self._place[buffer.terminated] = 0.0

    def close(self):
        if "closing" in self._options:
            FAULTS[self._options["closing"]]()


def _start_children():
    """Start a child, and another that leaves the process group and ignores SIGTERM, with a child of its own."""
    if os.fork() == 0:
        time.sleep(3600)
    ready, told = os.pipe()
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            os.write(told, b".")
        time.sleep(3600)
    os.read(ready, 1)


def _start_an_orphan():
    """Start a process whose parent ends before it does."""
    parent = os.fork()
    if parent == 0:
        if os.fork() == 0:
            time.sleep(0.5)
        os._exit(0)
    os.waitpid(parent, 0)


def _burn(library, seconds):
    """Use CPU time without ever letting another thread of Python run."""
    library.clock.restype = ctypes.c_long
    until = time.process_time() + seconds
    sys.setswitchinterval(1e6)
    while time.process_time() < until:
        pass
    sys.setswitchinterval(0.005)
