"""What the benchmark of learners prints."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from _learners import Slice
from _startup import Startups


@dataclass
class Measurements:
    """What was measured of one learner, one entry for each repeat."""

    operations: float
    """Floating-point operations of the matrix products of one gradient step."""
    training: list[Slice] = field(default_factory=list)
    updates: list[Slice] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    """Floating-point operations per second of large matrix products in the learner's precision."""


def print_training(results: Mapping[str, Measurements], num_envs: int) -> None:
    """Print collecting and learning together."""
    print(
        f"{'training':>16} {'env steps/s':>11} {'updates/s':>10} {'ms/step':>8} "
        f"{'act':>7} {'simulate':>8} {'learn':>7} {'ratio':>6} {'quartiles':>13}"
    )
    first = next(iter(results.values())).training
    for name, result in results.items():
        slices = result.training
        rate = median(each.steps * num_envs / each.seconds for each in slices)
        updates = median(each.updates / each.seconds for each in slices)
        step = median(1e3 * each.seconds / each.steps for each in slices)
        act, simulate, learn = (
            median(1e3 * each.booked[account] / each.steps for each in slices)
            for account in ("act", "simulate", "learn")
        )
        print(
            f"{name:>16} {rate:11,.0f} {updates:10,.1f} {step:8.2f} {act:7.2f} {simulate:8.2f} {learn:7.2f} "
            f"{spread(ratios(first, slices))}"
        )


def print_updates(results: Mapping[str, Measurements]) -> None:
    """Print learning alone."""
    print(
        f"{'updates alone':>16} {'updates/s':>10} {'ms/update':>10} {'floor ms':>9} {'GFLOP/s':>9} {'peak':>9} "
        f"{'share':>6} {'ratio':>6} {'quartiles':>13}"
    )
    first = next(iter(results.values())).updates
    for name, result in results.items():
        rates = [each.updates / each.seconds for each in result.updates]
        peak = median(result.peaks)
        done = [rate * result.operations for rate in rates]
        share = median(operations / at_most for operations, at_most in zip(done, result.peaks, strict=True))
        print(
            f"{name:>16} {median(rates):10,.1f} {1e3 / median(rates):10.3f} {1e3 * result.operations / peak:9.3f} "
            f"{median(done) / 1e9:9,.1f} {peak / 1e9:9,.1f} {share:6.1%} {spread(ratios(first, result.updates))}"
        )


def print_startups(results: Mapping[str, Startups]) -> None:
    """Print seconds until agents are ready, and peak memory."""
    gpu = any(result.cold.device_megabytes is not None for result in results.values())
    print(
        f"{'startup':>16} {'nothing compiled':>16} {'second agent':>12} {'from disk':>9} {'peak MiB':>9}"
        + (f" {'GPU MiB':>9}" if gpu else "")
    )
    for name, result in results.items():
        cold = result.cold
        device = "" if cold.device_megabytes is None else f" {cold.device_megabytes:9,.0f}"
        print(
            f"{name:>16} {cold.first_seconds:14.1f} s {cold.second_seconds:10.2f} s "
            f"{result.cached.first_seconds:7.1f} s {result.cached.host_megabytes:9,.0f}{device}"
        )


def ratios_to_first(results: Mapping[str, Sequence[Slice]]) -> dict[str, float]:
    """Return how many times faster than the first each of the others was: the median over its slices."""
    (_, first), *others = results.items()
    return {name: median(ratios(first, slices)) for name, slices in others}


def ratios(first: Sequence[Slice], others: Sequence[Slice]) -> list[float]:
    """Return how many times faster each slice was than the first learner's of the same repeat."""
    return [
        (slow.seconds / max(slow.updates, 1)) / (fast.seconds / max(fast.updates, 1))
        for slow, fast in zip(first, others, strict=True)
    ]


def spread(values: Sequence[float]) -> str:
    """Return median and quartiles."""
    low, high = np.quantile(values, (0.25, 0.75))
    return f"{median(values):6.2f} {low:5.2f} … {high:5.2f}"


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)
