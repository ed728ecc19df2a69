"""Whether the alternatives to a tight action box that a configuration asks for can be had, and together."""

from tuner.agents.fused import FUSED_CLASSES
from tuner.config import AgentConfig
from tuner.errors import UserError


def check_alternatives(config: AgentConfig) -> None:
    """Refuse alternatives that the agent's learner does not have, or that exclude each other.

    Raises:
        UserError: naming the option, and what to do.
    """
    asked = {
        "action_box_schedule": config.action_box_schedule is not None,
        "bounds_penalty": config.bounds_penalty is not None,
        "squash: false": not config.squash,
    }
    if config.algorithm not in FUSED_CLASSES or config.learner == "stock":
        for option, given in asked.items():
            if given:
                who = config.algorithm if config.algorithm not in FUSED_CLASSES else f"{config.algorithm}'s stock one"
                raise UserError(
                    f"Only the fused learner of {' and '.join(FUSED_CLASSES)} has {option}, and this is {who}. Leave "
                    "it out, or change algorithm or learner."
                )
    if config.mean_penalty > 0 and config.algorithm not in FUSED_CLASSES:
        raise UserError(
            f"mean_penalty is {config.mean_penalty:g}, which only {' and '.join(FUSED_CLASSES)} have, and this is "
            f"{config.algorithm}. Leave it out, or change the algorithm."
        )
    if not config.squash and config.action_box_schedule is not None:
        raise UserError(
            "An actor that is not squashed has no box that could widen, but the agent has squash: false and an "
            "action_box_schedule. Leave one of them out."
        )
    if not config.squash and config.arguments.get("action_noise") is not None:
        raise UserError(
            "An actor that is not squashed explores by its own deviation, but the agent has squash: false and an "
            "action_noise. Leave action_noise out."
        )
