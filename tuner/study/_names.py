"""What studies and trials are called: in the storage, and to people."""

from tuner.config import TrialSpec

_CONFIRM = "/confirm"


def confirm_name(study: str) -> str:
    """Return the name, in the same storage, of the Optuna study that holds a study's confirm runs.

    A study file cannot name a study like this, so that nothing else has the name.
    """
    return f"{study}{_CONFIRM}"


def without_confirm_runs(names: list[str]) -> list[str]:
    """Return the names of studies without those that hold the confirm runs of others."""
    return [name for name in names if not (name.endswith(_CONFIRM) and name.removesuffix(_CONFIRM) in names)]


def trial_name(spec: TrialSpec) -> str:
    """Return what a trial is called at the beginning of a sentence; a confirm run is no trial of the study."""
    return f"{'Run' if spec.study.endswith(_CONFIRM) else 'Trial'} {spec.number}"
