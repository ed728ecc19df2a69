"""The messages between manager and worker: one strict JSON object per line, over pipes that nothing else writes to."""

import json
import math
from dataclasses import dataclass
from typing import Any, get_args

from tuner.config import TrialSpec
from tuner.errors import TunerError
from tuner.records import Calibration, Outcome, OutcomeKind, Tick
from tuner.training import Phase, StopRequest

PHASES: tuple[str, ...] = get_args(Phase)


class ProtocolError(TunerError):
    """A line arrived that is no message; the text says what it was."""


# From the manager to the worker


@dataclass(frozen=True)
class Train:
    """Train a trial. `serial` distinguishes it from every other trial of this pool."""

    serial: int
    spec: TrialSpec


@dataclass(frozen=True)
class Stop:
    """Stop the trial with this serial. If it has ended by then, nothing happens; the next trial is not affected."""

    serial: int
    request: StopRequest


@dataclass(frozen=True)
class Quit:
    """Close the simulator and exit."""


# From the worker to the manager


@dataclass(frozen=True)
class Ready:
    """All imports are done; the worker waits for its first trial."""

    launch_seconds: float
    """Wall-clock seconds since the process was created."""
    notice: str | None = None
    """What the user must know about this worker."""


@dataclass(frozen=True)
class Calibrated:
    """What the trial runs on, and how fast that is; comes before the trial's first tick."""

    calibration: Calibration


@dataclass(frozen=True)
class PhaseEntered:
    """The trial entered a phase."""

    phase: Phase


@dataclass(frozen=True)
class Noticed:
    """Something that the user must know about the trial."""

    text: str


@dataclass(frozen=True)
class Alive:
    """A sign of life from the training loop itself."""


@dataclass(frozen=True)
class Waiting:
    """A sign of life of the trial's simulator, which is starting."""

    doing: str


@dataclass(frozen=True)
class Ticked:
    """One tick of the trial."""

    tick: Tick


@dataclass(frozen=True)
class Ended:
    """The trial ended."""

    outcome: Outcome
    reusable: bool
    """Whether this process may train the next trial."""


@dataclass(frozen=True)
class Declined:
    """Another task is open, and its simulator cannot be replaced within one process: a fresh worker is needed."""


Command = Train | Stop | Quit
Message = Ready | Calibrated | PhaseEntered | Noticed | Alive | Waiting | Ticked | Ended | Declined


def encode(item: Command | Message) -> bytes:
    """Return the line, with its newline, that says `item`."""
    match item:
        case Train(serial, spec):
            body: dict[str, Any] = {"serial": serial, "spec": spec.model_dump(mode="json")}
        case Stop(serial, request):
            body = {"serial": serial, "kind": request.kind, "rule": request.rule}
        case Ready(launch_seconds, notice):
            body = {"launch_seconds": launch_seconds, "notice": notice}
        case Calibrated(calibration):
            body = {"calibration": calibration.to_json()}
        case PhaseEntered(phase):
            body = {"phase": phase}
        case Noticed(text):
            body = {"text": text}
        case Waiting(doing):
            body = {"doing": doing}
        case Ticked(tick):
            body = {"tick": tick.to_json()}
        case Ended(outcome, reusable):
            body = {"outcome": outcome.to_json(), "reusable": reusable}
        case Quit() | Alive() | Declined():
            body = {}
    line = json.dumps({"say": type(item).__name__, **strict(body)}, allow_nan=False, separators=(",", ":"))
    return line.encode() + b"\n"


def decode(line: bytes) -> Command | Message:
    """Return what a line says.

    Raises:
        ProtocolError: if it says nothing known.
    """
    try:
        body = json.loads(line)
        return _build(body.pop("say"), body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # pydantic's and JSON's errors are ValueErrors
        text = line.decode(errors="replace").strip()
        raise ProtocolError(f"not a message: {text[:500]!r} ({type(error).__name__})") from error


def _build(name: str, body: dict[str, Any]) -> Command | Message:
    match name:
        case "Train":
            return Train(int(body["serial"]), TrialSpec.model_validate(body["spec"]))
        case "Stop":
            return Stop(int(body["serial"]), StopRequest(OutcomeKind(body["kind"]), body["rule"]))
        case "Quit":
            return Quit()
        case "Ready":
            return Ready(float(body["launch_seconds"]), body["notice"])
        case "Calibrated":
            return Calibrated(Calibration.from_json(body["calibration"]))
        case "PhaseEntered" if body["phase"] in PHASES:
            return PhaseEntered(body["phase"])
        case "Noticed":
            return Noticed(str(body["text"]))
        case "Alive":
            return Alive()
        case "Waiting":
            return Waiting(str(body["doing"]))
        case "Ticked":
            return Ticked(Tick.from_json(body["tick"]))
        case "Ended":
            return Ended(Outcome.from_json(body["outcome"]), bool(body["reusable"]))
        case "Declined":
            return Declined()
    raise ValueError(f"unknown message {name!r}")


class LineSplitter:
    """Cuts a stream of bytes into lines; keeps the last, unfinished one until its end arrives."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that `data` completes, without their newlines."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


def strict(value: Any) -> Any:
    """Return `value` as something every JSON parser reads.

    NaN and infinity become null, NumPy numbers and arrays become plain ones, and anything else that JSON cannot express
    becomes its `repr`: an outcome must arrive whatever a simulator put into it.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [strict(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy and JAX scalars and arrays, without importing either
        return strict(value.tolist())
    return repr(value)
