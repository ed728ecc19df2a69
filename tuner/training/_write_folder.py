"""The folder of a trial: its specification, its curve, its outcome and its policy."""

import json
from pathlib import Path
from typing import Any, TextIO

from stable_baselines3.common.base_class import BaseAlgorithm

from tuner.agents import save_agent
from tuner.resources import write_whole

_OF_A_POLICY = ("policy.zip", "normalization.npz")


class TrialFiles:
    """Writes a trial's folder. If the disk is full or gone, files are lost, but never the trial; see `warning`."""

    def __init__(self, directory: str | None, *, start_from: str | None = None) -> None:
        """Start a fresh folder; an earlier attempt's curve, outcome and policy are deleted.

        A policy must not outlive the specification that it was trained with. If this trial failed, the folder would
        look like a run that ended with that policy.

        Args:
            directory: the folder, created if missing; None writes nothing.
            start_from: the folder whose policy the trial starts from. If it is the same, the policy is kept.
        """
        self.warning: str | None = None
        """The first thing that could not be written, and why."""
        self._folder = None if directory is None else Path(directory)
        self._curve: TextIO | None = None
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / "outcome.json").unlink(missing_ok=True)
            if start_from is None or Path(start_from).resolve() != self._folder.resolve():
                for name in _OF_A_POLICY:
                    (self._folder / name).unlink(missing_ok=True)
            self._curve = (self._folder / "curve.jsonl").open("w", encoding="utf-8")
        except OSError as error:
            self._give_up("the trial's folder", error)

    def write_spec(self, spec: dict[str, Any]) -> None:
        """Write `spec.json`."""
        self._write_json("spec.json", spec)

    def append_tick(self, tick: dict[str, Any]) -> None:
        """Append one line to `curve.jsonl` and hand it to the system at once, so that a crash loses none."""
        if self._curve is None:
            return
        try:
            self._curve.write(json.dumps(tick) + "\n")
            self._curve.flush()
        except OSError as error:
            self._give_up("curve.jsonl", error)

    def write_policy(self, agent: BaseAlgorithm) -> None:
        """Write the policy with its normalisation statistics."""
        if self._folder is None:
            return
        try:
            save_agent(agent, self._folder)
        except OSError as error:
            self._warn("the policy", error)

    def write_outcome(self, outcome: dict[str, Any]) -> None:
        """Write `outcome.json` whole or not at all, and close the curve."""
        self._write_json("outcome.json", outcome)
        self._close_curve()

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        if self._folder is None:
            return
        try:
            write_whole(self._folder / name, lambda file: file.write(json.dumps(content, indent=1).encode()))
        except OSError as error:
            self._warn(name, error)

    def _give_up(self, what: str, error: OSError) -> None:
        self._warn(what, error)
        self._close_curve()

    def _close_curve(self) -> None:
        curve, self._curve = self._curve, None
        if curve is None:
            return
        try:
            curve.close()  # flushes, so a full disk can raise here too
        except OSError as error:
            self._warn("curve.jsonl", error)

    def _warn(self, what: str, error: OSError) -> None:
        if self.warning is None:
            self.warning = f"{what} could not be written to {self._folder}: {error.strerror or error}"
