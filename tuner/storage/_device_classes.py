"""On which kinds of device a study's trials ran: seconds compare only within one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optuna.trial import FrozenTrial

from tuner.records import Calibration
from tuner.storage.attributes import CALIBRATION, counts

_CLASS_NAME = "device_class"


@dataclass(frozen=True)
class DeviceClass:
    """One kind of device of a study."""

    name: str
    trials: int
    """Trials that ran on it and count toward `budget.trials`."""
    compared: bool
    """Whether its trials are the ones among which the study's best is looked for."""


def calibration_of(trial: FrozenTrial) -> Calibration | None:
    """Return what a trial runs on, and how fast that is; None where that was not recorded."""
    stored = trial.user_attrs.get(CALIBRATION)
    return None if stored is None else Calibration.from_json(stored)


def device_class_of(trial: FrozenTrial) -> str | None:
    """Return the name of a trial's device class; None where it was not recorded, or the trial has not begun."""
    name: str | None = trial.user_attrs.get(CALIBRATION, {}).get(_CLASS_NAME)
    return name


def with_class_name(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as it is stored with a trial, and the name of its device class beside it."""
    return {_CLASS_NAME: calibration.device.class_name, **calibration.to_json()}


def device_classes(trials: Sequence[FrozenTrial]) -> list[DeviceClass]:
    """Return the device classes of trials: the compared one first, the others in the order of their first trials.

    Compared are the trials of the class in which most of those that count ran; of equals, the one that came first.
    Anything else would rank seconds of different machines, or change whenever a fast machine joins for one trial.
    """
    known = [(name, counts(trial)) for trial in trials if (name := device_class_of(trial)) is not None]
    tally = Counter({name: 0 for name, _ in known})  # in the order in which they come
    tally.update(name for name, counted in known if counted)
    names = list(tally)
    compared = max(names, key=lambda name: tally[name], default=None)
    found = [DeviceClass(name, tally[name], name == compared) for name in names]
    return sorted(found, key=lambda each: not each.compared)


def comparable(trials: Sequence[FrozenTrial], class_name: str | None) -> list[FrozenTrial]:
    """Return the trials whose seconds compare with those of a device class.

    A trial of which no device is known, such as one of an earlier version, is taken to compare with all.

    Args:
        trials: any trials.
        class_name: the device class; None compares with all.
    """
    if class_name is None:
        return list(trials)
    return [trial for trial in trials if device_class_of(trial) in (None, class_name)]


def compared(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials among which the best is looked for; see `device_classes`."""
    classes = device_classes(trials)
    return comparable(trials, classes[0].name if classes else None)
