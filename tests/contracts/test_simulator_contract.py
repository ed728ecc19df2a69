"""The suite notices broken rules: each rule, broken in the point mass, makes its test fail."""

from typing import Any

import numpy as np
import pytest

from tests.contracts.simulator import SimulatorContract
from tests.support.point_mass import PointMassEnv, State
from tuner.simulators import JointTargets


class Contract(SimulatorContract):
    simulator = "unused"
    task_id = "PointMass"
    failing_action = 1.0
    failing_steps = 200


class TerminalAfterReset(PointMassEnv):
    def step_wait(self) -> Any:
        observations, rewards, dones, infos = super().step_wait()
        for robot in np.flatnonzero(dones):
            infos[robot]["terminal_observation"] = observations[robot].copy()
        return observations, rewards, dones, infos


class EveryEndATimeOut(PointMassEnv):
    def step_wait(self) -> Any:
        observations, rewards, dones, infos = super().step_wait()
        for robot in np.flatnonzero(dones):
            infos[robot]["TimeLimit.truncated"] = True
        return observations, rewards, dones, infos


class NoEndATimeOut(PointMassEnv):
    def step_wait(self) -> Any:
        observations, rewards, dones, infos = super().step_wait()
        for info in infos:
            info.pop("TimeLimit.truncated", None)
        return observations, rewards, dones, infos


class OneStepTooLong(PointMassEnv):
    def step_wait(self) -> Any:
        self.max_episode_steps += 1
        result = super().step_wait()
        self.max_episode_steps -= 1
        return result


class OneBuffer(PointMassEnv):
    buffer: Any = None

    def _observe(self) -> Any:
        if self.buffer is None:
            self.buffer = np.empty((self.num_envs, 2), np.float32)
        self.buffer[:] = super()._observe()
        return self.buffer


class LookedThroughArrays(PointMassEnv):
    """Reads the agent's array when the step is finished, not when it starts."""

    def step_async(self, actions: Any) -> None:
        self._actions = actions


class Bursts(PointMassEnv):
    def reset(self) -> Any:
        self.spread_ages = False
        return super().reset()


class AlwaysSpread(PointMassEnv):
    def reset(self) -> Any:
        self.spread_ages = True
        return super().reset()


class EveryEpisodeAged(PointMassEnv):
    def _start(self, robots: Any) -> None:
        super()._start(robots)
        if self.spread_ages:
            self._age[robots] = self._ages.integers(0, self.max_episode_steps, robots.size)


class AgesFromTheSharedStream(PointMassEnv):
    def reset(self) -> Any:
        if self.spread_ages:
            self._random.integers(0, 10, self.num_envs)
        return super().reset()


class AgesFromNowhere(PointMassEnv):
    def reset(self) -> Any:
        self._ages = np.random.default_rng()
        return super().reset()


class Unseeded(PointMassEnv):
    def seed(self, seed: int | None = None) -> list[int | None]:
        return super().seed(None)


class SeededOnce(PointMassEnv):
    seeds = 0

    def seed(self, seed: int | None = None) -> list[int | None]:
        self.seeds += 1
        return super().seed(seed) if self.seeds <= 2 else [seed]  # 1: when created, 2: when opened


class AlwaysTheSameSeed(PointMassEnv):
    def seed(self, seed: int | None = None) -> list[int | None]:
        return super().seed(0)


class ResetForgetsTheStream(PointMassEnv):
    def reset(self) -> Any:
        self.seed(0)
        return super().reset()


class NeighbouringSeedsOverlap(PointMassEnv):
    base = 0

    def seed(self, seed: int | None = None) -> list[int | None]:
        self.base = seed or 0
        return super().seed(seed)

    def reset(self) -> Any:
        super().reset()
        for robot in range(self.num_envs):  # as Stable-Baselines3 seeds single environments
            self._position[robot] = np.random.default_rng(self.base + robot).uniform(-1, 1)
        return self._observe()


class TwinRobots(PointMassEnv):
    def reset(self) -> Any:
        super().reset()
        self._position[1] = self._position[0]
        return self._observe()


class Doubles(PointMassEnv):
    def _observe(self) -> Any:
        return super()._observe().astype(np.float64)


class StateWithoutRandomness(PointMassEnv):
    def set_state(self, state: State) -> Any:
        self._position, self._velocity, self._age = state.position.copy(), state.velocity.copy(), state.age.copy()
        return self._observe()


