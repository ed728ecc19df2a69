"""What an agent is: algorithm, its arguments in SBX's own names, network, normalisation and action box."""

import math
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import Discriminator, Field, JsonValue, Tag, model_validator

from tuner.config._types import Frozen, Listed, PositiveCount, PositiveSeconds
from tuner.errors import UserError

Algorithm = Literal["sac", "tqc", "ppo", "td3", "crossq"]
OFF_POLICY: frozenset[str] = frozenset({"sac", "tqc", "td3", "crossq"})
"""Algorithms that learn from a replay buffer; only they can have probe robots."""

LayerSizes = Annotated[tuple[PositiveCount, ...], Field(min_length=1), Listed]
Bounds = Annotated[tuple[float, ...], Field(min_length=1), Listed]


def _shape(value: object) -> str:
    """Say which of a number and a list was meant, so that a mistake is described as one of that, and not of both."""
    return "list" if isinstance(value, list | tuple) else "float"


_Std = Annotated[float, Field(gt=0, le=1000)]
Stds = Annotated[
    Annotated[_Std, Tag("float")] | Annotated[tuple[_Std, ...], Field(min_length=1), Listed, Tag("list")],
    Discriminator(_shape),
]
"""Standard deviations: one number for every action dimension, or one for each."""
_Range = Annotated[
    Annotated[float, Field(gt=0), Tag("float")] | Annotated[tuple[float, float], Listed, Tag("list")],
    Discriminator(_shape),
]


class Network(Frozen):
    """Actor and critic networks and the optimiser that trains them."""

    kind: Literal["mlp", "simba"] = "mlp"
    """`simba` is the residual network of https://arxiv.org/abs/2410.09754, one block per entry of `pi` and `qf`."""
    pi: LayerSizes = (256, 256)
    """Hidden layer sizes of the actor."""
    qf: LayerSizes = (256, 256)
    """Hidden layer sizes of each critic (of the value function for PPO)."""
    activation: Literal["relu", "elu", "silu", "tanh"] = "relu"
    layer_norm: bool = False
    """Layer normalisation in the critic."""
    n_critics: PositiveCount = 2
    optimizer: Literal["adam", "adamw"] = "adam"
    optimizer_arguments: dict[str, float] = Field(default_factory=dict)
    """Arguments of the optax optimiser other than the learning rate, such as b2 or weight_decay."""


class ActionBox(Frozen):
    """Absolute action bounds, one number per action dimension."""

    low: Bounds
    high: Bounds

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if len(self.low) != len(self.high):
            raise ValueError(f"low has {len(self.low)} dimensions but high has {len(self.high)}")
        for index, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            if low >= high:
                raise ValueError(f"dimension {index} has low {low} which is not below high {high}")
        return self


class Joints(Protocol):
    """What is known of the joints that a task's actions command, one entry for each action dimension."""

    @property
    def names(self) -> tuple[str, ...]:
        """The joints' names."""
        ...

    @property
    def scale(self) -> tuple[float, ...]:
        """How many rad of joint target a unit of action is, above zero."""
        ...


class JointBox(Frozen):
    """An action box about the default pose, given by the joints' names: for tasks whose actions are joint targets."""

    ranges: dict[str, _Range] = Field(min_length=1)
    """By a regular expression that matches joints' whole names, as in Isaac Lab (`.*_hip_joint`): how far from the
    default pose, to either side, or a pair of both ends. Every joint must be matched by exactly one."""
    unit: Literal["degrees", "action"] = "degrees"
    """Of the ranges: degrees of joint target, or the action's own units."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for pattern, ends in self.ranges.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"'{pattern}' is not a regular expression: {error}") from error
            if isinstance(ends, tuple) and ends[0] >= ends[1]:
                raise ValueError(f"'{pattern}' goes from {ends[0]:g} to {ends[1]:g}: give the lower end first")
        return self

    def box(self, joints: Joints | None) -> ActionBox:
        """Return the box in the action's own units.

        Raises:
            UserError: if the task's actions are not joint targets, a joint is matched by no expression or by several,
                or an expression matches none.
        """
        if joints is None:
            raise UserError(
                "The agent's joint_box names joints, but this task's actions are not known to be joint targets. Give "
                "action_box or action_bound_fraction instead."
            )
        unused = [pattern for pattern in self.ranges if not any(re.fullmatch(pattern, name) for name in joints.names)]
        if unused:
            raise UserError(
                f"The agent's joint_box has '{unused[0]}', which matches none of the task's joints: "
                f"{', '.join(joints.names)}."
            )
        low, high = [], []
        for name, radians in zip(joints.names, joints.scale, strict=True):
            ends = self._ends(name)
            per_unit = math.degrees(radians) if self.unit == "degrees" else 1.0
            low.append(ends[0] / per_unit)
            high.append(ends[1] / per_unit)
        return ActionBox(low=tuple(low), high=tuple(high))

    def _ends(self, name: str) -> tuple[float, float]:
        """Return the ends of one joint's range, in the box's own unit."""
        matching = [pattern for pattern in self.ranges if re.fullmatch(pattern, name)]
        if len(matching) != 1:
            found = "by none" if not matching else "by " + " and ".join(f"'{pattern}'" for pattern in matching)
            raise UserError(
                f"Joint '{name}' is matched {found} of the expressions in the agent's joint_box. Give exactly one "
                "expression for each joint."
            )
        ends = self.ranges[matching[0]]
        return ends if isinstance(ends, tuple) else (-ends, ends)


class BoxSchedule(Frozen):
    """An action box that widens: after t seconds its share of the full box is start^(1 − t/seconds)."""

    start: float = Field(gt=0, lt=1)
    """Share of the agent's action box, about its centre, when training starts."""
    seconds: PositiveSeconds
    """Training clock at which the box reaches its full size."""


