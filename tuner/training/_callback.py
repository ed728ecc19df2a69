"""What happens between the agent's steps, off the training clock: watching, reporting, confirming, stopping."""

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from tuner.agents import finish_updates, gradient_steps_done, is_finite, observe_return, training_metrics
from tuner.clock import Ledger
from tuner.records import SATURATED, Evaluation
from tuner.training._channel import Channel, StopRequest
from tuner.training._evaluation import Evaluator
from tuner.training._meter import Meter, NonFiniteError
from tuner.training._progress import Counters, Progress
from tuner.training._write_folder import TrialFiles


class TargetReached(Exception):  # noqa: N818 - not an error: the way out of the agent's learning loop between rollouts
    """The target was reached and confirmed."""


class TrialCallback(BaseCallback):
    """Connects a trial's progress, evaluator and channel to Stable-Baselines3's learning loop."""

    def __init__(
        self,
        progress: Progress,
        evaluator: Evaluator,
        meter: Meter,
        *,
        ledger: Ledger,
        channel: Channel,
        files: TrialFiles,
        budget_seconds: float,
        stop_at_target: bool = True,
        save_seconds: float | None = None,
    ) -> None:
        super().__init__()
        self.progress = progress
        self.stop_request: StopRequest | None = None
        """The manager's request that ended the trial."""
        self.evaluations: list[Evaluation] = []
        self._evaluator = evaluator
        self._meter = meter
        self._ledger = ledger
        self._channel = channel
        self._files = files
        self._budget_seconds = budget_seconds
        self._stop_at_target = stop_at_target
        self._save_seconds = save_seconds
        self._saved_seconds = ledger.elapsed_seconds
        self._evaluated: tuple[int, int] | None = None
        """Environment steps and updates up to the last evaluation."""

    def confirm(self) -> None:
        """Evaluate the policy if a crossing of the target or of a milestone waits for it. Call it between rollouts.

        Raises:
            TargetReached: if the evaluation agrees, and the trial stops at its target.
        """
        if not self.progress.goals.pending or self.stop_request is not None:
            return
        finish_updates(self.model)
        with self._ledger.account("evaluate"):
            before = self._ledger.totals()["evaluate"]
            evaluation = self._evaluate()
            if evaluation is None:
                return  # asked to stop: the next step sees it too
            confirmed = self.progress.conclude(evaluation, cost_seconds=self._ledger.totals()["evaluate"] - before)
            if confirmed and self._stop_at_target:
                raise TargetReached

    def evaluate_final(self) -> Evaluation | None:
        """Return an evaluation of the policy as it is now, for which the last one serves if nothing has happened since.

        Call it after the training. None if it was cut short by a request to stop.
        """
        finish_updates(self.model)
        if self._evaluated == self._counts():
            return self.evaluations[-1]
        with self._ledger.account("evaluate"):
            return self._evaluate()

    def _evaluate(self) -> Evaluation | None:
        self._channel.phase("evaluate")
        evaluation, robots_were_reset = self._evaluator.evaluate(self._ledger.training_seconds)
        self._channel.phase("train")
        if robots_were_reset:
            self.progress.episodes.restart()
        if evaluation is not None:
            self.evaluations.append(evaluation)
            self._evaluated = self._counts()
        return evaluation

    def _counts(self) -> tuple[int, int]:
        return self.model.num_timesteps, gradient_steps_done(self.model)

    def _on_step(self) -> bool:
        # Whether to check is decided once. A check that falls due in the lines below waits for the next step, which
        # finishes the updates first; otherwise the device would keep learning while the training clock stands still.
        clock_seconds = self._ledger.training_seconds
        due = self.progress.due(clock_seconds)
        if due:
            finish_updates(self.model)
        with self._ledger.account("report"):
            meter = self._meter
            self.progress.observe(meter.rewards, meter.dones, meter.terminated, meter.metrics)
            self._channel.alive()
            if due:
                clock_seconds = self._ledger.training_seconds  # later than before by what the updates took
                self._check(clock_seconds)
            if clock_seconds >= self._budget_seconds:
                return False  # complete, even if a request to stop has just come in
            self.stop_request = self._channel.stop_requested()
            return self.stop_request is None

    def _on_rollout_end(self) -> None:
        # Only at this point is everything collected in the buffer, so the robots may be borrowed and even reset.
        self.confirm()
        self._save()

    def _save(self) -> None:
        """Save the policy if that is due, so that a crash does not lose a long training."""
        now = self._ledger.elapsed_seconds
        if self._save_seconds is None or now < self._saved_seconds + self._save_seconds:
            return
        finish_updates(self.model)
        with self._ledger.account("report"):
            if is_finite(self.model):
                self._files.write_policy(self.model)
        self._saved_seconds = self._ledger.elapsed_seconds

    def _check(self, clock_seconds: float) -> None:
        metrics = {}
        if self.progress.ticks.due(clock_seconds):  # too slow for every check
            if not is_finite(self.model):
                raise NonFiniteError("a parameter of the agent")
            metrics = {**training_metrics(self.model), "action_saturation": self._saturation()}
        counters = Counters(
            env_steps=self.model.num_timesteps,
            updates=gradient_steps_done(self.model),
            wall_seconds=self._ledger.elapsed_seconds,
        )
        ticks = self.progress.check(clock_seconds, counters, metrics)
        if self.progress.exploring is not None:
            observe_return(self.model, self.progress.exploring.mean)
        for tick in ticks:
            self._channel.tick(tick)
            self._files.append_tick(tick.to_json())

    def _saturation(self) -> float:
        """Return the share of the last actions' coordinates that lie at the ends of the agent's box."""
        box = self.model.action_space
        centre, half = (box.low + box.high) / 2, (box.high - box.low) / 2  # type: ignore[attr-defined]
        return float((np.abs(self._meter.actions - centre) >= SATURATED * half).mean())
