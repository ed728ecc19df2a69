"""A recording of a policy: every action of every robot, from the network's output to what the task got."""

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.records import known_fields
from tuner.resources import user_path, write_whole
from tuner.simulators import JointTargets

SCHEMA = 1
_BOXES = ("agent_low", "agent_high", "task_low", "task_high")
_SAMPLES = ("raw", "mean", "commanded")
_TEXTS = ("task", "policy", "algorithm", "joints")
_SWITCHES = ("squashed", "deterministic")
_HOW = "Make one with: tuner actions DIR -o actions.npz"

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Recording:
    """The actions of one policy; d is the number of action dimensions."""

    task: TaskConfig
    policy: Literal["trained", "untrained"]
    algorithm: str
    squashed: bool
    """Whether tanh squashes the network's output into the agent's box; otherwise the output is clipped."""
    deterministic: bool
    """Whether the policy acted without exploration noise."""
    agent_low: Floats
    """Lower ends of the agent's action box in the task's units, shape (d,)."""
    agent_high: Floats
    task_low: Floats
    """Lower ends of the task's own box, which may be infinite, shape (d,)."""
    task_high: Floats
    raw: Floats
    """The network's output before squashing or clipping, shape (steps, robots, d). Unsquashed, in the task's units."""
    mean: Floats
    """The mean of the Gaussian that `raw` was drawn from, shape (steps, robots, d)."""
    commanded: Floats
    """What the task got, in its units, shape (steps, robots, d)."""
    joints: JointTargets | None = None
    """What the actions command, if they are joint targets."""

    @property
    def samples(self) -> npt.NDArray[np.float64]:
        """What the task got, one row for each step of each robot, shape (steps · robots, d)."""
        return self.commanded.reshape(-1, self.commanded.shape[2]).astype(np.float64)

    @property
    def dimension_names(self) -> tuple[str, ...]:
        """The joints' names, or the numbers of the dimensions."""
        if self.joints is not None:
            return self.joints.names
        return tuple(str(index) for index in range(self.commanded.shape[2]))

    def save(self, path: str | Path) -> None:
        """Write the recording as `.npz`, completely or not at all; an existing file is replaced."""
        joints = "" if self.joints is None else json.dumps(asdict(self.joints))
        arrays = {name: getattr(self, name) for name in (*_SWITCHES, *_BOXES, *_SAMPLES)}
        texts = {"task": self.task.model_dump_json(), "policy": self.policy, "algorithm": self.algorithm}
        content: dict[str, Any] = {"schema": SCHEMA, **texts, "joints": joints, **arrays}
        write_whole(Path(path), lambda file: np.savez(file, **content))


def load_recording(path: str | Path) -> Recording:
    """Read a recording.

    Raises:
        UserError: if there is no such file, or it is not a recording.
    """
    file = user_path(path)
    try:
        archive = np.load(file, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise _refused(path, "it holds a single array")
        with archive:
            content = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise UserError(f"There is no recording {path}. {_HOW}") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder, not a recording. {_HOW}") from None
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise _refused(path, "it is not a file of NumPy arrays (.npz) without Python objects") from error
    except OSError as error:
        raise UserError(f"Cannot read the recording {path}: {error.strerror or error}.") from error
    missing = [name for name in ("schema", *_TEXTS, *_SWITCHES, *_BOXES, *_SAMPLES) if name not in content]
    if missing:
        raise _refused(path, f"it has no {', '.join(missing)}")
    if content["schema"].tolist() != SCHEMA:
        raise _refused(path, f"its schema is {content['schema'].tolist()!r}, and this program reads {SCHEMA}")
    _check_arrays(path, content)
    return _parsed(path, content)


def _check_arrays(path: str | Path, content: dict[str, Any]) -> None:
    shape = content["raw"].shape
    if len(shape) != 3 or 0 in shape:
        raise _refused(path, f"raw has the shape {shape}, not (steps, robots, dimensions)")
    for name in (*_BOXES, *_SAMPLES):
        array, expected = content[name], shape if name in _SAMPLES else shape[2:]
        if array.shape != expected:
            raise _refused(path, f"{name} has the shape {array.shape}, not {expected}")
        if array.dtype.kind != "f":
            raise _refused(path, f"{name} holds {array.dtype}, not real numbers")
        if not name.startswith("task_") and not np.isfinite(array).all():
            raise _refused(path, f"{name} is not finite everywhere")
    for name in _SWITCHES:
        if content[name].shape != () or content[name].dtype.kind != "b":
            raise _refused(path, f"{name} is not a single True or False")
    if not (content["agent_low"] < content["agent_high"]).all():
        raise _refused(path, "agent_low is not below agent_high everywhere")


def _parsed(path: str | Path, content: dict[str, Any]) -> Recording:
    texts = {name: str(content[name]) for name in _TEXTS}
    if texts["policy"] not in ("trained", "untrained"):
        raise _refused(path, f"its policy is '{texts['policy']}', not trained or untrained")
    try:
        task = TaskConfig.model_validate_json(texts["task"])
        joints = _joints(texts["joints"])
    except (ValidationError, ValueError, TypeError, RecursionError, UserError) as error:
        raise _refused(path, f"its task or its joints cannot be read ({error})") from error
    if joints is not None and len(joints.names) != content["raw"].shape[2]:
        raise _refused(path, f"it has {len(joints.names)} joints for {content['raw'].shape[2]} dimensions")
    return Recording(
        task=task,
        policy="trained" if texts["policy"] == "trained" else "untrained",
        algorithm=texts["algorithm"],
        joints=joints,
        squashed=bool(content["squashed"]),
        deterministic=bool(content["deterministic"]),
        **{name: content[name].astype(np.float32) for name in (*_BOXES, *_SAMPLES)},
    )


def _joints(text: str) -> JointTargets | None:
    if not text:
        return None
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError(f"the joints are a {type(data).__name__}, not keys and values")
    return JointTargets(**{name: tuple(values) for name, values in known_fields(JointTargets, data).items()})


def _refused(path: str | Path, why: str) -> UserError:
    return UserError(f"{path} is not a recording of actions: {why}. {_HOW}")
