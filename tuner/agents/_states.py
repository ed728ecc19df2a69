"""Where the learned arrays of an SBX agent lie."""

from typing import Any

_POLICY_STATES = ("actor_state", "qf_state", "qf1_state", "qf2_state", "vf_state")
_AGENT_STATES = ("ent_coef_state",)


def train_states(agent: Any) -> dict[str, Any]:
    """Return the agent's flax train states (parameters, targets, optimiser) by name, those that its algorithm has."""
    found = {name: getattr(agent.policy, name) for name in _POLICY_STATES if hasattr(agent.policy, name)}
    return found | {name: getattr(agent, name) for name in _AGENT_STATES if hasattr(agent, name)}