class StateNotCopied(PointMassEnv):
    def get_state(self) -> State:
        return State(self._position, self._velocity, self._age, dict(self._random.bit_generator.state))


class OneJointTooMany(PointMassEnv):
    joint_targets = JointTargets(("a", "b"), (0.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (1.0, 1.0))


class JointsAsArrays(PointMassEnv):
    joint_targets = JointTargets(("a",), np.zeros(1), np.ones(1), -np.ones(1), np.ones(1))  # type: ignore[arg-type]


class MetricsInOneArray(PointMassEnv):
    def step_wait(self) -> Any:
        kept = self.metrics["speed"]
        result = super().step_wait()
        kept[:] = self.metrics["speed"]
        self.metrics = {"speed": kept}
        return result


class MetricsAppear(PointMassEnv):
    def __init__(self, num_envs: int, **options: Any) -> None:
        super().__init__(num_envs, **options)
        self.metrics = {}


class MetricsOfWholeNumbers(PointMassEnv):
    def step_wait(self) -> Any:
        result = super().step_wait()
        self.metrics = {"speed": self.metrics["speed"].astype(int)}
        return result


class OneMetricForAll(PointMassEnv):
    def step_wait(self) -> Any:
        result = super().step_wait()
        self.metrics = {"speed": self.metrics["speed"][:1]}
        return result


BROKEN = [
    (MetricsInOneArray, "test_metrics_handed_out_are_never_written_again"),
    (MetricsAppear, "test_metrics_are_a_float_for_each_robot"),
    (MetricsOfWholeNumbers, "test_metrics_are_a_float_for_each_robot"),
    (OneMetricForAll, "test_metrics_are_a_float_for_each_robot"),
    (TerminalAfterReset, "test_the_terminal_observation_is_the_true_last_one"),
    (EveryEndATimeOut, "test_failures_are_not_truncations"),
    (NoEndATimeOut, "test_time_outs_are_truncations"),
    (OneStepTooLong, "test_time_outs_are_truncations"),
    (OneBuffer, "test_arrays_handed_out_are_never_written_again"),
    (LookedThroughArrays, "test_writing_into_arrays_changes_nothing"),
    (Bursts, "test_initial_ages_are_spread_when_asked"),
    (AlwaysSpread, "test_time_outs_are_truncations"),
    (EveryEpisodeAged, "test_initial_ages_are_spread_when_asked"),
    (AgesFromTheSharedStream, "test_ages_alter_nothing_but_the_end"),
    (AgesFromNowhere, "test_ages_come_from_the_seed"),
    (Unseeded, "test_the_same_seed_gives_the_same_trajectory"),
    (SeededOnce, "test_seeding_again_starts_the_trajectory_again"),
    (AlwaysTheSameSeed, "test_another_seed_gives_another_trajectory"),
    (ResetForgetsTheStream, "test_a_reset_goes_on_with_the_random_stream"),
    (NeighbouringSeedsOverlap, "test_neighbouring_seeds_share_no_robots"),
    (TwinRobots, "test_robots_differ"),
    (Doubles, "test_shapes_and_types"),
    (StateWithoutRandomness, "test_a_restored_state_goes_on_bit_for_bit"),
    (StateNotCopied, "test_a_restored_state_goes_on_bit_for_bit"),
    (OneJointTooMany, "test_joint_targets_fit_the_actions"),
    (JointsAsArrays, "test_joint_targets_fit_the_actions"),
]


def opener(kind: type[PointMassEnv]) -> Any:
    def open_env(
        num_envs: int = 4, *, seed: int = 3, threads: int = 1, limit: int | None = 8, spread: bool = False
    ) -> Any:
        env = kind(num_envs, max_episode_steps=limit or 100)
        env.seed(seed)
        env.spread_ages = spread
        return env

    return open_env


@pytest.mark.parametrize(("kind", "test"), BROKEN, ids=[kind.__name__ for kind, _ in BROKEN])
def test_a_broken_rule_is_found(kind: type[PointMassEnv], test: str) -> None:
    getattr(Contract(), test)(opener(PointMassEnv))  # the healthy one passes
    with pytest.raises(AssertionError):
        getattr(Contract(), test)(opener(kind))
