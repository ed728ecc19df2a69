"""What every task on `mujoco.batch.Batch` has in common: stepping, episodes, seeds, states and divergence."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from mujoco.batch import Batch, SimulationError
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from tuner.simulators._contract import Camera, TaskEnv
from tuner.simulators.mujoco._scenery import Arrow

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.intp]
Observations = npt.NDArray[np.float32]

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class BatchState:
    """Everything that decides the future of a `BatchEnv`."""

    physics: Floats
    """MuJoCo's integration state, shape (num_envs, state_dim)."""
    memory: dict[str, npt.NDArray[Any]]
    """The arrays of `BatchEnv.memory`."""
    random: tuple[dict[str, Any], dict[str, Any]]
    """States of the generators of episodes and of initial ages."""
    observations: Observations


class BatchEnv(TaskEnv):
    """A task of which every robot is one simulation of a `Batch`.

    A control step runs in this order: act, `decimation` physics steps, age + 1, measure, terminations, rewards, update
    commands, observe; then the robots that are done restart and are observed again. So the terminal observation, noise
    included, is what the robot would have observed if its episode had continued.

    A simulation diverges where MuJoCo raises an error or counts a warning (a state or acceleration that is not finite
    or beyond 1e10, a control that is not finite). Its reward and terminal observation are NaN, so that training
    notices. Its episode ends as a failure, `infos[i]["diverged"]` is True, and it restarts, so that training can also
    continue. MuJoCo itself prints the warning and appends it to MUJOCO_LOG.TXT.

    All random numbers come from two generators, vectorised over the robots, so that the same seed and actions give the
    same trajectory at any number of threads: one for the episodes, one for the initial ages, so that spreading the ages
    changes nothing else. A third one, used only when seeding, draws the permanent differences between robots.
    """

    def __init__(
        self,
        model_file: str,
        num_envs: int,
        *,
        observation_dim: int,
        action_limit: float,
        action_dim: int,
        decimation: int,
        max_episode_steps: int,
        threads: int,
        record: Sequence[str] = (),
    ) -> None:
        """Create the simulations; the subclass adds its memory, then calls `seed`.

        Args:
            model_file: MJCF file beside this module.
            num_envs: robots.
            observation_dim: length of an observation.
            action_limit: the task's own action box is ± this, in every dimension.
            action_dim: length of an action.
            decimation: physics steps per control step.
            max_episode_steps: control steps after which an episode is truncated.
            threads: CPU threads for the physics.
            record: fields of MjData kept from every physics step, see `records`.
        """
        self.max_episode_steps = max_episode_steps
        self._model_file = model_file
        self.model = mujoco.MjModel.from_xml_path(str(_FOLDER / model_file))
        self.control_period_seconds = float(self.model.opt.timestep) * decimation
        self.batch: Any = Batch(self.model, num_envs, threads)
        self.qpos: Floats = self.batch.bind("qpos")
        self.qvel: Floats = self.batch.bind("qvel")
        self.ctrl: Floats = self.batch.bind("ctrl")
        data = mujoco.MjData(self.model)
        self.records: dict[str, Floats] = {
            name: np.zeros((num_envs, decimation, *getattr(data, name).shape)) for name in record
        }
        """Recorded fields of the last control step's physics steps, each of shape (num_envs, decimation, …)."""
        self.ages: npt.NDArray[np.int64] = np.zeros(num_envs, dtype=np.int64)
        self.memory: dict[str, npt.NDArray[Any]] = {"ages": self.ages}
        """What carries over from one control step to the next, apart from the physics; written in place only."""
        self._decimation = decimation
        self._everyone: Ids = np.arange(num_envs)
        self._actions = np.zeros((num_envs, action_dim))
        self._observations = np.zeros((num_envs, observation_dim), dtype=np.float32)
        super().__init__(
            num_envs,
            spaces.Box(-np.inf, np.inf, (observation_dim,), np.float32),
            spaces.Box(-action_limit, action_limit, (action_dim,), np.float32),
        )

    # What a task defines

    def draw_startup(self, random: np.random.Generator) -> None:
        """Draw permanent differences between robots into `memory`, and call `apply_startup`; nothing by default."""

    def apply_startup(self) -> None:
        """Write into the models what `draw_startup` drew; nothing by default."""

    @abstractmethod
    def restart(self, ids: Ids) -> None:
        """Write the start of an episode for these robots, whose physics is that of the model's defaults."""

    @abstractmethod
    def act(self, actions: Floats) -> None:
        """Take actions, shape (num_envs, action_dim), and write the controls."""

    @abstractmethod
    def measure(self, ids: Ids | slice) -> None:
        """Derive from the physics of these robots what is used more than once in a control step."""

    @abstractmethod
    def terminations(self) -> Flags:
        """Return which robots have failed, shape (num_envs,); called once per control step."""

    @abstractmethod
    def rewards(self, terminated: Flags) -> Floats:
        """Return the rewards of the control step, shape (num_envs,)."""

    def update_commands(self) -> None:
        """Advance the commands to the robots by one control step; nothing by default."""

    def refresh_commands(self, ids: Ids) -> None:
        """Make the commands of these robots, which have restarted, ready to be observed; nothing by default."""

    @abstractmethod
    def observe(self, ids: Ids | slice) -> Observations:
        """Return new observations of these robots, shape (len(ids), observation_dim)."""

    # VecEnv

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed everything and draw the start-up randomisation; `reset` then starts the seed's trajectory."""
        startup, episodes, ages = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
        self.random: np.random.Generator = episodes
        self._random_ages = ages
        self.draw_startup(startup)
        return [seed] * self.num_envs

    def reset(self) -> Observations:
        """Start a new episode for every robot; return the observations, shape (num_envs, observation_dim)."""
        self._restart(self._everyone)
        if self.spread_ages:
            self.ages[:] = self._random_ages.integers(0, self.max_episode_steps, self.num_envs)
        self._observations = self.observe(slice(None))
        return self._observations.copy()

    def step_async(self, actions: npt.NDArray[np.float32]) -> None:
        """Take the actions of the next step, shape (num_envs, action_dim)."""
        self._actions = np.array(actions, dtype=np.float64)

    def step_wait(self) -> VecEnvStepReturn:
        """Run the control step; return new arrays of observations, rewards, dones, and the infos."""
        self.act(self._actions)
        diverged = self.simulate()
        self.ages += 1
        self.measure(slice(None))
        terminated = self.terminations() | diverged
        dones = terminated | (self.ages >= self.max_episode_steps)
        rewards = self.rewards(terminated)
        rewards[diverged] = np.nan
        self.update_commands()
        observations = self.observe(slice(None))
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        ended = np.flatnonzero(dones)
        if ended.size:
            observations[diverged] = np.nan
            last = observations[ended]
            for row, robot in enumerate(ended):
                info = infos[robot]
                info["terminal_observation"] = last[row]
                info["TimeLimit.truncated"] = not terminated[robot]
                if diverged[robot]:
                    info["diverged"] = True
            self._restart(ended)
            observations[ended] = self.observe(ended)
        self._observations = observations
        return observations.copy(), rewards.astype(np.float32), dones, infos

    def simulate(self) -> Flags:
        """Advance the physics by one control step; return which simulations diverged, shape (num_envs,)."""
        raised = np.zeros(self.num_envs, dtype=np.bool_)
        try:
            self.batch.rollout(self._decimation, record=tuple(self.records), out=self.records)
        except SimulationError as error:
            raised[error.ids] = True
        # Counters go back to zero when a simulation is reset, as every diverged one is.
        return np.asarray(raised | (self.batch.warning[:, :, 1] > 0).any(axis=1))

    def open_camera(self, robot: int = 0, *, width: int = 640, height: int = 480) -> Camera:
        """Return a camera that films one robot with MuJoCo's renderer; see `TaskEnv.open_camera`."""
        from tuner.simulators.mujoco._camera import MujocoCamera

        return MujocoCamera(
            self._model_file, lambda: self.qpos[robot], lambda: self.arrows(robot), width=width, height=height
        )

    def arrows(self, robot: int) -> list[Arrow]:
        """Return the arrows that pictures of a robot show; none by default."""
        return []

    def close(self) -> None:
        """Free the simulations and their threads."""
        self.batch = None

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of this object. Robots have no attributes of their own, so `indices` must be None."""
        if indices is not None:
            raise ValueError("The robots of this environment share all attributes; leave out indices.")
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        """Refuse, because robots are rows of arrays here and not objects with methods."""
        raise NotImplementedError(f"{type(self).__name__} has no environments of its own to call '{method_name}' on.")

    # States

    def get_state(self) -> BatchState:
        """Return a copy of everything that decides the future."""
        return BatchState(
            physics=self.batch.state.copy(),
            memory={name: array.copy() for name, array in self.memory.items()},
            random=(_generator_state(self.random), _generator_state(self._random_ages)),
            observations=self._observations.copy(),
        )

    def set_state(self, state: BatchState) -> Observations:
        """Go back to a state of this environment, or of another one of the same task and size.

        Returns:
            The observations that went with it, noise included, shape (num_envs, observation_dim).

        Raises:
            ValueError: if the state belongs to another task or number of robots.
        """
        if state.physics.shape != self.batch.state.shape or state.memory.keys() != self.memory.keys():
            raise ValueError("The state belongs to another task or another number of robots.")
        self.batch.state[:] = state.physics
        for name, array in self.memory.items():
            array[:] = state.memory[name]
        self.random.bit_generator.state, self._random_ages.bit_generator.state = state.random
        self.apply_startup()
        self._observations = state.observations.copy()
        return state.observations.copy()

    def _restart(self, ids: Ids) -> None:
        self.batch.reset(ids=ids, stage=mujoco.mjtStage.mjSTAGE_NONE.value)
        self.ages[ids] = 0
        self.restart(ids)
        self.measure(ids)
        self.refresh_commands(ids)


def _generator_state(generator: np.random.Generator) -> dict[str, Any]:
    return dict(generator.bit_generator.state)
