"""Study files and agent configurations as frozen, checked models."""

from tuner.config._load import bundled_studies, dump_study, is_study_path, load_study, load_task
from tuner.config._overrides import given_options
from tuner.config._own_files import moved, own_folders, with_absolute_files
from tuner.config._problems import describe_problems, parse_options
from tuner.config._types import Frozen, Listed, PositiveCount
from tuner.config._yaml import CheckedLoader
from tuner.config.action_bounds import (
    ActionBoundsFile,
    BoundsOrigin,
    BoundsSource,
    BoundsTask,
    PercentileBox,
    check_percentiles,
    dump_bounds,
    load_bounds,
)
from tuner.config.agent import (
    OFF_POLICY,
    ActionBox,
    AgentConfig,
    Algorithm,
    BoundsPenalty,
    BoxSchedule,
    EntropySchedule,
    JointBox,
    Joints,
    Network,
    linear_start,
)
from tuner.config.arguments import ENTROPY_ALGORITHMS, SBX_DEFAULTS, checked_argument
from tuner.config.study import (
    DEFAULT_STORAGE,
    BudgetConfig,
    ConfirmConfig,
    LoggerName,
    ObjectiveConfig,
    PrunerConfig,
    SamplerConfig,
    StudyConfig,
    TaskConfig,
    UnpinnedStart,
    WorkersConfig,
)
from tuner.config.trial import TrialSpec

__all__ = [
    "DEFAULT_STORAGE",
    "ENTROPY_ALGORITHMS",
    "OFF_POLICY",
    "SBX_DEFAULTS",
    "ActionBoundsFile",
    "ActionBox",
    "AgentConfig",
    "Algorithm",
    "BoundsOrigin",
    "BoundsPenalty",
    "BoundsSource",
    "BoundsTask",
    "BoxSchedule",
    "BudgetConfig",
    "CheckedLoader",
    "ConfirmConfig",
    "EntropySchedule",
    "Frozen",
    "JointBox",
    "Joints",
    "Listed",
    "LoggerName",
    "Network",
    "ObjectiveConfig",
    "PercentileBox",
    "PositiveCount",
    "PrunerConfig",
    "SamplerConfig",
    "StudyConfig",
    "TaskConfig",
    "TrialSpec",
    "UnpinnedStart",
    "WorkersConfig",
    "bundled_studies",
    "check_percentiles",
    "checked_argument",
    "describe_problems",
    "dump_bounds",
    "dump_study",
    "given_options",
    "is_study_path",
    "linear_start",
    "load_bounds",
    "load_study",
    "load_task",
    "moved",
    "own_folders",
    "parse_options",
    "with_absolute_files",
]
