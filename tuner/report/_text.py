"""Numbers and texts as the page writes them."""

import math
from datetime import UTC, datetime
from typing import Any

import pandas as pd

_LONGEST = 300


def duration(seconds: float) -> str:
    """Return a length of time such as `45 s`, `3 min 12 s` or `1 h 02 min`."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def optional(value: Any, form: str) -> str:
    """Return a number in the given form, or a dash where there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "—"
    return form.format(value).replace("-", "−")


def rows_of(data: pd.DataFrame) -> list[Any]:
    """Return the rows of a table, each with its columns as attributes; their types are the columns'."""
    return list(data.itertuples())


def percent(share: float, digits: int = 0) -> str:
    """Return a share such as 0.25 as `25 %`."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def shorten(message: Any) -> str:
    """Return a message's beginning; empty for none."""
    if not isinstance(message, str):
        return ""
    return message if len(message) <= _LONGEST else message[:_LONGEST].rstrip() + " …"


def moment(epoch_seconds: float) -> str:
    """Return a moment such as `2026-01-31 12:00 UTC`."""
    return datetime.fromtimestamp(epoch_seconds, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
