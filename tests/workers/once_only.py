"""A point mass whose simulator, as Isaac Lab's, opens one task in the life of a process."""

from pathlib import Path

from tuner.user_code import load_object

PointMassSimulator = load_object(f"{Path(__file__).parents[1] / 'support' / 'point_mass.py'}:PointMassSimulator")


class OnceOnlySimulator(PointMassSimulator):  # type: ignore[misc, valid-type]
    """Opens `PointMass`."""

    name = "once_only"
    reopens = False
