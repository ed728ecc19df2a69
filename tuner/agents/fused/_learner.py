"""The learner of an agent of SBX: acts for all robots and makes the updates, both with compiled programs."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ClassVar, Protocol

import jax
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.type_aliases import Schedule, TrainFreq
from stable_baselines3.common.vec_env import VecNormalize

from tuner.agents.fused._box_alternatives import box_share
from tuner.agents.fused._programs import LARGEST_DRAW, Keys, Numbers, Shape, programs_for, strong_types
from tuner.agents.fused._replay_buffer import DeviceReplayBuffer, Scaling
from tuner.agents.fused._update_rules import Learned, Losses
from tuner.agents.shared.devices import acting_device
from tuner.agents.shared.parameters import gaussian_heads, target_entropy
from tuner.clock import Ledger
from tuner.config import AgentConfig


class LearningAgent(Protocol):
    """What a learner uses of its agent. The learner writes the train states and `key`; it only reads the rest."""

    critic_names: ClassVar[tuple[str, ...]]
    """The policy's attributes that hold its critics' train states."""
    ledger: Ledger
    probes: npt.NDArray[np.intp]
    replay_buffer: DeviceReplayBuffer
    # From here on as in SBX and Stable-Baselines3.
    policy: Any
    ent_coef_state: Any
    key: jax.Array
    n_envs: int
    observation_space: spaces.Box
    action_space: spaces.Box
    train_freq: TrainFreq
    gradient_steps: int
    batch_size: int
    policy_delay: int
    n_steps: int
    gamma: float
    tau: float
    target_entropy: float
    lr_schedule: Schedule
    num_timesteps: int
    steps_before: int
    entropy_falls_from: int | None
    initial_qf_learning_rate: float | None
    _current_progress_remaining: float
    _vec_normalize_env: VecNormalize | None

    @property
    def seconds_left(self) -> float:
        """What is left of the budget on the training clock; infinite without one."""
        ...


class FusedLearner:
    """Acts and learns for one agent.

    `train` hands the update to the device and returns; the next rollout is collected meanwhile, with the policy as it
    was before that update. The next `train` waits for the device first. So the policy that acts is one train call old,
    never more, and a run depends on its seed and not on timing. Where acting has a device of its own it never waits.
    Where it shares one with learning, the update is handed over in parts, each right after the robots' actions were
    computed, so that it runs while the simulator steps. A thread hands them over: a GPU's kernels are launched by the
    thread that calls the program, which would otherwise keep the simulator waiting.

    Call `finish_updates` before reading the newest parameters, or the ledger's "learn".
    """

    def __init__(self, agent: LearningAgent, config: AgentConfig) -> None:
        """Look up the compiled programs of an agent of this shape; call `start` next.

        Args:
            agent: built with `DeviceReplayBuffer`. Only its sizes are read here, so JAX may be tracing it.
            config: what it was built from.
        """
        self.config = config
        self.redraw_noise = True
        """Whether the next action draws new exploration noise, or holds each robot's last."""
        self.probing: npt.NDArray[np.bool_] = np.zeros(agent.n_envs, dtype=np.bool_)
        """The robots that act deterministically, shape (robots,)."""
        self.acting_parameters: Any
        """The actor's parameters that act, as of before the last train call."""
        self.places_key: jax.Array
        """The random key for drawing the next batches."""
        self._noise_keys: jax.Array
        self._agent = agent
        self._acting_device = acting_device()
        blocks = agent.gradient_steps // agent.policy_delay
        blocks_in_a_call = self._blocks_in_a_call(blocks)
        self.calls_per_step = -(-(blocks // blocks_in_a_call) // agent.train_freq.frequency)
        """Calls of the learning program handed over after each step's actions, where acting shares the device."""
        self.programs = programs_for(self._shape(blocks_in_a_call * agent.policy_delay))
        """The compiled programs, shared with all agents of the same shape."""
        self._calls_left = 0
        self._call_seconds = 0.0
        """How long a call of the learning program took when it was warmed up."""
        self._inputs: dict[str, Any] = {}
        self._losses: Losses | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="learner")
        self._handing_over: Future[None] | None = None

    def start(self) -> None:
        """Take the agent's parameters, keys and probes as they are now; call it once, when these are final."""
        agent = self._agent
        self._hand_back(strong_types(self._learned()))
        self.places_key = jax.random.fold_in(agent.key, 0)
        self._noise_keys = self._for_acting(np.stack([agent.policy.key, agent.policy.noise_key]))
        self.acting_parameters = self._for_acting(agent.policy.actor_state.params)
        self.probing[agent.probes] = True

    def warm_up(self) -> None:
        """Compile and run every program once, on copies and on an empty memory; the agent does not change."""
        agent = self._agent
        observations = np.zeros((agent.n_envs, *agent.observation_space.shape), dtype=np.float32)
        agent.replay_buffer.warm_up()
        self.programs.act(self.acting_parameters, observations, self.probing, self._noise_keys, np.True_)
        self.programs.mode(agent.policy.actor_state.params, observations)
        # Last, as another process may be compiling it: see `compile_ahead`.
        arguments, inputs = self.learning_arguments()
        self.programs.compile_learn(*strong_types(arguments), **inputs)
        before = agent.ledger.elapsed_seconds
        jax.block_until_ready(self.programs.learn(*strong_types(arguments), **inputs))  # type: ignore[no-untyped-call]
        self._call_seconds = agent.ledger.elapsed_seconds - before

    def act(self, observations: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return the policy's actions, and hand over the next part of the update where acting shares the device.

        Args:
            observations: of all robots, normalised, shape (robots, observation_dim).

        Returns:
            Actions scaled to the part of the box that is open as [-1, 1], shape (robots, action_dim): exploring, or
            deterministic for probes.
        """
        shared = self._acting_device is None
        if shared:
            with self._agent.ledger.account("learn"):
                self._join()
                jax.block_until_ready(self._losses)  # type: ignore[no-untyped-call]
        drawn, self._noise_keys = self.programs.act(
            self.acting_parameters, observations, self.probing, self._noise_keys, np.bool_(self.redraw_noise)
        )
        actions = np.array(drawn)
        calls = min(self._calls_left, self.calls_per_step)
        if shared and calls:
            self._handing_over = self._thread.submit(self._hand_over, calls)
        return actions

    def train(self, gradient_steps: int) -> int:
        """Hand gradient steps to the device, once it has finished those before; booked to "learn".

        Args:
            gradient_steps: as many as the agent was built with.

        Returns:
            How many were handed over: fewer at the end of the budget, so that the trial does not overrun it.
        """
        self.finish_updates()
        with self._agent.ledger.account("learn"):
            self.acting_parameters = self._for_acting(self._agent.policy.actor_state.params)
            self._agent.replay_buffer.flush()
            self._inputs = self._current_inputs()
            steps_in_a_call = self.programs.shape.gradient_steps
            calls = self._calls_left = self._that_fit(gradient_steps // steps_in_a_call)
            if self._acting_device is not None:
                self._hand_over(self._calls_left)
        return calls * steps_in_a_call

    def finish_updates(self) -> None:
        """Wait until the device has made all updates; booked to "learn"."""
        with self._agent.ledger.account("learn"):
            self._join()
            self._hand_over(self._calls_left)
            jax.block_until_ready(self._losses)  # type: ignore[no-untyped-call]

    def losses(self) -> dict[str, float]:
        """Return SBX's losses and entropy coefficient of the last update, waiting for it; empty before the first."""
        return {} if self._losses is None else {name: float(loss) for name, loss in self._losses._asdict().items()}

    @property
    def acts_as_sbx(self) -> bool:
        """Whether SBX's own `predict` gives the policy's actions: squashed, and into the whole box."""
        return self.config.squash and self.config.action_box_schedule is None

    def predict(self, observations: npt.NDArray[Any], *, deterministic: bool) -> npt.NDArray[np.float32]:
        """Return the newest policy's actions in the task's units, shape (rows, action_dim).

        Args:
            observations: normalised, shape (rows, observation_dim).
            deterministic: the mean, or drawn as the policy explores.
        """
        policy = self._agent.policy
        if deterministic:
            drawn = self.programs.mode(policy.actor_state.params, observations)
        else:
            policy.reset_noise()
            drawn = self.programs.draw(policy.actor_state.params, observations, policy.noise_key)
        actions: npt.NDArray[np.float32] = policy.unscale_action(self.within_box(np.array(drawn)))
        return actions

    def target_entropy(self) -> float:
        """Return the target entropy that holds now, in nats, of actions in units of half the action box."""
        agent, schedule = self._agent, self.config.target_entropy_schedule
        if schedule is None:
            return agent.target_entropy
        begun = schedule.start_steps if schedule.start_return is None else agent.entropy_falls_from
        if begun is None:
            return agent.target_entropy
        final = target_entropy(schedule.final_std, agent.action_space.shape[0])
        fallen = schedule.progress(agent.steps_before + agent.num_timesteps - begun)
        return agent.target_entropy + fallen * (final - agent.target_entropy)

    def observe_return(self, exploring: float) -> None:
        """Let the target entropy begin to fall, if it waits for this return of the exploring robots."""
        agent, schedule = self._agent, self.config.target_entropy_schedule
        if schedule is None or schedule.start_return is None or agent.entropy_falls_from is not None:
            return
        steps = agent.steps_before + agent.num_timesteps
        if exploring >= schedule.start_return and steps >= schedule.start_steps:
            agent.entropy_falls_from = steps

    def box_share(self) -> float:
        """Return the share of the action box that is open now."""
        schedule = self.config.action_box_schedule
        return 1.0 if schedule is None else box_share(schedule, self._agent.ledger.training_seconds)

    def within_box(self, actions: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return actions scaled to the part of the box that is open as actions scaled to the whole."""
        if self.config.action_box_schedule is None:
            return actions
        return actions * np.float32(self.box_share())

    def learning_arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return arguments and keywords of the learning program as they are now, with one key twice."""
        return (*self._learned(), Keys(self._agent.key, self._agent.key)), self._current_inputs()

    def _that_fit(self, calls: int) -> int:
        """Return how many of so many calls of the learning program fit into what is left of the budget."""
        left = self._agent.seconds_left
        if calls * self._call_seconds <= left:
            return calls
        return max(0, int(left / self._call_seconds)) if self._call_seconds else 0

    def _hand_over(self, calls: int) -> None:
        """Let the device make the gradient steps of so many calls of the learning program."""
        agent = self._agent
        for _ in range(calls):
            keys = Keys(self.places_key, agent.key)
            learned, keys, self._losses = self.programs.learn(*self._learned(), keys, **self._inputs)
            self._hand_back(learned)
            self.places_key, agent.key = keys
        self._calls_left -= calls

    def _join(self) -> None:
        """Wait until the thread has handed over what it was given; errors in it are raised here."""
        if self._handing_over is not None:
            self._handing_over.result()
            self._handing_over = None

    def _for_acting(self, tree: Any) -> Any:
        """Return the arrays on the device that acts: copies, or the arrays themselves where it also learns."""
        return tree if self._acting_device is None else jax.device_put(tree, self._acting_device)

    def _learned(self) -> Learned:
        """Return the agent's train states in the form that the programs take."""
        policy = self._agent.policy
        critics = tuple(getattr(policy, name) for name in self._agent.critic_names)
        return self.programs.adopt(policy.actor_state, critics, self._agent.ent_coef_state)

    def _hand_back(self, learned: Learned) -> None:
        """Put what was learned into the agent's own train states."""
        agent, policy = self._agent, self._agent.policy
        policy.actor_state = _with_arrays(policy.actor_state, learned.actor)
        for name, critic in zip(agent.critic_names, learned.critics, strict=True):
            setattr(policy, name, _with_arrays(getattr(policy, name), critic))
        agent.ent_coef_state = _with_arrays(agent.ent_coef_state, learned.entropy)

    def _current_inputs(self) -> dict[str, Any]:
        """Return what the learning program only reads, in its current state: the simulator changes the scaling."""
        buffer = self._agent.replay_buffer
        return {
            "memory": buffer.memory,
            "filled": buffer.filled,
            "scaling": self._scaling(),
            "numbers": self._numbers(),
        }

    def _numbers(self) -> Numbers:
        agent = self._agent
        rate = agent.lr_schedule(agent._current_progress_remaining)
        numbers = (
            agent.gamma,
            agent.tau,
            self.target_entropy(),
            rate,
            agent.initial_qf_learning_rate or rate,
            agent.lr_schedule(1),  # SBX's temperature keeps the rate it started with
            self.box_share(),
            self.config.mean_penalty,
            self.config.max_ent_coef or np.inf,
        )
        return Numbers(*(np.float32(number) for number in numbers))  # type: ignore[arg-type]

    def _scaling(self) -> Scaling:
        """Return how observations are normalised now."""
        normalize = self._agent._vec_normalize_env
        if normalize is None:
            dimensions = self._agent.observation_space.shape
            parts: tuple[Any, ...] = (np.zeros(dimensions), np.ones(dimensions), np.inf)
        else:
            statistics: Any = normalize.obs_rms
            parts = (statistics.mean, np.sqrt(statistics.var + normalize.epsilon), normalize.clip_obs)
        return Scaling(*(np.asarray(part, dtype=np.float32) for part in parts))  # type: ignore[arg-type]

    def _shape(self, gradient_steps: int) -> Shape:
        """Return what the programs are compiled for, with so many gradient steps in a call."""
        agent, policy, config = self._agent, self._agent.policy, self.config
        layers, action_dim = policy.actor_state.params["params"], agent.action_space.shape[0]
        return Shape(
            actor=policy.actor.clone(net_arch=tuple(policy.net_arch_pi)),  # a list could not be looked up
            critic=policy.qf.clone(net_arch=tuple(policy.net_arch_qf)),
            optimizer=policy.optimizer_class,
            optimizer_arguments=tuple(sorted((policy.optimizer_kwargs or {}).items())),
            target_quantiles=getattr(policy, "n_target_quantiles", None),
            batch_size=agent.batch_size,
            gradient_steps=gradient_steps,
            policy_delay=agent.policy_delay,
            n_steps=agent.n_steps,
            precision=config.precision,
            widening=config.action_box_schedule is not None,
            penalizing=config.mean_penalty > 0,
            mean_for_actor=config.critics_for_actor == "mean",
            std_layer=None if config.squash else gaussian_heads(layers, action_dim)[1],
        )

    def _blocks_in_a_call(self, blocks: int) -> int:
        """Return how many blocks of the policy delay one call makes; all calls of a train call make equally many.

        As many as draw no more than `LARGEST_DRAW` transitions at once, but at least one. Where acting shares the
        device, few enough for a call at every step of a rollout.
        """
        agent = self._agent
        most = max(LARGEST_DRAW // (agent.policy_delay * agent.batch_size), 1)
        if self._acting_device is None:
            most = min(most, max(blocks // agent.train_freq.frequency, 1))
        return max(count for count in range(1, min(blocks, most) + 1) if blocks % count == 0)


def _with_arrays(state: Any, source: Any) -> Any:
    """Return a train state with the arrays of another and its own functions."""
    return source.replace(apply_fn=state.apply_fn, tx=state.tx)
