import pytest

from tuner.clock import ACCOUNTS, TRAINING_ACCOUNTS, Ledger, ManualClock, MonotonicClock, wall_time


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(5.0)
    assert (clock.now(), clock.now()) == (5.0, 5.0)
    clock.sleep(1.5)
    assert clock.now() == 6.5
    clock.sleep(0.0)
    assert clock.now() == 6.5
    with pytest.raises(ValueError, match="backwards"):
        clock.sleep(-1.0)


def test_the_machines_clock_never_runs_backwards() -> None:
    clock = MonotonicClock()
    moments = [clock.now() for _ in range(1000)]
    assert moments == sorted(moments)
    before = clock.now()
    clock.sleep(0.001)
    assert clock.now() - before >= 0.001


def test_wall_time_is_the_epochs() -> None:
    assert wall_time() > 1_700_000_000  # November 2023


def test_every_second_is_booked_once() -> None:
    clock = ManualClock(100.0)
    ledger = Ledger(clock)
    clock.sleep(3.0)  # launch
    assert ledger.switch("compile") == "launch"
    clock.sleep(20.0)
    assert ledger.switch("act") == "compile"
    for _ in range(4):  # 4 × (0.5 act + 1 simulate + 0.25 learn)
        ledger.switch("act")
        clock.sleep(0.5)
        ledger.switch("simulate")
        clock.sleep(1.0)
        ledger.switch("learn")
        clock.sleep(0.25)
    ledger.switch("report")
    clock.sleep(2.0)
    expected = dict.fromkeys(ACCOUNTS, 0.0) | {
        "launch": 3.0,
        "compile": 20.0,
        "act": 2.0,
        "simulate": 4.0,
        "learn": 1.0,
        "report": 2.0,
    }
    assert ledger.totals() == expected
    assert sum(ledger.totals().values()) == 32.0 == clock.now() - 100.0
    assert ledger.training_seconds == 7.0  # 2 + 4 + 1


def test_the_open_account_counts_up_to_now() -> None:
    clock = ManualClock()
    ledger = Ledger(clock, "learn")
    clock.sleep(1.5)
    assert ledger.totals()["learn"] == 1.5
    assert ledger.training_seconds == 1.5
    clock.sleep(0.5)
    assert ledger.training_seconds == 2.0
    assert ledger.open_account == "learn"


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_training_clock_stands_still_elsewhere(account: str) -> None:
    clock = ManualClock()
    ledger = Ledger(clock, account)
    clock.sleep(10.0)
    runs = account in ("act", "simulate", "learn")
    assert ledger.training_seconds == (10.0 if runs else 0.0)
    assert (account in TRAINING_ACCOUNTS) == runs


def test_a_block_is_booked_and_the_account_before_reopened() -> None:
    clock = ManualClock()
    ledger = Ledger(clock, "simulate")
    clock.sleep(1.0)
    with ledger.account("evaluate"):
        clock.sleep(5.0)
        with ledger.account("report"):
            clock.sleep(0.25)
        assert ledger.open_account == "evaluate"
        clock.sleep(1.0)
    assert ledger.open_account == "simulate"
    clock.sleep(2.0)
    totals = ledger.totals()
    assert (totals["simulate"], totals["evaluate"], totals["report"]) == (3.0, 6.0, 0.25)
    assert ledger.training_seconds == 3.0


def test_a_block_that_raises_is_booked_too() -> None:
    clock = ManualClock()
    ledger = Ledger(clock, "act")

    def fail() -> None:
        with ledger.account("compile"):
            clock.sleep(4.0)
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail()
    assert ledger.open_account == "act"
    assert ledger.totals()["compile"] == 4.0


def test_switching_to_the_open_account_loses_nothing() -> None:
    clock = ManualClock()
    ledger = Ledger(clock, "idle")
    clock.sleep(1.0)
    assert ledger.switch("idle") == "idle"
    clock.sleep(2.0)
    assert ledger.totals()["idle"] == 3.0


def test_unknown_accounts_are_refused_and_nothing_is_lost() -> None:
    clock = ManualClock()
    with pytest.raises(ValueError, match="unknown account 'lunch'; known: launch,"):
        Ledger(clock, "lunch")
    ledger = Ledger(clock)
    clock.sleep(1.0)
    with pytest.raises(ValueError, match="unknown account"):
        ledger.switch("lunch")
    assert ledger.totals()["launch"] == 1.0
