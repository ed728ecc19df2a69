"""An agent in the arguments of SBX. Every format except JSON is made from it."""

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuner.config import ActionBox, AgentConfig
from tuner.errors import UserError
from tuner.export._configuration import ExportedConfiguration
from tuner.export._python_source import Code, call

if TYPE_CHECKING:
    from tuner.agents import ChangedUpdates

CLASSES = {"sac": "SAC", "tqc": "TQC", "ppo": "PPO", "td3": "TD3", "crossq": "CrossQ"}
"""Names of the SBX classes."""

_HANDLED = frozenset(
    {
        "algorithm",
        "arguments",
        "learner",  # the same updates, faster
        "precision",  # of that learner; a comment mentions it
        "network",
        "initial_std",
        "target_entropy_std",
        "target_entropy_schedule",
        "std_unit",  # of a resolved agent always the box
        "joint_box",  # of a resolved agent an action_box
        "normalize_observations",
        "clip_observations",
        "mean_penalty",
        "critics_for_actor",
        "max_ent_coef",
        "alive_bonus",
        "action_bound_fraction",
        "action_box",
    }
)
"""Fields of an agent that plain SBX supports, with a few lines around it."""


@dataclass(frozen=True)
class StockAgent:
    """The arguments of an SBX class, as plain values."""

    class_name: str
    """In the module `sbx`."""
    policy: str
    arguments: dict[str, Any]
    """Those of the constructor, without environment, policy arguments, noise and seed."""
    policy_arguments: dict[str, Any]
    """`policy_kwargs` without activation function and optimiser."""
    activation: str
    """In the module `flax.linen`."""
    optimizer: str
    """In the module `optax`."""
    action_noise: float | None
    """Standard deviation of Gaussian noise on actions scaled to [-1, 1]."""
    actor_std: float | list[float] | None
    """Standard deviation that the untrained actor gets after it is built, one or one for each action dimension. PPO has
    an argument for it instead."""
    box: ActionBox
    changes: tuple["ChangedUpdates", ...]
    """Subclasses of the SBX class, one around the other, that make other updates."""
    alive_bonus: float | None
    """Added to the stored reward of every step that does not end in failure; None for no bonus."""
    clip_observations: float | None
    """Normalised observations are clipped to ± this; None for no normalisation."""

    def changed(self, algorithm: str) -> tuple[list[str], str]:
        """Return the lines that make the class to build from the SBX class of that name, and the name it has then."""
        lines = []
        for change in self.changes:
            lines.append(f"algorithm = {call(change.subclass.__name__, Code(algorithm), **change.arguments)}")
            algorithm = "algorithm"
        return lines, algorithm

    @property
    def change_sources(self) -> list[str]:
        """The sources of the functions that `changes` need, in the order in which a program has to define them."""
        return [inspect.getsource(part) for change in self.changes for part in change.parts]

    @property
    def changes_need_jax(self) -> bool:
        """Whether these sources need `import jax`."""
        return any("jax." in source for source in self.change_sources)


def stock_agent(configuration: ExportedConfiguration) -> StockAgent:
    """Return an exported agent in the arguments of SBX.

    Raises:
        UserError: if plain SBX does not support the agent, or refuses its arguments.
    """
    from tuner.agents import changed_updates, checked_arguments, policy_arguments, target_entropy

    agent = configuration.agent
    _refuse_more_than_sbx(agent)
    box = agent.action_box
    if box is None:
        raise UserError("The configuration has no action box in absolute numbers, so it cannot be exported.")
    arguments = checked_arguments(agent, num_envs=configuration.task.num_envs)
    noise = arguments.pop("action_noise", None)
    if agent.target_entropy_std is not None:
        arguments["target_entropy"] = target_entropy(agent.target_entropy_std, len(box.low))
    policy, policy_kwargs = policy_arguments(agent)
    plain = {name: value for name, value in policy_kwargs.items() if name not in ("activation_fn", "optimizer_class")}
    return StockAgent(
        class_name=CLASSES[agent.algorithm],
        policy=policy,
        arguments=arguments,
        policy_arguments=plain,
        activation=agent.network.activation,
        optimizer=agent.network.optimizer,
        action_noise=noise or None,
        actor_std=None if agent.algorithm == "ppo" else _as_list(agent.initial_std),
        box=box,
        changes=changed_updates(agent, len(box.low)),
        alive_bonus=agent.alive_bonus or None,
        clip_observations=agent.clip_observations if agent.normalize_observations else None,
    )


def _as_list(stds: float | tuple[float, ...] | None) -> float | list[float] | None:
    return list(stds) if isinstance(stds, tuple) else stds


def _refuse_more_than_sbx(agent: AgentConfig) -> None:
    beyond = [
        name
        for name, field in AgentConfig.model_fields.items()
        if name not in _HANDLED and getattr(agent, name) != field.get_default(call_default_factory=True)
    ]
    if beyond:
        raise UserError(
            f"The agent uses {' and '.join(beyond)}, which only tuner's own learner has; plain SBX cannot train it. "
            "Export it with --format json and train it with: tuner train FILE.json"
        )
