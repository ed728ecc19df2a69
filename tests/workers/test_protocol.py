"""Messages are encoded and decoded without loss; lines that are no messages are recognised."""

import json
import math

import numpy as np
import pytest

from tests.workers.trials import point_mass
from tuner.records import Calibration, Device, Outcome, OutcomeKind, Tick
from tuner.training import StopRequest
from tuner.workers._protocol import (
    Alive,
    Calibrated,
    Declined,
    Ended,
    LineSplitter,
    Noticed,
    PhaseEntered,
    ProtocolError,
    Quit,
    Ready,
    Stop,
    Ticked,
    Train,
    Waiting,
    decode,
    encode,
    strict,
)

OUTCOME = Outcome(
    OutcomeKind.PRUNED,
    message="two\nlines, ä and \N{ROBOT FACE}",
    rule="behind",
    clock_seconds=1.25,
    ledger={"act": 0.1},
    agent={"algorithm": "sac"},
    evaluations=[{"mean": 3.5}],
    details={"log": ["a", "b"]},
)
MESSAGES = [
    Train(3, point_mass(7, action_limit=2.0)),
    Stop(3, StopRequest(OutcomeKind.PRUNED, rule="dominated")),
    Stop(4, StopRequest(OutcomeKind.INTERRUPTED)),
    Quit(),
    Ready(4.5),
    Ready(4.5, notice="WARNING: no GPU"),
    Calibrated(Calibration(Device("AMD EPYC", 2), 100.5, None, versions={"jax": "0.10"})),
    PhaseEntered("compile"),
    Noticed("WARNING: no BF16 units"),
    Alive(),
    Waiting("compiling kernels (Module solver took 5 s)"),
    Ticked(Tick(index=1, clock_seconds=0.1 + 0.2, estimate=-1e-300, env_steps=5)),
    Ended(OUTCOME, reusable=False),
    Declined(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_there_and_back(message) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode(line) == message


def test_what_is_not_finite_becomes_null() -> None:
    tick = Tick(index=1, clock_seconds=1.0, estimate=math.nan, low=-math.inf)
    outcome = Outcome(OutcomeKind.DIVERGED, details={"loss": [math.inf, {"x": np.float32(np.nan)}]})
    assert decode(encode(Ticked(tick))) == Ticked(Tick(index=1, clock_seconds=1.0))
    back = decode(encode(Ended(outcome, reusable=True)))
    assert isinstance(back, Ended)
    assert back.outcome.details == {"loss": [None, {"x": None}]}


def test_whatever_a_simulator_puts_into_an_outcome_arrives() -> None:
    odd = {1: np.int64(3), "array": np.arange(3), "set": {4}, "tuple": (np.float64(0.5), True), "object": Ellipsis}
    expected = {"1": 3, "array": [0, 1, 2], "set": [4], "tuple": [0.5, True], "object": "Ellipsis"}
    assert strict(odd) == expected
    assert json.loads(json.dumps(strict(odd), allow_nan=False)) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"Warning: the simulator talks",
        b"",
        b"[]",
        b"17",
        b"{}",
        b'{"say":"Sing"}',
        b'{"say":"PhaseEntered","phase":"lunch"}',
        b'{"say":"Ticked","tick":{"index":1,"estimate":0.5}}',
        b'{"say":"Ended","outcome":{"kind":"fine"},"reusable":true}',
        b'{"say":"Train","serial":1,"spec":{}}',
        b"\xff\xfe{",
    ],
)
def test_garbage_is_shown(line: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(line)
    assert repr(line.decode(errors="replace")) in str(caught.value)


def test_long_garbage_is_shortened() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(b"x" * 100_000)
    assert len(str(caught.value)) < 600


def test_lines_are_put_together_from_pieces() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"one\ntw") == [b"one"]
    assert splitter.feed(b"") == []
    assert splitter.feed(b"o") == []
    assert splitter.feed(b"\n\nthree\nf") == [b"two", b"", b"three"]
    assert splitter.feed(b"our\n") == [b"four"]
