"""Values of command lines, checked when they are read."""

import argparse
from collections.abc import Callable


def at_least(least: int) -> Callable[[str], int]:
    """Return what reads an integer that is not smaller, for a parser."""

    def integer(given: str) -> int:
        if not given.lstrip("-").isdigit() or int(given) < least:
            raise argparse.ArgumentTypeError(f"{given!r}, but must be an integer of at least {least}")
        return int(given)

    return integer


def positive(given: str) -> float:
    """Return a number above zero, for a parser."""
    try:
        number = float(given)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{given!r}, but must be a number above zero")
    return number