class EntropySchedule(Frozen):
    """A target entropy that falls in a straight line, and with it the noise: from the σ of `target_entropy_std` to
    `final_std`. The fall begins once the exploring robots have learned something, whenever that is.

    It is counted in environment steps and not in seconds, so that it is the same fall on every machine.
    """

    final_std: Stds
    """σ at the end, in the agent's `std_unit`."""
    start_return: float | None = None
    """Return of the exploring robots until which nothing changes, as the ticks estimate it; None does not wait."""
    start_steps: int = Field(default=0, ge=0)
    """Environment steps, over all robots, until which nothing changes."""
    fall_steps: PositiveCount
    """How long the fall takes, in environment steps over all robots."""

    def progress(self, steps: float) -> float:
        """Return how much of the way the entropy has fallen so many steps after its fall began, between 0 and 1."""
        return min(max(steps / self.fall_steps, 0.0), 1.0)


class BoundsPenalty(Frozen):
    """What the learner's reward loses near the bounds: weight · mean over dimensions of max(0, (|a| − m)/(1 − m))²."""

    weight: float = Field(gt=0)
    """Reward lost in a step whose action lies at the bounds in every dimension."""
    margin: float = Field(default=0.8, ge=0, lt=1)
    """m: nothing is lost up to this share of the way from the box's centre to its bounds."""


_LINEAR = re.compile(r"lin_(?P<start>[0-9.]+(?:[eE][-+]?[0-9]+)?)")


def linear_start(value: object) -> float | None:
    """Return where a schedule such as `lin_7.3e-4` starts, and None for anything else.

    It falls in a straight line to zero, as in RL Zoo, which has this notation:
    https://rl-baselines3-zoo.readthedocs.io/en/master/guide/config.html. Here it falls with the training clock: at
    a quarter of the budget's seconds it is three quarters of where it started.
    """
    match = _LINEAR.fullmatch(value) if isinstance(value, str) else None
    try:
        start = float(match["start"]) if match else 0.0
    except ValueError:  # two points
        return None
    return start if 0 < start < math.inf else None


UNREACHED = 1e6
"""The ends of the box of a PPO agent where the task's box is infinite."""


