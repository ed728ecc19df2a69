"""Express configurations that people have, in SBX's names, in the parameters of a search space."""

from tuner.spaces.fitting._fit import Fit, check_own, fit_recipe, own_values
from tuner.spaces.fitting._pinned import fit_pinned
from tuner.spaces.fitting._remarks import Remark

__all__ = ["Fit", "Remark", "check_own", "fit_pinned", "fit_recipe", "own_values"]
