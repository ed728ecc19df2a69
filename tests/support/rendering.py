"""Whether this machine can render without a window, for tests that do."""

from functools import cache

import pytest

from tuner.errors import UserError
from tuner.simulators.mujoco._camera import _open_gl


@cache
def missing() -> str | None:
    """Return why nothing can be rendered here; None where it can."""
    try:
        _open_gl(64, 48).free()
    except UserError as error:
        return str(error)
    return None


def skip_without_rendering() -> None:
    """Skip the test, with the reason, where nothing can be rendered."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
