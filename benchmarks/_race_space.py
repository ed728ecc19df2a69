"""The search space `sac_speed` with SBX's own learner, for the contestant `tuner-stock` of against_zoo.py."""

from tuner.config import AgentConfig
from tuner.spaces import SpaceTrial, load_space, search_space


@search_space()
def sac_speed_stock(trial: SpaceTrial) -> AgentConfig:
    """SAC for speed, updated by SBX itself."""
    return load_space("sac_speed").function(trial).model_copy(update={"learner": "stock"})
