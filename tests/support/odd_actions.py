"""Simulators of the point mass that open something else than asked for, or that cannot be trained on as it is."""

from gymnasium import spaces

from tests.support.point_mass import PointMassEnv, PointMassSimulator


class OddSimulator(PointMassSimulator):
    """Opens `PointMass` with `space` for actions; closed environments are kept, for tests to look at."""

    space: spaces.Space
    closed: list[PointMassEnv] = []  # noqa: RUF012  of each class its own, see below

    def __init_subclass__(cls) -> None:
        cls.closed = []

    def open(self, task, *, seed, threads):
        closed = self.closed

        class Env(PointMassEnv):
            def close(self) -> None:
                closed.append(self)

        env = Env(task.num_envs)
        env.action_space = self.space
        return env


class DiscreteActions(OddSimulator):
    space = spaces.Discrete(3)


class DictActions(OddSimulator):
    space = spaces.Dict({"arm": spaces.Box(-1, 1, (2,))})


class MatrixActions(OddSimulator):
    space = spaces.Box(-1, 1, (2, 2))


class NoActions(OddSimulator):
    space = spaces.Box(-1, 1, (0,))


class OneRobotMore(OddSimulator):
    """Opens a robot more than asked for; its actions are as they should be."""

    space = spaces.Box(-1, 1, (1,))

    def open(self, task, *, seed, threads):
        return super().open(task.model_copy(update={"num_envs": task.num_envs + 1}), seed=seed, threads=threads)


class HalfInfiniteActions(OddSimulator):
    space = spaces.Box(-float("inf"), 1, (2,))
