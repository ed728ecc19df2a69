"""A worker that does what the trial's option `do` says, word by word, without training: what a pool must cope with.

It starts in a fraction of the time of a real one. `test_local_pool.py` has the real one, with real faults.
"""

import argparse
import os
import signal
import sys
from dataclasses import replace

from tuner.records import Outcome, OutcomeKind, Tick
from tuner.workers._protocol import (
    Declined,
    Ended,
    Noticed,
    PhaseEntered,
    Quit,
    Ready,
    Ticked,
    Train,
    decode,
    encode,
)

OUTCOME = Outcome(OutcomeKind.EXHAUSTED, clock_seconds=8.0, details={"pid": os.getpid()})


class ScriptedChild:
    def __init__(self, commands: int, messages: int) -> None:
        self._commands = open(commands, "rb", buffering=0)  # noqa: SIM115 - open as long as the process
        self._messages = messages
        self._trained = 0
        self._ambush = False

    def work(self) -> None:
        while not isinstance(command := self._next(), Quit):
            if isinstance(command, Train) and self._ambush:
                os._exit(0)
            if isinstance(command, Train):
                for word in command.spec.task.options["do"]:
                    self._do(word)
                self._trained += 1

    def _next(self):
        line = self._commands.readline()
        return decode(line) if line else Quit()

    def _do(self, word: str) -> None:
        match word.split(":"):
            case ["train" | "compile" | "evaluate" as phase]:
                self._send(PhaseEntered(phase))
            case ["tick"]:
                self._send(Ticked(Tick(index=1, clock_seconds=2.0, best=1.0, env_steps=10, updates=3)))
            case ["ready", notice]:
                self._send(Ready(0.5, notice))
            case ["notice", text]:
                self._send(Noticed(text))
            case ["end"]:
                self._send(Ended(OUTCOME, reusable=True))
            case ["wait for a stop and end"]:
                stop = self._next()
                self._send(Ended(replace(OUTCOME, kind=stop.request.kind, rule=stop.request.rule), reusable=True))
            case ["end", kind]:
                self._send(Ended(replace(OUTCOME, kind=OutcomeKind(kind)), reusable=False))
            case ["garbage", text]:
                os.write(self._messages, text.encode() + b"\n")
            case ["half", text]:
                os.write(self._messages, text.encode())
            case ["print", text]:
                print(text, flush=True)
            case ["decline unless fresh"]:
                if self._trained:
                    self._send(Declined())
                    os._exit(0)
            case ["exit", code]:
                os._exit(int(code))
            case ["exit at the next"]:
                self._ambush = True
            case ["kill", name]:
                os.kill(os.getpid(), signal.Signals[name])
            case ["hang up"]:
                os.close(self._messages)
            case ["orphan"]:  # a child that outlives this process, with the pipe in its hands
                if os.fork() == 0:
                    self._hang()
            case ["deaf"]:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            case ["hang"]:
                self._hang()
            case ["chatter"]:  # alive, but deaf to stops: answers every command with a tick
                while not isinstance(self._next(), Quit):
                    self._do("tick")
            case _:
                sys.exit(f"unknown word {word}")

    def _hang(self) -> None:
        while True:
            signal.pause()

    def _send(self, message: object) -> None:
        os.write(self._messages, encode(message))  # type: ignore[arg-type]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("--commands", "--messages", "--parent"):
        parser.add_argument(name, type=int)
    parser.add_argument("--started", type=float)
    given = parser.parse_args()
    ScriptedChild(given.commands, given.messages).work()