class AgentConfig(Frozen):
    """One agent, complete: enough to train it elsewhere once the action box is resolved."""

    algorithm: Algorithm
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    """Constructor arguments of the SBX class, in SBX's own names; arguments left out keep SBX's default. A
    `learning_rate` such as `lin_7.3e-4` falls to zero over the budget: see `linear_start`."""
    learner: Literal["fused", "stock"] = "fused"
    """What updates SAC and TQC: the fused learner, which makes the same updates in one compiled program, or SBX's own
    `train`. The other algorithms always use SBX's own."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Precision of the fused learner's matrix products; parameters and sums are float32 either way. A trial on a device
    without units for bfloat16 trains in float32."""
    network: Network = Network()
    initial_std: Stds | None = None
    """Standard deviation of the untrained actor before squashing; None keeps SBX's own (about 1). SAC, TQC, PPO."""
    target_entropy_std: Stds | None = None
    """Target entropy given as the σ of a Gaussian of that entropy: H = Σ ½ · ln(2πe·σ²). SAC and TQC."""
    target_entropy_schedule: EntropySchedule | None = None
    """Lets the target entropy fall: much noise finds out what pays, little shows what is left without it. SAC and TQC,
    fused learner."""
    std_unit: Literal["box", "action", "degrees"] = "box"
    """Unit of `initial_std`, `target_entropy_std` and the schedule's `final_std`: half the action box (for PPO, which
    has no bounds of its own, the action's own units), the action's own units, or degrees of joint target. The same
    noise in degrees is the same noise in every box."""
    normalize_observations: bool = True
    clip_observations: float = Field(default=10.0, gt=0)
    """Normalised observations are clipped to ± this."""
    action_bound_fraction: float | None = Field(default=None, gt=0, le=1)
    """Share of the task's own action box, about its centre; None once `action_box` is given."""
    action_box: ActionBox | None = None
    """The agent's action box in the task's own units; this is what is recorded and exported."""
    joint_box: JointBox | None = None
    """The agent's action box by the joints' names; None once `action_box` is given."""
    action_box_schedule: BoxSchedule | None = None
    """Lets the action box widen over the training clock. SAC and TQC, fused learner."""
    bounds_penalty: BoundsPenalty | None = None
    """Keeps actions away from the bounds. Only the learner sees it; reported returns do not include it. SAC and TQC,
    fused learner."""
    squash: bool = True
    """False makes the actor a plain Gaussian, without tanh and with a standard deviation that is the same in every
    state; the action box is then a unit and not a bound. SAC and TQC, fused learner."""
    mean_penalty: float = Field(default=0.0, ge=0)
    """Weight, in the actor's loss, of the mean of the squared means before squashing, which keeps tanh out of
    saturation. If the actor is not squashed, its means are taken in units of half the action box. SAC and TQC."""
    critics_for_actor: Literal["min", "mean"] = "min"
    """Which of the critics' values the actor maximises; the critics' own targets take the minimum either way. The mean
    is less cautious. SAC; TQC always takes the mean."""
    max_ent_coef: float | None = Field(default=None, gt=0)
    """The entropy coefficient that SBX tunes never exceeds this: where rewards are small, a larger one makes every step
    alive cost more than it earns. SAC and TQC."""
    alive_bonus: float = Field(default=0.0, ge=0)
    """Added to the learner's reward of every step that does not end in failure, in the unit of rewards. Only the
    learner sees it; reported returns do not include it. SAC and TQC, fused learner."""

    @model_validator(mode="after")
    def _one_source_of_bounds(self) -> Self:
        given = [
            name for name in ("action_bound_fraction", "action_box", "joint_box") if getattr(self, name) is not None
        ]
        if len(given) > 1:
            raise ValueError(f"give {' or '.join(given)}, not {'both' if len(given) == 2 else 'all of them'}")
        return self

    @model_validator(mode="after")
    def _entropy_to_start_from(self) -> Self:
        if self.target_entropy_schedule is not None and self.target_entropy_std is None:
            raise ValueError("target_entropy_schedule needs the σ that it starts from: give target_entropy_std as well")
        return self

    @property
    def off_policy(self) -> bool:
        """Whether the algorithm learns from a replay buffer."""
        return self.algorithm in OFF_POLICY

    def resolved(self, low: Sequence[float], high: Sequence[float], joints: Joints | None = None) -> "AgentConfig":
        """Return the same agent with its action box as absolute numbers, and standard deviations in units of it.

        PPO explores with a Gaussian of its own units, so on an infinite box it trains without bounds: it gets a box
        whose ends no action reaches.

        Args:
            low: lower bounds of the task's own box, shape (action_dim,).
            high: upper bounds of the task's own box, shape (action_dim,).
            joints: the joints that the actions command, if they are joint targets.

        Raises:
            UserError: if the task's box is infinite and the agent, which is not PPO, has none of its own; if the task's
                box leaves an action no choice; if the agent's box has the wrong length; or if something is given by
                joint or in degrees and does not fit the task.
        """
        agent = self
        if agent.joint_box is not None:
            agent = agent.model_copy(update={"action_box": agent.joint_box.box(joints), "joint_box": None})
        return agent._with_box(low, high)._with_stds_in_box_units(joints)

    def _with_stds_in_box_units(self, joints: Joints | None) -> "AgentConfig":
        """Return the same agent with σ in units of half the action box, of an agent whose box is known."""
        if self.action_box is None:
            return self
        halves = [(high - low) / 2 for low, high in zip(self.action_box.low, self.action_box.high, strict=True)]
        if self.std_unit == "box" or self.algorithm == "ppo":
            halves = [1.0] * len(halves)
        if self.std_unit == "degrees":
            if joints is None:
                raise UserError(
                    "The agent's std_unit is degrees, but this task's actions are not known to be joint targets. Give "
                    "std_unit: action or std_unit: box."
                )
            halves = [half * math.degrees(radians) for half, radians in zip(halves, joints.scale, strict=True)]
        update = {name: _in_units(name, getattr(self, name), halves) for name in ("initial_std", "target_entropy_std")}
        if self.target_entropy_schedule is not None:
            final = _in_units("final_std", self.target_entropy_schedule.final_std, halves)
            update["target_entropy_schedule"] = self.target_entropy_schedule.model_copy(update={"final_std": final})
        return self.model_copy(update={**update, "std_unit": "box"})

    def _with_box(self, low: Sequence[float], high: Sequence[float]) -> "AgentConfig":
        """Return the same agent with its action box as absolute numbers; arguments as in `resolved`."""
        if self.action_box is not None:
            if len(self.action_box.low) != len(low):
                raise UserError(
                    f"The agent's action box has {len(self.action_box.low)} dimensions, the task's has {len(low)}. "
                    "Give one pair of bounds for each action dimension."
                )
            return self
        for index, (least, most) in enumerate(zip(low, high, strict=True)):
            if least >= most:
                raise UserError(
                    f"The task's action box goes from {least:g} to {most:g} in dimension {index}, so that there is "
                    "nothing to learn. Leave that action out of the task's action space, or widen its bounds there."
                )
        if not all(math.isfinite(bound) for bound in (*low, *high)):
            if self.algorithm != "ppo" or self.action_bound_fraction not in (None, 1.0):
                raise UserError(_infinite_box(len(low)))
            low, high = [max(bound, -UNREACHED) for bound in low], [min(bound, UNREACHED) for bound in high]
        fraction = 1.0 if self.action_bound_fraction is None else self.action_bound_fraction
        # float first: spaces hold float32, whose arithmetic would round the box
        bounds = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
        centres = [(a + b) / 2 for a, b in bounds]
        halves = [(b - a) / 2 * fraction for a, b in bounds]
        box = ActionBox(
            low=tuple(c - h for c, h in zip(centres, halves, strict=True)),
            high=tuple(c + h for c, h in zip(centres, halves, strict=True)),
        )
        return self.model_copy(update={"action_box": box, "action_bound_fraction": None})

    def reordered(self, places: Sequence[int]) -> "AgentConfig":
        """Return the same agent for a task with its actions in another order.

        Args:
            places: for each action of the task, its place among this agent's, shape (action_dim,).
        """

        def moved(values: Any) -> Any:
            return tuple(values[place] for place in places) if isinstance(values, tuple) else values

        update = {name: moved(getattr(self, name)) for name in ("initial_std", "target_entropy_std")}
        if self.action_box is not None:
            update["action_box"] = ActionBox(low=moved(self.action_box.low), high=moved(self.action_box.high))
        if self.target_entropy_schedule is not None:
            final = moved(self.target_entropy_schedule.final_std)
            update["target_entropy_schedule"] = self.target_entropy_schedule.model_copy(update={"final_std": final})
        return self.model_copy(update=update)

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as a JSON-safe dictionary."""
        return self.model_dump(mode="json")


def _in_units(name: str, stds: float | tuple[float, ...] | None, units: Sequence[float]) -> Any:
    """Return standard deviations divided by one unit for each action dimension; one number where all are equal."""
    if stds is None:
        return None
    each = stds if isinstance(stds, tuple) else (stds,) * len(units)
    if len(each) != len(units):
        raise UserError(
            f"{name} has {len(each)} numbers, but the task has {len(units)} action dimensions. Give one number for all "
            "of them, or one for each."
        )
    scaled = tuple(std / unit for std, unit in zip(each, units, strict=True))
    return scaled[0] if len(set(scaled)) == 1 else scaled


def _infinite_box(dimensions: int) -> str:
    """Return the message for an infinite box of the task and an agent without a box of its own."""
    shape = "one dimension" if dimensions == 1 else f"{dimensions} dimensions"
    return (
        f"The task's action box, of {shape}, is not finite, and the agent has no bounds of its own to learn within. "
        "Measure some with: tuner bounds TASK --pretrain ppo -o bounds.yaml; then name them in the study file: "
        "action_bounds: bounds.yaml."
    )
