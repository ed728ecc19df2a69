"""SBX's SAC and TQC with a fused learner: the same updates, drawn, normalised and made in one compiled program."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import jax
import numpy as np

from tuner.agents.fused._acting import Acting
from tuner.agents.fused._collecting import Collecting
from tuner.agents.fused._initialization import compiled_initialization
from tuner.agents.fused._programs import LARGEST_DRAW, Keys, Numbers, Programs, Shape, programs_for, strong_types
from tuner.agents.fused._replay_buffer import Scaling
from tuner.agents.fused._saved_form import as_saved
from tuner.agents.fused._updates import Learned
from tuner.agents.shared.devices import acting_device
from tuner.agents.shared.parameters import gaussian_heads
from tuner.agents.stock._timed import TimedSAC, TimedTQC
from tuner.config import AgentConfig


class FusedLearner(Acting):
    """What the fused learner changes in an agent of SBX.

    `train` hands the update to the device and returns; the next rollout is collected meanwhile, with the policy as it
    was before that update. The next `train` waits for the device first, so the policy that acts is one train call old,
    never more, and a run depends on its seed and not on timing. Where acting has a device of its own it never waits.
    Where it shares one with learning, the update is handed over in parts, each right after the robots' actions were
    computed, so that it runs while the simulator steps; and by a thread, since a GPU's kernels are launched by whoever
    calls the program, which would otherwise keep the simulator waiting.

    Whoever needs the newest parameters, or wants the ledger's "learn" to be complete, calls `finish_updates` before.
    """

    critic_names: ClassVar[tuple[str, ...]]
    """The policy's attributes that hold its critics' train states."""
    _places_key: jax.Array
    _inputs: dict[str, Any]

    def _setup_model(self) -> None:
        with compiled_initialization(self):
            super()._setup_model()  # type: ignore[misc]

    def prepare(self, config: AgentConfig) -> None:
        """Make a freshly built agent ready to learn; to be called once, when its parameters are final.

        Args:
            config: what it was built from.
        """
        subject: Any = self
        self.choose_programs(config)
        self._hand_back(strong_types(self._learned()))
        self._places_key = jax.random.fold_in(subject.key, 0)
        self._noise_keys = self._for_acting(np.stack([self.policy.key, self.policy.noise_key]))
        self._acting = self._for_acting(self.policy.actor_state.params)
        self._calls_left = 0
        self._inputs = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="learner")
        self._handing_over = None
        self._probing = np.zeros(self.n_envs, dtype=np.bool_)
        self._probing[subject.probes] = True
        self._losses = None

    def choose_programs(self, config: AgentConfig) -> None:
        """Look up the compiled programs of an agent of this shape; a part of `prepare`."""
        self.config, self.bounds_penalty = config, config.bounds_penalty
        self._acting_device = acting_device()
        self._programs = programs_for(self._shape())

    @property
    def programs(self) -> Programs:
        """The compiled programs, shared with all agents of the same shape."""
        return self._programs

    def learning_arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return arguments and keywords of the learning program as they are now, with one key twice."""
        subject: Any = self
        return (*self._learned(), Keys(subject.key, subject.key)), self._current_inputs()

    def train(self, gradient_steps: int, batch_size: int) -> None:
        """Hand gradient steps to the device, once it has finished those before; booked to "learn".

        Args:
            gradient_steps: as the agent was built with.
            batch_size: likewise.
        """
        del batch_size
        subject: Any = self
        self.finish_updates()
        with self.ledger.account("learn"):
            self._acting = self._for_acting(self.policy.actor_state.params)
            self.replay_buffer.flush()
            self._inputs = self._current_inputs()
            self._calls_left = gradient_steps // self._programs.shape.gradient_steps
            if self._acting_device is not None:
                self._hand_over(self._calls_left)
            subject._n_updates += gradient_steps

    def finish_updates(self) -> None:
        """Wait until the device has made all updates; booked to "learn"."""
        with self.ledger.account("learn"):
            self._join()
            self._hand_over(self._calls_left)
            jax.block_until_ready(self._losses)  # type: ignore[no-untyped-call]

    def losses(self) -> dict[str, float]:
        """Return SBX's losses and entropy coefficient of the last update, waiting for it; empty before the first."""
        return {} if self._losses is None else {name: float(loss) for name, loss in self._losses._asdict().items()}

    def warm_up(self) -> None:
        """Compile and run every program once, on copies and on an empty memory; the agent stays as it is."""
        observations = np.zeros((self.n_envs, *self.observation_space.shape), dtype=np.float32)
        self.replay_buffer.warm_up()
        self._programs.act(self._acting, observations, self._probing, self._noise_keys, np.True_)
        self._programs.mode(self.policy.actor_state.params, observations)
        # Last, as another process may be compiling it: see `compile_ahead`.
        arguments, inputs = self.learning_arguments()
        self._programs.compile_learn(*strong_types(arguments), **inputs)
        jax.block_until_ready(self._programs.learn(*strong_types(arguments), **inputs))  # type: ignore[no-untyped-call]

    def _hand_over(self, calls: int) -> None:
        """Let the device make the gradient steps of so many calls of the learning program."""
        subject: Any = self
        for _ in range(calls):
            keys = Keys(self._places_key, subject.key)
            learned, keys, self._losses = self._programs.learn(*self._learned(), keys, **self._inputs)
            self._hand_back(learned)
            self._places_key, subject.key = keys
        self._calls_left -= calls

    def _join(self) -> None:
        """Wait until the thread has handed over what it was given; what went wrong in it is raised here."""
        if self._handing_over is not None:
            self._handing_over.result()
            self._handing_over = None

    def _for_acting(self, tree: Any) -> Any:
        """Return the arrays on the device that acts: copies, or the arrays themselves where it also learns."""
        return tree if self._acting_device is None else jax.device_put(tree, self._acting_device)

    def _current_inputs(self) -> dict[str, Any]:
        """Return what the learning program only reads, as it is now: the simulator changes the scaling meanwhile."""
        return {
            "memory": self.replay_buffer.memory,
            "filled": self.replay_buffer.filled,
            "scaling": self._scaling(),
            "numbers": self._numbers(),
        }

    def _shape(self) -> Shape:
        """Return what the programs are compiled for."""
        subject: Any = self
        policy, config = self.policy, self.config
        layers, action_dim = policy.actor_state.params["params"], subject.action_space.shape[0]
        return Shape(
            actor=policy.actor.clone(net_arch=tuple(policy.net_arch_pi)),  # a list could not be looked up
            critic=policy.qf.clone(net_arch=tuple(policy.net_arch_qf)),
            optimizer=policy.optimizer_class,
            optimizer_arguments=tuple(sorted((policy.optimizer_kwargs or {}).items())),
            target_quantiles=getattr(policy, "n_target_quantiles", None),
            batch_size=subject.batch_size,
            gradient_steps=self._steps_in_a_call(),
            policy_delay=subject.policy_delay,
            n_steps=subject.n_steps,
            precision=config.precision,
            widening=config.action_box_schedule is not None,
            penalizing=config.mean_penalty > 0,
            std_layer=None if config.squash else gaussian_heads(layers, action_dim)[1],
        )

    def _steps_in_a_call(self) -> int:
        """Return the gradient steps of one call: whole blocks of the policy delay that divide all steps evenly.

        As many as draw no more than `LARGEST_DRAW` transitions at once, but at least one block. Where acting shares the
        device, few enough for a call at every step of a rollout.
        """
        subject: Any = self
        if subject.gradient_steps < 0:
            subject.gradient_steps = subject.train_freq.frequency * self.n_envs  # what SBX means by -1
        blocks = subject.gradient_steps // subject.policy_delay
        most = max(LARGEST_DRAW // (subject.policy_delay * subject.batch_size), 1)
        if self._acting_device is None:
            most = min(most, max(blocks // subject.train_freq.frequency, 1))
        count = max(count for count in range(1, min(blocks, most) + 1) if blocks % count == 0)
        self._calls_per_step = -(-(blocks // count) // subject.train_freq.frequency)
        return int(count * subject.policy_delay)

    def _learned(self) -> Learned:
        """Return the agent's train states in the form that the programs take."""
        subject: Any = self
        critics = tuple(getattr(self.policy, name) for name in self.critic_names)
        return self._programs.adopt(self.policy.actor_state, critics, subject.ent_coef_state)

    def _hand_back(self, learned: Learned) -> None:
        """Put what was learned into the agent's own train states."""
        subject: Any = self
        self.policy.actor_state = _with_arrays(self.policy.actor_state, learned.actor)
        for name, critic in zip(self.critic_names, learned.critics, strict=True):
            setattr(self.policy, name, _with_arrays(getattr(self.policy, name), critic))
        subject.ent_coef_state = _with_arrays(subject.ent_coef_state, learned.entropy)

    def _numbers(self) -> Numbers:
        subject: Any = self
        rate = subject.lr_schedule(subject._current_progress_remaining)
        numbers = (
            subject.gamma,
            subject.tau,
            subject.target_entropy,
            rate,
            subject.initial_qf_learning_rate or rate,
            subject.lr_schedule(1),  # SBX's temperature keeps the rate it started with
            self.box_share(),
            self.config.mean_penalty,
        )
        return Numbers(*(np.float32(number) for number in numbers))  # type: ignore[arg-type]

    def _scaling(self) -> Scaling:
        """Return how observations are normalised now."""
        subject: Any = self
        normalize = subject._vec_normalize_env
        if normalize is None:
            dimensions = self.observation_space.shape
            parts = (np.zeros(dimensions), np.ones(dimensions), np.inf)
        else:
            statistics = normalize.obs_rms
            parts = (statistics.mean, np.sqrt(statistics.var + normalize.epsilon), normalize.clip_obs)
        return Scaling(*(np.asarray(part, dtype=np.float32) for part in parts))  # type: ignore[arg-type]

    def save(self, *arguments: Any, **keywords: Any) -> None:
        """Save as SBX does, once all updates are made, in the form in which plain SBX acts as the agent does."""
        self.finish_updates()
        with as_saved(self):
            super().save(*arguments, **keywords)  # type: ignore[misc]

    def _excluded_save_params(self) -> list[str]:
        # What plain SBX does not know and need not know to load the model; its own buffer is made anew.
        ours = [name for name in vars(self) if name in _OWN_ATTRIBUTES]
        return [*super()._excluded_save_params(), *ours, "replay_buffer_class", "replay_buffer_kwargs"]  # type: ignore[misc]


_OWN_ATTRIBUTES = {*FusedLearner.__annotations__, *Acting.__annotations__, *Collecting.__annotations__} - {
    "critic_names",
    "ledger",
    "policy",
    "n_envs",
    "observation_space",
    "replay_buffer",
}


class FusedSAC(FusedLearner, TimedSAC):
    """SBX's SAC with the fused learner; what it saves loads with `sbx.SAC.load`."""

    critic_names = ("qf_state",)


class FusedTQC(FusedLearner, TimedTQC):
    """SBX's TQC with the fused learner; what it saves loads with `sbx.TQC.load`."""

    critic_names = ("qf1_state", "qf2_state")


FUSED_CLASSES: dict[str, Any] = {"sac": FusedSAC, "tqc": FusedTQC}
"""The class that trials train with the fused learner, for each algorithm that has one."""


def _with_arrays(state: Any, source: Any) -> Any:
    """Return a train state with the arrays of another and its own functions."""
    return source.replace(apply_fn=state.apply_fn, tx=state.tx)
