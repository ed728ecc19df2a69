"""Time, and the ledger that says where every second of a trial went.

All reading of time and all sleeping in the package goes through a `Clock`, so that tests run on a `ManualClock`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

ACCOUNTS = ("launch", "compile", "act", "simulate", "learn", "evaluate", "report", "idle")
"""Where a trial's seconds can go, in the order in which they are shown."""

TRAINING_ACCOUNTS = frozenset({"act", "simulate", "learn"})
"""The accounts on the training clock: the agent collects or learns."""


class Clock(Protocol):
    """A monotonic source of seconds."""

    def now(self) -> float:
        """Return seconds since an arbitrary moment; never decreases."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...


class MonotonicClock:
    """The machine's own monotonic clock."""

    def now(self) -> float:
        """Return seconds since an arbitrary moment; never decreases."""
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for `seconds`."""
        time.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to; for tests and replays."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def now(self) -> float:
        """Return the time it was last moved to, in seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move the clock forward at once; a negative duration raises ValueError."""
        if seconds < 0:
            raise ValueError(f"time cannot run backwards, but was asked to advance by {seconds} s")
        self._now += seconds


def wall_time() -> float:
    """Return seconds since the Unix epoch, for timestamps that people read."""
    return time.time()


class Ledger:
    """Books every second of a trial to exactly one account.

    One account is open at any time. The training clock is the sum of the accounts in `TRAINING_ACCOUNTS`, the open one
    included, so it stands still while the trial compiles, evaluates, reports or waits.
    """

    def __init__(self, clock: Clock, account: str = "launch") -> None:
        self._clock = clock
        self._seconds = dict.fromkeys(ACCOUNTS, 0.0)
        self._open = self._checked(account)
        self._since = clock.now()

    @property
    def open_account(self) -> str:
        """The account that the current second is booked to."""
        return self._open

    def switch(self, account: str) -> str:
        """Close the open account, open `account`, and return the name of the one closed."""
        account = self._checked(account)
        now = self._clock.now()
        self._seconds[self._open] += now - self._since
        previous, self._open, self._since = self._open, account, now
        return previous

    @contextmanager
    def account(self, name: str) -> Iterator[None]:
        """Book the seconds inside the `with` block to `name`, then reopen the account that was open before."""
        previous = self.switch(name)
        try:
            yield
        finally:
            self.switch(previous)

    @property
    def training_seconds(self) -> float:
        """The training clock: seconds in which the agent collected or learned."""
        total = sum(self._seconds[name] for name in TRAINING_ACCOUNTS)
        if self._open in TRAINING_ACCOUNTS:
            total += self._clock.now() - self._since
        return total

    @property
    def elapsed_seconds(self) -> float:
        """All seconds since the ledger was opened."""
        return sum(self.totals().values())

    def totals(self) -> dict[str, float]:
        """Return the seconds booked to every account up to now."""
        totals = dict(self._seconds)
        totals[self._open] += self._clock.now() - self._since
        return totals

    @staticmethod
    def _checked(account: str) -> str:
        if account not in ACCOUNTS:
            raise ValueError(f"unknown account '{account}'; known: {', '.join(ACCOUNTS)}")
        return account
