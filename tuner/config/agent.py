"""What an agent is: algorithm, its arguments in SBX's own names, network, normalisation and action box."""

import math
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from tuner.config._types import Frozen, Listed, PositiveCount, PositiveSeconds
from tuner.errors import UserError

Algorithm = Literal["sac", "tqc", "ppo", "td3", "crossq"]
OFF_POLICY: frozenset[str] = frozenset({"sac", "tqc", "td3", "crossq"})
"""Algorithms that learn from a replay buffer; only they can have probe robots."""

LayerSizes = Annotated[tuple[PositiveCount, ...], Field(min_length=1), Listed]
Bounds = Annotated[tuple[float, ...], Field(min_length=1), Listed]


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


class BoxSchedule(Frozen):
    """An action box that widens: after t seconds its share of the full box is start^(1 − t/seconds)."""

    start: float = Field(gt=0, lt=1)
    """Share of the agent's action box, about its centre, when training starts."""
    seconds: PositiveSeconds
    """Training clock at which the box reaches its full size."""


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
    initial_std: float | None = Field(default=None, gt=0, le=10)
    """Standard deviation of the untrained actor before squashing; None keeps SBX's own (about 1). SAC, TQC, PPO."""
    target_entropy_std: float | None = Field(default=None, gt=0, le=10)
    """Target entropy given as the σ of a Gaussian of that entropy: H = d/2 · ln(2πe·σ²). SAC and TQC."""
    normalize_observations: bool = True
    clip_observations: float = Field(default=10.0, gt=0)
    """Normalised observations are clipped to ± this."""
    action_bound_fraction: float | None = Field(default=None, gt=0, le=1)
    """Share of the task's own action box, about its centre; None once `action_box` is given."""
    action_box: ActionBox | None = None
    """The agent's action box in the task's own units; this is what is recorded and exported."""
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

    @model_validator(mode="after")
    def _one_source_of_bounds(self) -> Self:
        if self.action_box is not None and self.action_bound_fraction is not None:
            raise ValueError("give action_bound_fraction or action_box, not both")
        return self

    @property
    def off_policy(self) -> bool:
        """Whether the algorithm learns from a replay buffer."""
        return self.algorithm in OFF_POLICY

    def resolved(self, low: Sequence[float], high: Sequence[float]) -> "AgentConfig":
        """Return the same agent with its action box as absolute numbers.

        PPO explores with a Gaussian of its own units, so on an infinite box it trains without bounds: it gets a box
        whose ends no action reaches.

        Args:
            low: lower bounds of the task's own box, shape (action_dim,).
            high: upper bounds of the task's own box, shape (action_dim,).

        Raises:
            UserError: if the task's box is infinite and the agent, which is not PPO, has none of its own; if the task's
                box leaves an action no choice; or if the agent's box has the wrong length.
        """
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

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as a JSON-safe dictionary."""
        return self.model_dump(mode="json")


def _infinite_box(dimensions: int) -> str:
    """Return the message for an infinite box of the task and an agent without a box of its own."""
    shape = "one dimension" if dimensions == 1 else f"{dimensions} dimensions"
    return (
        f"The task's action box, of {shape}, is not finite, and the agent has no bounds of its own to learn within. "
        "Measure some with: tuner bounds TASK --pretrain ppo -o bounds.yaml; then name them in the study file: "
        "action_bounds: bounds.yaml."
    )
