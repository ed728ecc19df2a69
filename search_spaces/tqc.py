"""TQC, which is SAC with a distributional critic, tuned for seconds: `sac.py` beside this file, and its quantiles."""

from typing import Any

import sac
import sac_recipes

from tuner.config import AgentConfig, TaskConfig
from tuner.spaces import SpaceTrial, search_space

SBX_QUANTILES_DROPPED = 2


def sbx_default(task: TaskConfig) -> dict[str, Any]:
    """SBX's own defaults on the task's full action box; see `sac_recipes.sbx_default`."""
    return {**sac_recipes.sbx_default(task), "top_quantiles_to_drop_per_net": SBX_QUANTILES_DROPPED}


def raffin_part2(task: TaskConfig) -> dict[str, Any]:
    """The SAC recipe of `sac_recipes.raffin_part2`, with TQC's critic as SBX sets it."""
    return {**sac_recipes.raffin_part2(task), "top_quantiles_to_drop_per_net": SBX_QUANTILES_DROPPED}


def held_noise(task: TaskConfig) -> dict[str, Any]:
    """The SAC recipe of `sac_recipes.held_noise`, with TQC's critic as SBX sets it."""
    return {**sac_recipes.held_noise(task), "top_quantiles_to_drop_per_net": SBX_QUANTILES_DROPPED}


@search_space(warm_starts=(sbx_default, raffin_part2, held_noise))
def tqc_speed(trial: SpaceTrial) -> AgentConfig:
    """TQC for speed: all that SAC for speed searches, and how many of 25 quantiles each critic drops."""
    agent = sac.sac_speed(trial)
    dropped = trial.suggest_int("top_quantiles_to_drop_per_net", 0, 5)
    arguments = {**agent.arguments, "top_quantiles_to_drop_per_net": dropped}
    return AgentConfig.model_validate({**agent.model_dump(), "algorithm": "tqc", "arguments": arguments})
